import type { Decision, LabelFormat, LogPolicy } from './formats.ts'
import type { LossName } from './kernels/index.ts'
import { losses, lossNames } from './kernels/index.ts'
import type { Loss } from './kernels/loss.ts'
import type { GivenOptions, OptionName, OptionValues, Terms } from './options.ts'
import { appliesTo, decisionBy, defaultFor, hasLabelRowSums, hasPredictionRowSums, optionNames } from './options.ts'

export type { Decision } from './formats.ts'
export type { MiniBatch } from './option-types.ts'

/** The options as a client gives them: names and types are right, everything else is yet to be checked. */
export interface Options extends GivenOptions {
  readonly loss: LossName
  readonly labelFormat: LabelFormat
}

/** Every option as evaluated. An option that does not apply holds its default and is not reported. */
export interface Spec extends OptionValues {
  readonly loss: LossName
  readonly labelFormat: LabelFormat
  readonly decision: Decision
}

export function checksPredictionRows(spec: Spec): boolean {
  return hasPredictionRowSums(termsOf(spec))
}

export function checksLabelRows(spec: Spec): boolean {
  return hasLabelRowSums(termsOf(spec))
}

/** Whether each row must be a distribution over at least two classes: of one class the loss would always be 0. */
export function needsTwoOutputs({ loss, decision }: Pick<Spec, 'loss' | 'decision'>): boolean {
  return decision === 'class' && ofDistributions.has(loss)
}

const ofDistributions: ReadonlySet<LossName> = new Set(
  lossNames.filter((name) => (losses[name] as Loss).options.includes('logPolicy')),
)

function termsOf({ loss, labelFormat, predictionFormat, logPolicy }: Spec): Terms {
  return { loss: losses[loss], labelFormat, predictionFormat, logPolicy }
}

/** The options of an evaluation as JSON: sent back with the same data, they give the same answer. */
export function describeSpec(spec: Spec): Record<string, unknown> {
  const { loss, labelFormat } = spec
  const described: Record<string, unknown> = { loss, labelFormat }
  for (const name of frameOf(spec).applied) {
    const value = spec[name]
    if (value === undefined) continue
    described[name] = value instanceof Float64Array ? listOf(value) : value
  }
  return described
}

function listOf(numbers: Float64Array): number[] {
  const list = new Array<number>(numbers.length)
  for (let at = 0; at < numbers.length; at++) list[at] = numbers[at]
  return list
}

/** The options that a client has to give: the required ones, and those that differ from their defaults. */
export function describeChoices(spec: Spec): Record<string, unknown> {
  const { loss, labelFormat, ...options } = describeSpec(spec)
  const defaults: Record<string, unknown> = { ...frameOf(spec).defaults }
  const chosen = Object.entries(options).filter(
    ([name, value]) => defaults[name] === undefined || JSON.stringify(value) !== JSON.stringify(defaults[name]),
  )
  return { loss, labelFormat, ...Object.fromEntries(chosen) }
}

/** What follows only from the terms of an evaluation; made once for each. */
interface Frame {
  readonly terms: Terms
  /** The options that have an effect, in the order of the table. */
  readonly applied: ReadonlySet<OptionName>
  readonly defaults: Spec
}

const frames = new Map<string, Frame>()

export function frameOf(options: Options | Spec): Frame {
  const { loss: name, labelFormat } = options
  const loss: Loss = losses[name]
  const predictionFormat = options.predictionFormat ?? loss.predictionFormats[0]
  const logPolicy = options.logPolicy ?? (defaultFor('logPolicy', loss, predictionFormat) as LogPolicy)
  const key = `${name} ${labelFormat} ${predictionFormat} ${logPolicy}`
  let frame = frames.get(key)
  if (frame === undefined) {
    const terms: Terms = { loss, labelFormat, predictionFormat, logPolicy }
    const defaults = optionNames.map((option) => [option, defaultFor(option, loss, predictionFormat)])
    frame = {
      terms,
      applied: new Set(optionNames.filter((option) => appliesTo(option, terms))),
      defaults: {
        loss: name,
        labelFormat,
        decision: decisionBy(loss, labelFormat),
        ...Object.fromEntries(defaults),
      } as Spec,
    }
    frames.set(key, frame)
  }
  return frame
}
