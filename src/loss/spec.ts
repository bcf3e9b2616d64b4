import type { Include, LabelFormat, LogPolicy, LossOption, PredictionFormat, Reduction } from './formats.ts'
import type { LossName } from './kernels/index.ts'
import { losses } from './kernels/index.ts'
import type { Loss, Settings } from './kernels/loss.ts'
import { ValidationErrors } from './validation-errors.ts'

/** A random sample of the rows, drawn as an estimate of the whole. */
export interface MiniBatch {
  /** Rows drawn, at least 1; without replacement at most the number of rows. */
  readonly size: number
  /** 0 .. 2^32 - 1; the same seed draws the same rows. */
  readonly seed: number
  readonly replacement: boolean
}

/** The options as a client gives them: names and types are right, everything else is yet to be checked. */
export interface Options {
  readonly loss: LossName
  readonly labelFormat: LabelFormat
  readonly predictionFormat?: PredictionFormat | undefined
  readonly reduction?: Reduction | undefined
  readonly logPolicy?: LogPolicy | undefined
  readonly epsilon?: number | undefined
  readonly classWeights?: Float64Array | undefined
  readonly delta?: number | undefined
  readonly rowSumTolerance?: number | undefined
  readonly threshold?: number | undefined
  readonly ignoreIndex?: number | undefined
  readonly labelSmoothing?: number | undefined
  readonly miniBatch?: MiniBatch | undefined
  readonly include?: readonly Include[] | undefined
}

/**
 * How a right answer is decided: `class` by the largest output, `binary` by a threshold for each output, `none` where
 * labels are values and there is nothing to be right about.
 */
export type Decision = 'class' | 'binary' | 'none'

/** Every option as evaluated. An option that does not apply holds a neutral value and is not reported. */
export interface Spec extends Settings {
  readonly loss: LossName
  readonly reduction: Reduction
  readonly rowSumTolerance: number
  readonly threshold: number
  readonly ignoreIndex: number | undefined
  readonly labelSmoothing: number
  readonly miniBatch: MiniBatch | undefined
  readonly include: readonly Include[]
  readonly decision: Decision
}

/** Default constants; none depends on the data. */
export const defaults = {
  epsilon: 1e-7,
  delta: 1,
  rowSumTolerance: 1e-3,
  labelSmoothing: 0,
} as const

/** The guard of the logarithm when none is declared. */
export function defaultLogPolicy(predictionFormat: PredictionFormat): LogPolicy {
  return predictionFormat === 'logits' ? 'exact' : 'add-epsilon'
}

export function decisionOf(loss: LossName, labelFormat: LabelFormat): Decision {
  if (labelFormat === 'values') return 'none'
  if (labelFormat === 'binary') return 'binary'
  const formats: readonly LabelFormat[] = losses[loss].labelFormats
  return formats.includes('one-hot') ? 'class' : 'binary'
}

/** Losses of probability distributions, whose soft labels must be distributions too. */
export function isOfDistributions(loss: LossName): boolean {
  const formats: readonly PredictionFormat[] = losses[loss].predictionFormats
  return !formats.includes('values')
}

/** When an option that not every evaluation has does apply, in words and as a rule. */
const conditions: Record<Conditional, { readonly applies: (spec: Spec) => boolean; readonly when: string }> = {
  logPolicy: {
    applies: (spec) => takes(spec, 'logPolicy'),
    when: 'losses with a logarithm; "exact" is the default with logits',
  },
  epsilon: {
    applies: (spec) => takes(spec, 'epsilon') && (spec.logPolicy === 'add-epsilon' || spec.logPolicy === 'clip'),
    when: 'losses with a logarithm under logPolicy "add-epsilon" or "clip"',
  },
  classWeights: { applies: (spec) => takes(spec, 'classWeights'), when: 'loss "cross-entropy"' },
  delta: { applies: (spec) => takes(spec, 'delta'), when: 'loss "huber"' },
  rowSumTolerance: {
    applies: (spec) => checksPredictionRows(spec) || checksLabelRows(spec),
    when: 'rows of probabilities, in predictions with class labels or in labels',
  },
  threshold: {
    applies: (spec) => spec.decision === 'binary',
    when: 'binary decisions: labelFormat "binary" or loss "binary-cross-entropy"',
  },
  ignoreIndex: { applies: (spec) => spec.labelFormat === 'index', when: 'labelFormat "index"' },
  labelSmoothing: {
    applies: (spec) => spec.decision === 'class',
    when: 'class labels: labelFormat "one-hot", "index", or "probabilities" of classes',
  },
}

type Conditional = LossOption | 'rowSumTolerance' | 'threshold' | 'ignoreIndex' | 'labelSmoothing'

const conditionals = Object.keys(conditions) as Conditional[]

/** When an option applies, for the catalogue and the document. */
export function appliesWhen(option: Conditional): string {
  return conditions[option].when
}

