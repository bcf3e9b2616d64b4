import { z } from 'zod'
import { validated } from '../../formats/schema.ts'
import type { Include } from '../../loss/formats.ts'
import { includes } from '../../loss/formats.ts'
import type { OptionName } from '../../loss/options.ts'
import type { Remedy } from '../../loss/remedies/remedy.ts'
import { isMergeable, onlyOfOneBatch } from '../../loss/report/sections.ts'
import type { Spec } from '../../loss/spec.ts'
import type { ValidationError } from '../../loss/validation-errors.ts'
import { refuse, ValidationErrors } from '../../loss/validation-errors.ts'
import type { MarginRequirement, Requirement, Verdict } from '../../loss/verdict.ts'
import { betterIs, comparisonVerdictOf, placeOf, valueAt, verdictOf } from '../../loss/verdict.ts'
import { quoted } from '../../loss/words.ts'
import { comparedFigures, comparedReportFigures, figureMeant, lossFigures, reportFigures } from './figures.ts'
import { isFigure } from './patterns.ts'
import { marginRequirements, requirements } from './schema.ts'

/** Where an answer comes from: one batch, a stream of batches, or an evaluation that was declared. */
export type Source = 'batch' | 'stream' | 'evaluation'

/** Refuses requirements that no answer under these options can meet or miss. @throws InvalidContent */
export function checkRequirements(requirements: readonly Requirement[], spec: Spec, source: Source): void {
  const errors = new ValidationErrors()
  for (const [at, { figure, atLeast, atMost, confident }] of requirements.entries()) {
    const path = ['require', at]
    if (atLeast === undefined && atMost === undefined) {
      errors.add(path, `require[${at}] has neither atLeast nor atMost`, 'neither', 'missing')
    } else if (atLeast !== undefined && atMost !== undefined && atLeast > atMost) {
      const detail = `require[${at}] is atLeast ${atLeast} and atMost ${atMost}; no number is both`
      errors.add([...path, 'atMost'], detail, atMost, 'out-of-range')
    }
    const wrong = wrongFigure(figure, spec, source)
    if (wrong !== undefined) errors.add([...path, 'figure'], `require[${at}].figure ${wrong.why}`, figure, wrong.code)
    else if (confident === true) {
      const why = missingInterval(figure, spec, source)
      if (why !== undefined)
        errors.add([...path, 'confident'], `require[${at}].confident ${why}`, true, 'not-available')
    }
  }
  errors.throwIfAny()
}

/** Refuses requirements for differences that a comparison under these options does not have. @throws InvalidContent */
export function checkMargins(requirements: readonly MarginRequirement[], spec: Spec, source: Source): void {
  const errors = new ValidationErrors()
  for (const [at, { figure }] of requirements.entries()) {
    const wrong = wrongDifference(figure, spec, source)
    if (wrong === undefined) continue
    errors.add(['require', at, 'figure'], `require[${at}].figure ${wrong.why}`, figure, wrong.code)
  }
  errors.throwIfAny()
}

/** Refuses a figure that no report under these options has. @throws InvalidContent */
export function checkFigure(figure: string, spec: Spec): void {
  const wrong = wrongFigure(figure, spec, 'evaluation')
  if (wrong !== undefined) refuse(['figure'], `figure ${wrong.why}`, figure, wrong.code)
}

/** @throws InvalidContent for a figure that is not in the answer after all, as of a class beyond K */
export function judge(requirements: readonly Requirement[], answer: object, spec: Spec): Verdict {
  for (const [at, { figure }] of requirements.entries()) checkIsThere(answer, figure, at)
  return verdictOf(requirements, answer, spec)
}

/** @throws InvalidContent likewise */
export function judgeComparison(
  requirements: readonly MarginRequirement[],
  comparison: { readonly predictions: object; readonly difference: object },
): Verdict {
  for (const [at, { figure }] of requirements.entries()) checkIsThere(comparison.difference, figure, at)
  return comparisonVerdictOf(requirements, comparison)
}

function checkIsThere(answer: object, figure: string, at: number): void {
  if (valueAt(answer, figure) !== undefined) return
  const detail = `require[${at}].figure is ${quoted(figure)}, which is not in this answer`
  refuse(['require', at, 'figure'], detail, figure, 'not-available')
}

/** Requirements that came as text. @throws InvalidContent */
export function requirementsIn(text: string, spec: Spec): readonly Requirement[] {
  const { require } = validated(requirementsObject, { require: jsonIn(text) })
  checkRequirements(require, spec, 'evaluation')
  return require
}

/** @throws InvalidContent */
export function marginsIn(text: string, spec: Spec): readonly MarginRequirement[] {
  const { require } = validated(marginsObject, { require: jsonIn(text) })
  checkMargins(require, spec, 'evaluation')
  return require
}

const requirementsObject = z.strictObject({ require: requirements })
const marginsObject = z.strictObject({ require: marginRequirements })

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return refuse(['require'], 'require is not valid JSON; it must be a list of requirements', text, 'malformed')
  }
}

interface Wrong {
  readonly why: string
  readonly code: 'unknown-value' | 'not-available'
}

function notAvailable(why: string): Wrong {
  return { why, code: 'not-available' }
}

