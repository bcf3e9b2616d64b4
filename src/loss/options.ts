import type { Decision, LabelFormat, LogPolicy, PredictionFormat, Reduction } from './formats.ts'
import { includes, logPolicies, predictionFormats, reductions } from './formats.ts'
import type { Meanings } from './meanings.ts'
import {
  explained,
  includeMeanings,
  logPolicyMeanings,
  predictionFormatMeanings,
  reductionMeanings,
} from './meanings.ts'
import type { OptionType, ValueOf } from './option-types.ts'

export interface LossTraits {
  readonly labelFormats: readonly LabelFormat[]
  /** The first is the default. */
  readonly predictionFormats: readonly PredictionFormat[]
  readonly reduction: Reduction
  readonly threshold: number
  /** Whether it compares distributions over the classes, so that soft labels must be such, too. */
  readonly comparesDistributions?: true
  readonly options: readonly string[]
}

/** What decides whether an option applies. */
export interface Terms {
  readonly loss: LossTraits
  readonly labelFormat: LabelFormat
  readonly predictionFormat: PredictionFormat
  readonly logPolicy: LogPolicy
}

/** A default: a documented constant for each loss and predictionFormat, never dependent on the data. */
interface Default {
  readonly of: (loss: LossTraits, predictionFormat: PredictionFormat) => unknown
  readonly words: string
}

interface Option {
  readonly type: OptionType
  readonly narrow?: (loss: LossTraits) => OptionType
  readonly default?: Default
  readonly ofKernel?: true
  /** When it applies, as a rule and in words; of a kernel's option, besides that the kernel lists it. */
  readonly applies?: (terms: Terms) => boolean
  readonly appliesTo: string
  readonly description: string
  /** What each of its words means, which its description ends with. */
  readonly meanings?: Meanings
  /** What of it needs a single batch: the option, or these of its values. */
  readonly singleBatch?: true | readonly string[]
}

function constant(value: unknown): Default {
  return { of: () => value, words: `\`${JSON.stringify(value)}\`` }
}

export const everyEvaluation = 'every evaluation'