/** An option of a loss: its constant default (`null` when off by default) and when it applies. */
export interface OptionDescription {
  readonly name: string
  readonly default: unknown
  readonly appliesTo: string
}

/** Every option that a loss can have. */
export function describeOptions(name: LossName): OptionDescription[] {
  const loss: Loss = losses[name]
  const own: Partial<Record<Conditional, unknown>> = {}
  for (const option of loss.options) own[option] = option === 'logPolicy' ? defaultLogPolicy('probabilities') : null
  if (loss.options.includes('epsilon')) own.epsilon = defaults.epsilon
  if (loss.options.includes('delta')) own.delta = defaults.delta
  if (loss.labelFormats.includes('one-hot')) {
    Object.assign(own, {
      rowSumTolerance: defaults.rowSumTolerance,
      ignoreIndex: null,
      labelSmoothing: defaults.labelSmoothing,
    })
  }
  if (loss.labelFormats.includes('binary')) own.threshold = loss.threshold
  const common = { reduction: loss.reduction, sampleWeights: null, miniBatch: null, include: [] }
  return [
    ...Object.entries(common).map(([option, value]) => ({
      name: option,
      default: value,
      appliesTo: 'every evaluation',
    })),
    ...conditionals
      .filter((option) => option in own)
      .map((option) => ({ name: option, default: own[option], appliesTo: conditions[option].when })),
  ]
}

/** Whether rows of `predictions` are distributions, whose sum is checked. */
export function checksPredictionRows(spec: Spec): boolean {
  return spec.predictionFormat === 'probabilities' && spec.decision === 'class'
}

/** Whether rows of `labels` are distributions, whose sum is checked. */
export function checksLabelRows(spec: Spec): boolean {
  return spec.labelFormat === 'probabilities' && spec.decision === 'class' && isOfDistributions(spec.loss)
}

/**
 * Fills in the defaults and refuses what does not go together.
 *
 * @throws InvalidContent naming each option that contradicts another
 */
export function resolve(options: Options): Spec {
  const loss: Loss = losses[options.loss]
  const predictionFormat = options.predictionFormat ?? loss.predictionFormats[0]
  const spec: Spec = {
    loss: options.loss,
    labelFormat: options.labelFormat,
    predictionFormat,
    reduction: options.reduction ?? loss.reduction,
    logPolicy: options.logPolicy ?? defaultLogPolicy(predictionFormat),
    epsilon: options.epsilon ?? defaults.epsilon,
    classWeights: options.classWeights,
    delta: options.delta ?? defaults.delta,
    rowSumTolerance: options.rowSumTolerance ?? defaults.rowSumTolerance,
    threshold: options.threshold ?? loss.threshold,
    ignoreIndex: options.ignoreIndex,
    labelSmoothing: options.labelSmoothing ?? defaults.labelSmoothing,
    miniBatch: options.miniBatch,
    include: options.include ?? [],
    decision: decisionOf(options.loss, options.labelFormat),
  }
  const errors = new ValidationErrors()
  for (const option of conditionals) {
    if (options[option] === undefined || conditions[option].applies(spec)) continue
    errors.add([option], `${option} has no effect here; it applies to ${conditions[option].when}`, options[option])
  }
  if (spec.logPolicy === 'clip' && spec.epsilon >= 0.5) {
    errors.add(['epsilon'], `epsilon is ${spec.epsilon}; logPolicy "clip" needs it below 0.5`, spec.epsilon)
  }
  checkIncludes(spec, errors)
  errors.throwIfAny()
  return spec
}

/** The options of an evaluation as JSON: sent back with the same data, they give the same answer. */
export function describeSpec(spec: Spec): Record<string, unknown> {
  const { loss, labelFormat, predictionFormat, reduction, miniBatch, include } = spec
  const described: Record<string, unknown> = { loss, labelFormat, predictionFormat, reduction }
  for (const option of conditionals) {
    const value = spec[option]
    if (value === undefined || !conditions[option].applies(spec)) continue
    described[option] = value instanceof Float64Array ? Array.from(value) : value
  }
  if (miniBatch !== undefined) described.miniBatch = miniBatch
  described.include = include
  return described
}

function takes(spec: Spec, option: LossOption): boolean {
  const options: readonly LossOption[] = losses[spec.loss].options
  return options.includes(option)
}

function checkIncludes(spec: Spec, errors: ValidationErrors): void {
  for (const [at, part] of spec.include.entries()) {
    if (part !== 'perSample' && part !== 'gradient' && spec.decision === 'none') {
      errors.add(
        ['include', at],
        `${part} needs labels that can be right or wrong; labelFormat "values" has none`,
        part,
      )
    } else if (part === 'calibration' && spec.predictionFormat === 'values') {
      errors.add(
        ['include', at],
        'calibration needs probabilities; declare what predictions is with predictionFormat',
        part,
      )
    }
  }
}