function unknown(figure: string, patterns: ReadonlySet<string>): Wrong {
  const meant = figureMeant(figure, patterns)
  const hint = meant === undefined ? '' : `; did you mean ${quoted(meant)}?`
  const why = `is ${quoted(figure)}, which is not a number of the answer, such as loss, accuracy or metrics.f1.macro${hint}`
  return { why, code: 'unknown-value' }
}

function wrongFigure(figure: string, spec: Spec, source: Source): Wrong | undefined {
  const patterns = source === 'evaluation' ? reportFigures : lossFigures
  if (!isFigure(figure, patterns)) return unknown(figure, patterns)
  const [container, own] = placeOf(figure)
  if (container !== '' && spec.groupBy === undefined) return notAvailable(inAnswerWith('groups', 'groupBy', source))
  return wrongPart(own, spec, source)
}

function wrongPart(figure: string, spec: Spec, source: Source): Wrong | undefined {
  const [part, name] = figure.split('.')
  const option = partsByOption.get(part)
  if (option !== undefined && spec[option] === undefined) return notAvailable(inAnswerWith(part, option, source))
  const included = includes.find((include) => include === part)
  if (included !== undefined && !spec.include.includes(included)) {
    if (source !== 'batch' && !isMergeable(included)) return notAvailable(`is not there: ${onlyOfOneBatch(included)}`)
    return notAvailable(inAnswerWith(part, included, source, true))
  }
  if (spec.decision === 'none' && (part === 'accuracy' || part === 'correct')) {
    return notAvailable(`is ${part}, which requires class or binary labels, and labelFormat is "values"`)
  }
  if (part === 'metrics' && valuesOnly.has(name) !== (spec.decision === 'none')) {
    const labels = spec.decision === 'none' ? 'class or binary labels' : 'labelFormat "values"'
    return notAvailable(`is ${quoted(figure)}, which requires ${labels}`)
  }
  return undefined
}

const valuesOnly: ReadonlySet<string> = new Set(['rmse', 'r2', 'explainedVariance', 'maxError', 'meanError'])

const partsByOption: ReadonlyMap<string, OptionName> = new Map([
  ['topKAccuracy', 'topK'],
  ['thresholds', 'thresholds'],
  ['groups', 'groupBy'],
  ['populationSize', 'miniBatch'],
])

function inAnswerWith(part: string, asked: string, source: Source, isIncluded = false): string {
  const option = isIncluded ? `include: [${quoted(asked)}]` : `the option ${asked}`
  return source === 'evaluation'
    ? `needs ${part}, which the evaluation would have to be declared with: ${option}`
    : `needs ${part}, which is in the answer with ${option}`
}

/** Why a figure has no interval under these options. */
function missingInterval(figure: string, spec: Spec, source: Source): string | undefined {
  const [container, own] = placeOf(figure)
  if (own === 'accuracy') return undefined
  if (own === 'loss') {
    return spec.reduction === 'sum'
      ? 'needs an interval, which is that of the mean; reduction "sum" has none'
      : undefined
  }
  if (!isFigure(`intervals.${own}.standardError`, lossFigures)) {
    return `needs an interval, and ${quoted(figure)} has none; loss, accuracy, and the numbers of metrics have one`
  }
  if (isAsked('intervals', spec)) return undefined
  return inAnswerWith(`the interval of ${container}${own}`, 'intervals', source, true)
}

function isAsked(part: string, { include }: Spec): boolean {
  const asked: readonly string[] = include
  return asked.includes(part)
}

function wrongDifference(figure: string, spec: Spec, source: Source): Wrong | undefined {
  const patterns = source === 'evaluation' ? comparedReportFigures : comparedFigures
  if (!isFigure(figure, patterns)) {
    if (!isFigure(figure, lossFigures)) return unknown(figure, patterns)
    return notAvailable(`is ${quoted(figure)}, of whose difference a comparison has no interval`)
  }
  const wrong = wrongPart(figure, spec, source)
  if (wrong !== undefined) return wrong
  if (figure !== 'loss' && figure !== 'accuracy' && !isAsked('intervals', spec)) {
    return notAvailable(inAnswerWith(`the interval of ${figure}`, 'intervals', source, true))
  }
  if (betterIs(figure) === undefined)
    return notAvailable(`is ${quoted(figure)}, which is not better when higher or lower`)
  return undefined
}

/** Changes of the options that may mend an error about a requirement. */
export function requirementEdits(
  { code, path: [, at] }: ValidationError,
  options: Readonly<Record<string, unknown>>,
): Remedy[] {
  const list: readonly unknown[] = Array.isArray(options.require) ? options.require : []
  const wrong = list[Number(at)]
  if (typeof wrong !== 'object' || wrong === null || !('figure' in wrong) || typeof wrong.figure !== 'string') return []
  const { figure } = wrong
  if (code === 'unknown-value') {
    const meant = figureMeant(figure, lossFigures)
    if (meant === undefined) return []
    return [
      { set: { require: list.map((each, place) => (place === Number(at) ? { ...wrong, figure: meant } : each)) } },
    ]
  }
  if (code !== 'not-available') return []
  const asked: readonly unknown[] = Array.isArray(options.include) ? options.include : []
  const [part] = placeOf(figure)[1].split('.')
  // one more in each round
  const missing = [part, 'intervals'].find((name) => isInclude(name) && !asked.includes(name))
  return missing === undefined ? [] : [{ set: { include: [...asked, missing] } }]
}

function isInclude(name: string): name is Include {
  return includes.some((include) => include === name)
}