/** Every option but `loss` and `labelFormat`, which are required. All that is said of options derives from this table. */
export const optionTable = {
  predictionFormat: {
    type: { kind: 'choice', values: predictionFormats },
    narrow: ({ predictionFormats: values }) => ({ kind: 'choice', values }),
    default: {
      of: ({ predictionFormats: [first] }) => first,
      words: '`values` for the losses that take them, otherwise `probabilities`',
    },
    appliesTo: everyEvaluation,
    description: 'What `predictions` contains.',
    meanings: predictionFormatMeanings,
  },
  reduction: {
    type: { kind: 'choice', values: reductions },
    default: { of: ({ reduction }) => reduction, words: '`mean`; `sum` for `sse`' },
    appliesTo: everyEvaluation,
    description: 'How the losses of the rows, l_i, are combined into `loss`.',
    meanings: reductionMeanings,
    singleBatch: ['none'],
  },
  logPolicy: {
    type: { kind: 'choice', values: logPolicies },
    default: {
      of: (_loss, predictionFormat) => (isLogarithmic(predictionFormat) ? 'exact' : 'add-epsilon'),
      words: '`add-epsilon`; `exact` with logits and log-probabilities',
    },
    ofKernel: true,
    appliesTo: 'losses with a logarithm',
    description: 'How logarithms of 0 are avoided; e is `epsilon`.',
    meanings: logPolicyMeanings,
  },
  epsilon: {
    type: { kind: 'number', exclusiveMinimum: 0 },
    default: constant(1e-7),
    ofKernel: true,
    applies: ({ logPolicy }) => logPolicy === 'add-epsilon' || logPolicy === 'clip',
    appliesTo: 'losses with a logarithm under logPolicy "add-epsilon" or "clip"',
    description: 'The e in the formulas of `logPolicy`. Must be below 0.5 for `clip`.',
  },
  classWeights: {
    type: { kind: 'weights' },
    ofKernel: true,
    appliesTo: 'loss "cross-entropy"',
    description: 'One weight per output, c_k, which multiplies the term of class k.',
  },
  positiveWeight: {
    type: { kind: 'number-or-weights', exclusiveMinimum: 0 },
    default: constant(1),
    ofKernel: true,
    appliesTo: 'loss "binary-cross-entropy"',
    description: 'The factor of the term t log y: one number for all outputs, or one per output.',
  },
  delta: {
    type: { kind: 'number', exclusiveMinimum: 0 },
    default: constant(1),
    ofKernel: true,
    appliesTo: 'loss "huber"',
    description: 'The error beyond which the loss is linear instead of quadratic.',
  },
  beta: {
    type: { kind: 'number', minimum: 0 },
    default: constant(1),
    ofKernel: true,
    appliesTo: 'loss "smooth-l1"',
    description: 'The error beyond which the loss is linear instead of quadratic; with 0, it is linear everywhere.',
  },
  gamma: {
    type: { kind: 'number', minimum: 0 },
    default: constant(2),
    ofKernel: true,
    appliesTo: 'loss "focal"',
    description: 'The exponent of 1 - p. The larger it is, the less easy samples count; 0 gives cross-entropy.',
  },
  alpha: {
    type: { kind: 'number', minimum: 0, maximum: 1 },
    ofKernel: true,
    appliesTo: 'loss "focal"',
    description:
      'With class labels, a factor for every sample. With binary labels, the factor is alpha for label 1 and 1 - alpha for label 0.',
  },
  q: {
    type: { kind: 'number', minimum: 0, maximum: 1 },
    default: constant(0.5),
    ofKernel: true,
    appliesTo: 'loss "quantile"',
    description: 'The quantile that the predictions estimate.',
  },
  logInput: {
    type: { kind: 'boolean' },
    default: constant(true),
    ofKernel: true,
    appliesTo: 'loss "poisson"',
    description: 'Whether predictions are logarithms of rates (`true`) or rates (`false`).',
  },
  margin: {
    type: { kind: 'number', minimum: 0 },
    default: constant(1),
    ofKernel: true,
    appliesTo: 'loss "multi-margin"',
    description: 'How far the score of every other class must stay below the score of the true class.',
  },
  p: {
    type: { kind: 'integer', minimum: 1, maximum: 2 },
    default: constant(1),
    ofKernel: true,
    appliesTo: 'loss "multi-margin"',
    description: 'The exponent (1 or 2) applied to each margin violation.',
  },
  rowSumTolerance: {
    type: { kind: 'number', minimum: 0 },
    default: constant(1e-3),
    applies: (terms) => hasPredictionRowSums(terms) || hasLabelRowSums(terms),
    appliesTo: 'rows of probabilities, in predictions with class labels or in labels',
    description: 'How far the sum of the probabilities in a row may differ from 1.',
  },
  threshold: {
    type: { kind: 'number' },
    narrow: ({ predictionFormats: formats }) =>
      formats.includes('probabilities') ? { kind: 'number', minimum: 0, maximum: 1 } : { kind: 'number' },
    default: { of: ({ threshold }) => threshold, words: '`0.5`; `0` for `hinge` and `squared-hinge`' },
    applies: (terms) => decisionBy(terms.loss, terms.labelFormat) === 'binary',
    appliesTo: 'binary decisions: labelFormat "binary" or loss "binary-cross-entropy"',
    description:
      'Predictions above the threshold are positive. Logits are compared by their sigmoid, log-probabilities by their exponential. From 0 to 1; any number for `hinge` and `squared-hinge`.',
  },
  topK: {
    type: { kind: 'integer', minimum: 1 },
    applies: (terms) => decisionBy(terms.loss, terms.labelFormat) === 'class',
    appliesTo: 'class labels: labelFormat "one-hot", "index", or "probabilities" of a loss that takes these',
    description:
      'Adds `topKAccuracy` to the answer: the share of samples whose true class is among the k largest predictions. At most K.',
  },
  thresholds: {
    type: { kind: 'thresholds' },
    applies: hasThresholds,
    appliesTo: 'binary and class labels, and predictions that are probabilities, logits or log-probabilities',
    description:
      'Adds `thresholds` to the answer: exact counts with ROC and precision-recall points, at this many evenly spaced thresholds from 0 to 1, or at the thresholds in an ascending list. Classes are evaluated one against the rest.',
  },
  costs: {
    type: { kind: 'costs' },
    applies: hasThresholds,
    appliesTo: 'binary and class labels, and predictions that are probabilities, logits or log-probabilities',
    description:
      'The costs of a false positive and a false negative. With `thresholds`, adds the threshold with the lowest cost.',
  },
  classes: {
    type: { kind: 'names' },
    applies: ({ labelFormat }) => labelFormat === 'index',
    appliesTo: 'labelFormat "index"',
    description:
      'The names of the classes, one for each output in order. `labels` may then contain names as well as numbers, and the answer uses the names.',
  },
  ignoreIndex: {
    type: { kind: 'integer' },
    applies: ({ labelFormat }) => labelFormat === 'index',
    appliesTo: 'labelFormat "index"',
    description: 'Rows with this label (for example -100) are excluded from all results.',
  },
  labelSmoothing: {
    type: { kind: 'number', minimum: 0, exclusiveMaximum: 1 },
    default: constant(0),
    applies: ({ loss, labelFormat }) => labelFormat !== 'values' && takesSoftLabels(loss),
    appliesTo: 'losses that take labelFormat "probabilities", with labels other than "values"',
    description: 'The a in t (1 - a) + a / K (for binary outputs, t (1 - a) + a / 2), which replaces each target t.',
  },
  miniBatch: {
    type: { kind: 'mini-batch' },
    appliesTo: everyEvaluation,
    description: 'Evaluates a random sample of the rows, as an estimate for all of them.',
    singleBatch: true,
  },
  groupBy: {
    type: { kind: 'groupings' },
    appliesTo: everyEvaluation,
    description:
      'Repeats all results for each group of rows with equal values in a column of `groups`: 1 to 8 columns, or lists of 2 to 4 columns.',
  },
  include: {
    type: { kind: 'choices', values: includes },
    default: constant([]),
    appliesTo: everyEvaluation,
    description: 'Additional parts of the answer.',
    meanings: includeMeanings,
  },
} as const satisfies Record<string, Option>

