import type { RowRange } from './checks.ts'
import {
  checkDomain,
  checkPredictions,
  checkTargets,
  checkWeights,
  readIndices,
  readLargest,
  readOneHot,
} from './checks.ts'
import { fittingPredictionFormat } from './fitting-predictions.ts'
import type { Memory } from './memory.ts'
import { integersIn } from './memory.ts'
import type { Layout } from './shape.ts'
import {
  checkBaselineShape,
  checkIsNumbers,
  checkWeightShape,
  fittingDeclaration,
  labelShapeError,
  layoutOf,
  refuseLabelShape,
} from './shape.ts'
import type { Spec } from './spec.ts'
import { isSurveyed } from './survey/survey.ts'
import type { Tensor } from './tensor.ts'
import { ValidationErrors } from './validation-errors.ts'
import { checkOutputOptions } from './weights.ts'

/** What a body brings: numbers in their shapes, not yet checked against what was declared. */
export interface Tensors {
  readonly predictions: Tensor
  readonly labels: Tensor
  readonly sampleWeights?: Tensor | undefined
  /** What another model predicts for the same labels, in the shape of `predictions`; of a comparison alone. */
  readonly baseline?: Tensor | undefined
}

/** The names of the tensors that a batch may have. */
export const batchTensors = ['predictions', 'labels', 'sampleWeights'] as const satisfies (keyof Tensors)[]
/** The names of those of a comparison. */
export const comparisonTensors = [...batchTensors, 'baseline'] as const satisfies (keyof Tensors)[]

/** A checked batch of N samples with K outputs, row-major. */
export interface Batch {
  readonly samples: number
  readonly outputs: number
  readonly predictions: Float64Array
  /** The class of each row where decisions are by class: -1 for a row that `ignoreIndex` leaves out. */
  readonly classes: Int32Array | undefined
  /**
   * The place of the largest prediction of each row, below 0 where that needs a closer look, as far as the check has seen
   * it: where there are many numbers, and decisions are by class. It shares its memory with `classes`.
   */
  readonly largest?: Int32Array | undefined
  /** N x K targets as given, for every label format but one-hot and index, which `classes` says in full. */
  readonly targets: Float64Array | undefined
  readonly sampleWeights: Float64Array | undefined
}

/** Numbers of a step: of the slowest loss and of all sections together, they take some 4 milliseconds. */
const costPerStep = 2 ** 16
/** What a row costs besides its numbers, its logarithm above all, in numbers. */
const costPerRow = 6

/** How many rows are worked through before the caller may pause. */
export function rowsPerStep(outputs: number): number {
  return Math.max(1, Math.floor(costPerStep / (outputs + costPerRow)))
}

/**
 * Checks the shapes against what was declared and against each other, in steps.
 *
 * @throws InvalidContent, LimitExceeded
 */
export function* layOut(spec: Spec, tensors: Tensors): Generator<void, Layout> {
  const { predictions, labels, sampleWeights, baseline } = tensors
  const errors = new ValidationErrors()
  for (const name of comparisonTensors) {
    const tensor = tensors[name]
    if (tensor !== undefined) checkIsNumbers(name, tensor, errors)
  }
  errors.throwIfAny()
  const layout = layoutOf(spec, predictions)
  if (baseline !== undefined) checkBaselineShape(predictions, baseline)
  const wrong = labelShapeError(spec, predictions, labels, layout)
  if (wrong !== undefined) yield* refuseLabelShape(spec, labels, layout, wrong)
  if (sampleWeights !== undefined) checkWeightShape('sampleWeights', sampleWeights, layout.samples, 'samples')
  checkOutputOptions(spec, layout)
  return layout
}

/**
 * Checks every number against what was declared and returns the batch, in steps. Its `classes` belong to `memory`.
 *
 * @throws InvalidContent that lists the first errors and counts all
 */
export function* check(spec: Spec, tensors: Tensors, layout: Layout, memory: Memory): Generator<void, Batch> {
  const { labels, sampleWeights } = tensors
  const { samples, outputs } = layout
  const errors = new ValidationErrors()
  // where the first error of each stands in the list of all; what would fit is told there, once
  const firsts: Partial<Record<keyof Tensors, number>> = {}
  const noteFirst = (name: keyof Tensors, known: number) => {
    if (errors.count > known) firsts[name] ??= known
  }
  const isSeen = spec.decision === 'class' && isSurveyed(samples, outputs)
  const integers = spec.decision === 'class' ? integersIn(memory, isSeen ? 2 * samples : samples) : undefined
  const classes = isSeen ? integers?.subarray(0, samples) : integers
  const largest = isSeen ? integers?.subarray(samples) : undefined
  const step = rowsPerStep(outputs)
  for (let from = 0; from < samples; from += step) {
    const range = { from, to: Math.min(from + step, samples) }
    for (const name of predictionTensors) {
      const tensor = tensors[name]
      if (tensor === undefined) continue
      const known = errors.count
      checkPredictions(spec, tensor, outputs, range, errors, name === 'predictions' ? largest : undefined, name)
      noteFirst(name, known)
      checkDomain(spec, name, tensor, outputs, range, errors)
    }
    const known = errors.count
    readLabels(spec, labels, outputs, range, classes, errors)
    noteFirst('labels', known)
    checkDomain(spec, 'labels', labels, outputs, range, errors)
    if (sampleWeights !== undefined) checkWeights('sampleWeights', sampleWeights, range, errors)
    yield
  }
  if (errors.count > 0) {
    for (const name of predictionTensors) {
      const [at, tensor] = [firsts[name], tensors[name]]
      if (at !== undefined && tensor !== undefined)
        errors.hint(at, yield* fittingPredictionFormat(spec, tensor, layout))
    }
    if (firsts.labels !== undefined) errors.hint(firsts.labels, yield* fittingDeclaration(spec, labels, layout))
  }
  errors.throwIfAny()
  const isClasses = spec.labelFormat === 'one-hot' || spec.labelFormat === 'index'
  return {
    samples,
    outputs,
    predictions: tensors.predictions.data,
    classes,
    largest,
    targets: isClasses ? undefined : labels.data,
    sampleWeights: sampleWeights?.data,
  }
}

const predictionTensors = ['predictions', 'baseline'] as const

function readLabels(
  spec: Spec,
  labels: Tensor,
  outputs: number,
  range: RowRange,
  classes: Int32Array | undefined,
  errors: ValidationErrors,
): void {
  if (classes !== undefined && spec.labelFormat === 'index') readIndices(spec, labels, outputs, range, classes, errors)
  else if (classes !== undefined && spec.labelFormat === 'one-hot') readOneHot(labels, outputs, range, classes, errors)
  else checkTargets(spec, labels, outputs, range, errors)
  if (classes !== undefined && spec.labelFormat === 'probabilities') readLargest(labels, outputs, range, classes)
}
