import fc from 'fast-check'
import type { Include, LabelFormat, PredictionFormat } from '../../src/loss/formats.ts'
import { includes } from '../../src/loss/formats.ts'
import type { LossName } from '../../src/loss/kernels/index.ts'
import { losses, lossNames } from '../../src/loss/kernels/index.ts'
import type { Loss } from '../../src/loss/kernels/loss.ts'
import type { KernelOption } from '../../src/loss/options.ts'
import { appliesTo, decisionBy, hasLabelRowSums } from '../../src/loss/options.ts'
import { isMergeable, needs } from '../../src/loss/report/sections.ts'
import type { Decision } from '../../src/loss/spec.ts'
import type { Request } from './support.ts'

/** A loss with one of the formats of labels and of predictions that it takes. */
export interface Combination {
  readonly name: string
  readonly loss: LossName
  readonly labelFormat: LabelFormat
  readonly predictionFormat: PredictionFormat
}

/** Every legal combination of every registered loss. */
export const combinations: readonly Combination[] = lossNames.flatMap((loss) => {
  const { labelFormats, predictionFormats }: Loss = losses[loss]
  return labelFormats.flatMap((labelFormat) =>
    predictionFormats.map((predictionFormat) => {
      const name = `${loss}, ${labelFormat}, ${predictionFormat}`
      return { name, loss, labelFormat, predictionFormat }
    }),
  )
})

/** One sample; the label is a class, or K numbers. */
export interface Row {
  readonly prediction: readonly number[]
  readonly label: number | readonly number[]
  readonly weight: number
}

/** A request taken apart, so that its rows can be moved about. */
export interface Problem {
  readonly options: Omit<Request, 'predictions' | 'labels' | 'sampleWeights'>
  readonly rows: readonly Row[]
  readonly isWeighted: boolean
}

/** The request of some rows of a problem. */
export function requestOf({ options, isWeighted }: Problem, rows: readonly Row[]): Request {
  const isOneHot = options.labelFormat === 'one-hot'
  return {
    ...options,
    predictions: rows.map(({ prediction }) => prediction),
    labels: rows.map(({ prediction, label }) =>
      isOneHot && typeof label === 'number' ? prediction.map((_, k) => (k === label ? 1 : 0)) : label,
    ),
    sampleWeights: isWeighted ? rows.map(({ weight }) => weight) : undefined,
  }
}

/**
 * Numbers from `min` to `max`, most of them spread evenly. (`fc.double` has each exponent as likely as any other, so that
 * next to all of its numbers are next to 0.)
 */
export function between(min: number, max: number): fc.Arbitrary<number> {
  const even = fc.integer({ min: 0, max: 2 ** 30 }).map((n) => Math.min(max, min + (n / 2 ** 30) * (max - min)))
  return fc.oneof({ weight: 4, arbitrary: even }, { weight: 1, arbitrary: fc.double({ min, max, noNaN: true }) })
}

/** What to keep away from: zeros and ends where the loss has no derivative, or is not finite. */
export interface Bounds {
  /** Probabilities of predictions and of labels stay at least that far from 0 and 1. */
  readonly margin: number
  readonly weights: fc.Arbitrary<number>
}

export const anywhere: Bounds = { margin: 0, weights: fc.oneof(fc.constantFrom(0, 1, 2), between(0, 10)) }
export const inside: Bounds = { margin: 0.05, weights: between(0.5, 2) }

/** Problems of a combination, with any of the options that apply to it. */
export function problems(
  { loss, labelFormat, predictionFormat }: Combination,
  bounds: Bounds = anywhere,
): fc.Arbitrary<Problem> {
  const decision = decisionBy(losses[loss], labelFormat)
  return fc.integer({ min: decision === 'class' ? 2 : 1, max: 4 }).chain((outputs) =>
    fc.record({
      options: optionsOf({ loss, labelFormat, predictionFormat }, decision, outputs, bounds),
      isWeighted: fc.boolean(),
      rows: fc.array(
        fc.record({
          prediction: predictionOf(loss, predictionFormat, decision, outputs, bounds),
          label: labelOf(loss, labelFormat, decision, outputs, bounds),
          weight: bounds.weights,
        }),
        { minLength: 1, maxLength: 7 },
      ),
    }),
  )
}

/** A number in [0, 1], the ends included unless there is a margin. */
function chance({ margin }: Bounds): fc.Arbitrary<number> {
  const spread = between(margin, 1 - margin)
  return margin > 0
    ? spread
    : fc.oneof({ weight: 3, arbitrary: spread }, { weight: 1, arbitrary: fc.constantFrom(0, 0.5, 1) })
}

/** K shares that sum to 1 but for rounding; without a margin some are 0. */
export function distribution(outputs: number, { margin }: Bounds): fc.Arbitrary<number[]> {
  const part = margin > 0 ? between(0.2, 1) : fc.oneof(between(0.01, 1), fc.constantFrom(0, 1))
  return fc
    .array(part, { minLength: outputs, maxLength: outputs })
    .filter((sections) => sections.some((each) => each > 0))
    .map((sections) => {
      const sum = sections.reduce((total, each) => total + each)
      return sections.map((each) => each / sum)
    })
}

