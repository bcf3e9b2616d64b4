import type { RowRange } from './checks.ts'
import { checkPredictions, checkTargets, checkWeights, readIndices, readLargest, readOneHot } from './checks.ts'
import type { Layout } from './shape.ts'
import { checkIsNumbers, checkLabelShape, checkWeightShape, fittingDeclaration, layoutOf } from './shape.ts'
import type { Spec } from './spec.ts'
import type { Tensor } from './tensor.ts'
import { ValidationErrors } from './validation-errors.ts'
import { checkClassWeightCount } from './weights.ts'

/** What a body brings: numbers in their shapes, not yet checked against what was declared. */
export interface Tensors {
  readonly predictions: Tensor
  readonly labels: Tensor
  readonly sampleWeights?: Tensor | undefined
}

/** The names of the tensors that a batch may have. */
export const batchTensors = ['predictions', 'labels', 'sampleWeights'] as const satisfies (keyof Tensors)[]

/** A checked batch of N samples with K outputs, row-major. */
export interface Batch {
  readonly samples: number
  readonly outputs: number
  readonly predictions: Float64Array
  /** The class of each row where decisions are by class: -1 for a row that `ignoreIndex` leaves out. */
  readonly classes: Int32Array | undefined
  /** N x K targets as given, for every label format but one-hot and index, which `classes` says in full. */
  readonly targets: Float64Array | undefined
  readonly sampleWeights: Float64Array | undefined
}

const costPerStep = 2 ** 17
/** What a row costs besides its numbers, its logarithm above all, in numbers. */
const costPerRow = 6

/** How many rows are worked through, in some milliseconds at most, before the caller may pause. */
export function rowsPerStep(outputs: number): number {
  return Math.max(1, Math.floor(costPerStep / (outputs + costPerRow)))
}

/**
 * Checks the shapes against what was declared and against each other.
 *
 * @throws InvalidContent
 */
export function layOut(spec: Spec, tensors: Tensors): Layout {
  const { predictions, labels, sampleWeights } = tensors
  const errors = new ValidationErrors()
  for (const name of batchTensors) {
    const tensor = tensors[name]
    if (tensor !== undefined) checkIsNumbers(name, tensor, errors)
  }
  errors.throwIfAny()
  const layout = layoutOf(spec, predictions)
  checkLabelShape(spec, predictions, labels, layout)
  if (sampleWeights !== undefined) checkWeightShape('sampleWeights', sampleWeights, layout.samples, 'samples')
  checkClassWeightCount(spec, layout)
  return layout
}

/**
 * Checks every number against what was declared and returns the batch; step by step, so that the caller may do something
 * else in between.
 *
 * @throws InvalidContent that lists the first errors and counts all
 */
export function* check(spec: Spec, tensors: Tensors, layout: Layout): Generator<void, Batch> {
  const { predictions, labels, sampleWeights } = tensors
  const { samples, outputs } = layout
  const errors = new ValidationErrors()
  const classes = spec.decision === 'class' ? new Int32Array(samples) : undefined
  const step = rowsPerStep(outputs)
  for (let from = 0; from < samples; from += step) {
    const range = { from, to: Math.min(from + step, samples) }
    checkPredictions(spec, predictions, outputs, range, errors)
    readLabels(spec, labels, layout, range, classes, errors)
    if (sampleWeights !== undefined) checkWeights('sampleWeights', sampleWeights, range, errors)
    yield
  }
  errors.throwIfAny()
  const isClasses = spec.labelFormat === 'one-hot' || spec.labelFormat === 'index'
  const targets = isClasses ? undefined : labels.data
  return { samples, outputs, predictions: predictions.data, classes, targets, sampleWeights: sampleWeights?.data }
}

/** The given rows of a batch, in the given order. */
export function selectRows(batch: Batch, rows: Int32Array): Batch {
  const { outputs } = batch
  const predictions = new Float64Array(rows.length * outputs)
  const targets = batch.targets && new Float64Array(rows.length * outputs)
  for (let i = 0; i < rows.length; i++) {
    const from = rows[i] * outputs
    for (let k = 0; k < outputs; k++) predictions[i * outputs + k] = batch.predictions[from + k]
    if (targets && batch.targets) for (let k = 0; k < outputs; k++) targets[i * outputs + k] = batch.targets[from + k]
  }
  const { classes, sampleWeights } = batch
  return {
    samples: rows.length,
    outputs,
    predictions,
    classes: classes && Int32Array.from(rows, (row) => classes[row]),
    targets,
    sampleWeights: sampleWeights && Float64Array.from(rows, (row) => sampleWeights[row]),
  }
}

function readLabels(
  spec: Spec,
  labels: Tensor,
  layout: Layout,
  range: RowRange,
  classes: Int32Array | undefined,
  errors: ValidationErrors,
): void {
  const { outputs } = layout
  const known = errors.count
  if (classes !== undefined && spec.labelFormat === 'index') readIndices(spec, labels, outputs, range, classes, errors)
  else if (classes !== undefined && spec.labelFormat === 'one-hot') readOneHot(labels, outputs, range, classes, errors)
  else checkTargets(spec, labels, outputs, range, errors)
  if (classes !== undefined && spec.labelFormat === 'probabilities') readLargest(labels, outputs, range, classes)
  if (errors.count > known) errors.hint(known, fittingDeclaration(spec, labels, layout))
}