type Table = typeof optionTable
export type OptionName = keyof Table

export type KernelOption = {
  [Name in OptionName]: Table[Name] extends { ofKernel: true } ? Name : never
}[OptionName]

export type GivenOptions = { readonly [Name in OptionName]?: ValueOf<Table[Name]['type']> | undefined }

export type OptionValues = {
  readonly [Name in OptionName]: Table[Name] extends { default: Default }
    ? ValueOf<Table[Name]['type']>
    : ValueOf<Table[Name]['type']> | undefined
}

export const optionNames = Object.keys(optionTable) as OptionName[]

/** The options that may hold one number per output, which a body brings as a tensor. */
export const weightOptions = optionNames.filter((name) => /weights$/.test(optionTable[name].type.kind))

export function optionOf(name: OptionName): Option {
  return optionTable[name]
}

/** What an option is for, with the meaning of each word that it may hold. */
export function descriptionOf(name: OptionName, type: OptionType = optionOf(name).type): string {
  const { description, meanings } = optionOf(name)
  return meanings === undefined || !('values' in type)
    ? description
    : `${description} ${explained(type.values, meanings)}`
}

export function typeFor(name: OptionName, loss: LossTraits): OptionType {
  const { type, narrow } = optionOf(name)
  return narrow?.(loss) ?? type
}

export function defaultFor(name: OptionName, loss: LossTraits, predictionFormat: PredictionFormat): unknown {
  return optionOf(name).default?.of(loss, predictionFormat)
}

export function appliesTo(name: OptionName, terms: Terms): boolean {
  const { ofKernel, applies } = optionOf(name)
  return (ofKernel === undefined || terms.loss.options.includes(name)) && (applies?.(terms) ?? true)
}

export function isOptionOf(name: OptionName, loss: LossTraits): boolean {
  return loss.labelFormats.some((labelFormat) =>
    loss.predictionFormats.some((predictionFormat) =>
      logPolicies.some((logPolicy) => appliesTo(name, { loss, labelFormat, predictionFormat, logPolicy })),
    ),
  )
}

export function isDefault(name: OptionName, value: unknown, loss: LossTraits): boolean {
  return loss.predictionFormats.some((format) => defaultFor(name, loss, format) === value)
}

/** Whether predictions are on the scale of logarithms, where an exact logarithm is finite. */
function isLogarithmic(format: PredictionFormat): boolean {
  return format === 'logits' || format === 'log-probabilities'
}

function hasThresholds({ loss, labelFormat, predictionFormat }: Terms): boolean {
  return predictionFormat !== 'values' && decisionBy(loss, labelFormat) !== 'none'
}

export function decisionBy(loss: LossTraits, labelFormat: LabelFormat): Decision {
  if (labelFormat === 'values') return 'none'
  if (labelFormat === 'binary') return 'binary'
  return loss.labelFormats.includes('one-hot') ? 'class' : 'binary'
}

/** Whether rows of `predictions` are distributions, whose sum is checked. */
export function hasPredictionRowSums({ loss, labelFormat, predictionFormat }: Omit<Terms, 'logPolicy'>): boolean {
  const areChances = predictionFormat === 'probabilities' || predictionFormat === 'log-probabilities'
  return areChances && decisionBy(loss, labelFormat) === 'class'
}

export function hasLabelRowSums({ loss, labelFormat }: Pick<Terms, 'loss' | 'labelFormat'>): boolean {
  return (
    labelFormat === 'probabilities' && decisionBy(loss, labelFormat) === 'class' && loss.comparesDistributions === true
  )
}

function takesSoftLabels({ labelFormats }: LossTraits): boolean {
  return labelFormats.includes('probabilities')
}