export function predictionOf(
  loss: LossName,
  format: PredictionFormat,
  decision: Decision,
  outputs: number,
  bounds: Bounds,
): fc.Arbitrary<number[]> {
  if (format === 'log-probabilities') {
    return predictionOf(loss, 'probabilities', decision, outputs, bounds).map((row) => row.map(logOf))
  }
  if (format === 'probabilities' && decision === 'class') return distribution(outputs, bounds)
  const size = format === 'logits' ? 20 : 5
  const free = fc
    .oneof(between(-size, size), fc.integer({ min: -3, max: 3 }))
    .map((value) => (loss === 'msle' ? Math.max(value, -0.75) : value))
  return fc.array(format === 'probabilities' ? chance(bounds) : free, { minLength: outputs, maxLength: outputs })
}

/** The logarithm of a probability; of 0 that of what is 0 in doubles. */
export function logOf(chance: number): number {
  return Math.max(-800, Math.log(chance))
}

export function labelOf(
  loss: LossName,
  format: LabelFormat,
  _decision: Decision,
  outputs: number,
  bounds: Bounds,
): fc.Arbitrary<number | number[]> {
  if (format === 'one-hot' || format === 'index') return fc.nat({ max: outputs - 1 })
  if (hasLabelRowSums({ loss: losses[loss], labelFormat: format })) return distribution(outputs, bounds)
  const numbers = { probabilities: chance(bounds), binary: fc.constantFrom(0, 1), values: between(-5, 5) }
  return fc.array(
    numbers[format].map((value) => withinDomain(loss, value)),
    { minLength: outputs, maxLength: outputs },
  )
}

/** A label that the loss takes, and whose inverse is not beyond all others. */
function withinDomain(loss: LossName, value: number): number {
  if (loss === 'poisson') return Math.abs(value)
  if (loss === 'msle') return Math.max(value, -0.75)
  return loss === 'mape' && Math.abs(value) < 0.01 ? 0.01 : value
}

function optionsOf(
  { loss, labelFormat, predictionFormat }: Omit<Combination, 'name'>,
  decision: Decision,
  outputs: number,
  bounds: Bounds,
): fc.Arbitrary<Problem['options']> {
  const taken: readonly KernelOption[] = losses[loss].options
  const some = <Value>(applies: boolean, value: fc.Arbitrary<Value>) =>
    applies ? fc.option(value, { nil: undefined }) : fc.constant(undefined)
  const guard = fc.oneof(
    fc.record({ logPolicy: fc.constantFrom('add-epsilon', 'clip'), epsilon: fc.constantFrom(1e-7, 0.01, 0.2) }),
    fc.record({ logPolicy: fc.constantFrom('clamp', 'exact'), epsilon: fc.constant(undefined) }),
    fc.constant({ logPolicy: undefined, epsilon: undefined }),
  )
  return fc
    .record({
      guard: taken.includes('logPolicy') ? guard : fc.constant({ logPolicy: undefined, epsilon: undefined }),
      reduction: fc.constantFrom('mean', 'sum', 'none', undefined),
      classWeights: some(
        taken.includes('classWeights'),
        fc.array(bounds.weights, { minLength: outputs, maxLength: outputs }),
      ),
      positiveWeight: some(
        taken.includes('positiveWeight'),
        fc.oneof(
          fc.constantFrom(1, 0.5, 3),
          fc.array(between(0.5, 3), { minLength: outputs, maxLength: outputs }).map((each) => Float64Array.from(each)),
        ),
      ),
      delta: some(taken.includes('delta'), fc.constantFrom(0.5, 1, 2.5)),
      beta: some(taken.includes('beta'), fc.constantFrom(0, 0.5, 1, 2.5)),
      gamma: some(taken.includes('gamma'), fc.constantFrom(0, 0.5, 1, 2, 3.5)),
      alpha: some(taken.includes('alpha'), fc.constantFrom(0, 0.25, 1)),
      margin: some(taken.includes('margin'), fc.constantFrom(0, 1, 2.5)),
      p: some(taken.includes('p'), fc.constantFrom(1, 2)),
      q: some(taken.includes('q'), fc.constantFrom(0, 0.1, 0.5, 1)),
      threshold: some(decision === 'binary', between(0, 1)),
      topK: some(decision === 'class', fc.integer({ min: 1, max: outputs })),
      labelSmoothing: some(
        appliesTo('labelSmoothing', { loss: losses[loss], labelFormat, predictionFormat, logPolicy: 'exact' }),
        fc.constantFrom(0, 0.1, 0.5),
      ),
    })
    .map(({ guard, ...options }) => ({ loss, labelFormat, predictionFormat, ...guard, ...options }))
}

/** The mergeable sections that an answer to the combination may have. */
export function mergeableOf(
  { loss, labelFormat, predictionFormat }: Omit<Combination, 'name'>,
  outputs: number,
): Include[] {
  const decision = decisionBy(losses[loss], labelFormat)
  if (decision === 'none') return ['metrics']
  const isSeveral = decision === 'binary' && outputs > 1
  return includes.filter(
    (name) =>
      isMergeable(name) &&
      !(isSeveral && needs(name, 'one decision per row')) &&
      !(predictionFormat === 'values' && needs(name, 'probabilities')),
  )
}

/** Requests of every combination, with every mergeable section, for evaluations of several batches. */
export const problemsWithSections: fc.Arbitrary<Request> = fc
  .constantFrom(...combinations)
  .chain((combination) => problems(combination).map((problem) => ({ combination, problem })))
  .map(({ combination, problem }) => ({
    ...requestOf(problem, problem.rows),
    reduction: problem.options.reduction === 'none' ? undefined : problem.options.reduction,
    include: mergeableOf(combination, problem.rows[0].prediction.length),
  }))
