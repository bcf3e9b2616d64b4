import { NumberRows } from './report/number-rows.ts'
import { z } from './report/statistics.ts'
import type { Spec } from './spec.ts'

/** What a figure must be: by its value, or if `confident` by the whole of its interval. */
export interface Requirement {
  readonly figure: string
  readonly atLeast?: number | undefined
  readonly atMost?: number | undefined
  readonly confident?: boolean | undefined
}

/** How much worse than the baseline a figure may be. */
export interface MarginRequirement {
  readonly figure: string
  readonly margin?: number | undefined
}

export const results = ['pass', 'fail', 'inconclusive'] as const
export type Result = (typeof results)[number]

export interface JudgedRequirement {
  readonly figure: string
  readonly result: Result
  readonly value: number | null
  /** Of the figure, where it has one. */
  readonly interval: Interval | null
  readonly detail: string
}

export interface Verdict {
  readonly result: Result
  readonly requirements: readonly JudgedRequirement[]
}

type Interval = readonly [number, number]
type Bounds = Pick<Requirement, 'atLeast' | 'atMost'>

/** What requirements say of an answer, in their order; each figure is in it. */
export function verdictOf(
  requirements: readonly Requirement[],
  answer: object,
  { reduction }: Pick<Spec, 'reduction'>,
): Verdict {
  return verdictFrom(
    requirements.map(({ figure, confident = false, atLeast, atMost }) => {
      const [value, interval] = [numberAt(answer, figure), intervalAt(answer, figure, reduction)]
      return judged({ figure, name: figure, value, interval, bounds: { atLeast, atMost }, confident, of: answer })
    }),
  )
}

interface Compared {
  readonly predictions: object
  readonly difference: object
}

/** What requirements say of the differences of a comparison; each is in it, and one of the two directions is better. */
export function comparisonVerdictOf(
  requirements: readonly MarginRequirement[],
  { predictions, difference }: Compared,
): Verdict {
  return verdictFrom(
    requirements.map(({ figure, margin = 0 }) => {
      const isLoss = figure === 'loss'
      const value = numberAt(difference, isLoss ? figure : `${figure}.value`)
      const interval = pairAt(difference, isLoss ? 'interval' : `${figure}.interval`)
      // not the negative, which would be -0
      const bounds = betterIs(figure) === 'lower' ? { atMost: margin } : { atLeast: 0 - margin }
      const name = `the difference in ${figure}`
      return judged({ figure, name, value, interval, bounds, confident: true, of: predictions })
    }),
  )
}

function verdictFrom(requirements: readonly JudgedRequirement[]): Verdict {
  const has = (wanted: Result) => requirements.some(({ result }) => result === wanted)
  return { result: has('fail') ? 'fail' : has('inconclusive') ? 'inconclusive' : 'pass', requirements }
}

const lowerIsBetter = ['loss', 'rmse', 'maxError', 'perplexity', 'falsePositives', 'falseNegatives']
const higherIsBetter = [
  'accuracy',
  'topKAccuracy',
  'balancedAccuracy',
  'precision',
  'recall',
  'f1',
  'jaccard',
  'specificity',
  'matthewsCorrelation',
  'cohenKappa',
  'truePositives',
  'trueNegatives',
  'r2',
  'explainedVariance',
  'rocAuc',
  'averagePrecision',
]

/** Whether the better model has a lower or a higher figure; undefined where neither says so, as of `meanError`. */
export function betterIs(figure: string): 'lower' | 'higher' | undefined {
  const steps = figure.split('.')
  if (steps.some((step) => lowerIsBetter.includes(step))) return 'lower'
  return steps.some((step) => higherIsBetter.includes(step)) ? 'higher' : undefined
}

interface Judging {
  readonly figure: string
  readonly name: string
  readonly value: number | null
  readonly interval: Interval | null
  readonly bounds: Bounds
  readonly confident: boolean
  /** The answer that says why a value is null. */
  readonly of: object
}

function judged({ figure, name, value, interval, bounds, confident, of }: Judging): JudgedRequirement {
  const said = (result: Result, detail: string) => ({ figure, result, value, interval, detail })
  const must = `must be ${inWords(bounds)}`
  if (value === null) {
    const isInfinite = valueAt(of, statusOf(figure)) === 'infinite'
    return isInfinite
      ? said('fail', `${name} is infinite; it ${must}`)
      : said('inconclusive', `${name} is null, as it cannot be computed from these rows; it ${must}`)
  }
  if (!confident) {
    return isWithin(value, bounds)
      ? said('pass', `${name} is ${value}, ${inWords(bounds)}`)
      : said('fail', `${name} is ${value}; it ${must}`)
  }
  if (interval === null) {
    return said('inconclusive', `${name} is ${value}, and these rows give it no interval; all of it ${must}`)
  }
  const [low, high] = interval
  const range = `the interval of ${name} is ${low} to ${high}`
  if (isWithin(low, bounds) && isWithin(high, bounds)) return said('pass', `${range}, ${inWords(bounds)}`)
  const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = bounds
  return said(high < atLeast || low > atMost ? 'fail' : 'inconclusive', `${range}; all of it ${must}`)
}

function isWithin(value: number, bounds: Bounds): boolean {
  const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = bounds
  return value >= atLeast && value <= atMost
}

function inWords({ atLeast, atMost }: Bounds): string {
  if (atLeast === undefined) return `at most ${atMost}`
  return atMost === undefined ? `at least ${atLeast}` : `from ${atLeast} to ${atMost}`
}

/** Where the status stands of the loss that a figure is. */
function statusOf(figure: string): string {
  return figure.replace(/(^|\.)loss(?:Sum)?$/, '$1lossStatus')
}

const groupSteps = /^groups\.\d+\.groups\.\d+\./

/** The steps to the answer of which a figure is, which may be that of a group, and the figure in it. */
export function placeOf(figure: string): [container: string, figure: string] {
  const [container = ''] = groupSteps.exec(figure) ?? []
  return [container, figure.slice(container.length)]
}

function intervalAt(answer: object, figure: string, reduction: Spec['reduction']): Interval | null {
  const [container, own] = placeOf(figure)
  if (own === 'accuracy') return pairAt(answer, `${container}accuracyInterval`)
  if (own !== 'loss') return pairAt(answer, `${container}intervals.${own}.interval`)
  const [loss, error] = [numberAt(answer, figure), numberAt(answer, `${container}standardError`)]
  if (loss === null || error === null || reduction === 'sum') return null
  const interval: Interval = [loss - z * error, loss + z * error]
  return interval.every(Number.isFinite) ? interval : null
}

function pairAt(answer: object, path: string): Interval | null {
  const value = valueAt(answer, path)
  return Array.isArray(value) && value.length === 2 ? [value[0], value[1]] : null
}

function numberAt(answer: object, path: string): number | null {
  const value = valueAt(answer, path)
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

/** What stands in an answer at a path; `undefined` for what is not there. A null on the way is the value. */
export function valueAt(answer: unknown, figure: string): unknown {
  return valueAtSteps(answer, figure.split('.'))
}

function valueAtSteps(value: unknown, steps: readonly string[]): unknown {
  if (steps.length === 0 || value === null) return value
  if (typeof value !== 'object' || value instanceof NumberRows) return undefined
  const fields = value as Readonly<Record<string, unknown>>
  for (let taken = 1; taken <= steps.length; taken++) {
    const key = steps.slice(0, taken).join('.')
    if (Object.hasOwn(fields, key)) return valueAtSteps(fields[key], steps.slice(taken))
  }
  return undefined
}
