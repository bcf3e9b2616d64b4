import type { RowRange } from './checks.ts'
import {
  checkDomain,
  checkPredictions,
  checkTargets,
  checkWeights,
  hasDomain,
  readIndices,
  readLargest,
  readOneHot,
} from './checks.ts'
import { checkGroups } from './groups/check.ts'
import type { GroupColumns } from './groups/columns.ts'
import type { Memory } from './memory.ts'
import { doublesIn, integersIn } from './memory.ts'
import { readNames } from './names.ts'
import type { Numbers } from './numbers.ts'
import { areDoubles, numbersPerBlock, widened } from './numbers.ts'
import type { Layout } from './shape.ts'
import { checkBaselineShape, checkIsNumbers, checkLabelShape, checkWeightShape, layoutOf } from './shape.ts'
import type { Spec } from './spec.ts'
import { isSurveyed } from './survey/survey.ts'
import type { Doubles, Tensor } from './tensor.ts'
import { hasDoubles, readTruths } from './tensor.ts'
import { ValidationErrors } from './validation-errors.ts'
import { checkNameCount, checkOutputOptions } from './weights.ts'

/** What a body brings: numbers in their shapes, not yet checked against what was declared. */
export interface Tensors {
  readonly predictions: Tensor
  readonly labels: Tensor
  readonly sampleWeights?: Tensor | undefined
  /** What another model predicts for the same labels, in the shape of `predictions`; of a comparison alone. */
  readonly baseline?: Tensor | undefined
  readonly groups?: GroupColumns | undefined
}

/** The names of those that are numbers. */
export type TensorName = (typeof comparisonTensors)[number]

export const batchTensors = ['predictions', 'labels', 'sampleWeights'] as const satisfies (keyof Tensors)[]
export const comparisonTensors = [...batchTensors, 'baseline'] as const satisfies (keyof Tensors)[]

export interface Batch {
  readonly samples: number
  readonly outputs: number
  readonly predictions: Numbers
  /** The class of each row where decisions are by class: -1 for a row that `ignoreIndex` leaves out. */
  readonly classes: Int32Array | undefined
  /** The place of the largest prediction of each row where the check has found it, else below 0; it shares its memory with `classes`. */
  readonly largest?: Int32Array | undefined
  readonly targets: Numbers | undefined
  readonly sampleWeights: Numbers | undefined
}

export interface BatchOfDoubles extends Batch {
  readonly predictions: Float64Array
  readonly targets: Float64Array | undefined
  readonly sampleWeights: Float64Array | undefined
}

export function isOfDoubles(batch: Batch): batch is BatchOfDoubles {
  const { predictions, targets, sampleWeights } = batch
  return areDoubles(predictions) && areDoubles(targets) && areDoubles(sampleWeights)
}

const costPerStep = 2 ** 16
const costPerRow = 6

export function rowsPerStep(outputs: number): number {
  return Math.max(1, Math.floor(costPerStep / (outputs + costPerRow)))
}

/**
 * Checks the shapes against what was declared and against each other. Labels `true` and `false` become 1 and 0, and names the
 * places of their classes, in place.
 *
 * @throws InvalidContent, LimitExceeded
 */
export function layoutOfAll(spec: Spec, tensors: Tensors): Layout {
  const { predictions, labels, sampleWeights, baseline, groups } = tensors
  const errors = new ValidationErrors()
  for (const name of comparisonTensors) {
    const tensor = tensors[name]
    if (tensor === undefined) continue
    const { nonNumericCount, shapeError, names } = tensor
    if (nonNumericCount === 0 && shapeError === undefined && names === undefined) continue
    if (name !== 'labels') checkIsNumbers(name, tensor, errors)
    else if (spec.classes !== undefined && shapeError === undefined && names !== undefined) {
      if (predictions.shapeError === undefined) checkNameCount(spec, layoutOf(spec, predictions).outputs)
      readNames(tensor, spec.classes, errors)
    } else if (spec.labelFormat !== 'binary' || !readTruths(tensor))
      checkIsNumbers(name, tensor, errors, labelNeeds(spec))
  }
  errors.throwIfAny()
  const layout = layoutOf(spec, predictions)
  if (baseline !== undefined) checkBaselineShape(predictions, baseline)
  checkLabelShape(spec, predictions, labels, layout)
  if (sampleWeights !== undefined) checkWeightShape('sampleWeights', sampleWeights, layout.samples, 'samples')
  checkOutputOptions(spec, layout)
  checkGroups(spec, groups, layout)
  return layout
}

function labelNeeds({ labelFormat, decision }: Spec): string {
  if (labelFormat === 'index')
    return 'it must be the number of a class, counted from 0; names of classes are declared with classes'
  return decision === 'binary' && labelFormat === 'binary'
    ? 'it must be 0 or 1, or true or false'
    : 'it must be a number'
}

/** Checks every number and returns the batch, in steps; its `classes` belong to `memory`. @throws InvalidContent */
export function* check(spec: Spec, tensors: Tensors, layout: Layout, memory: Memory): Generator<void, Batch> {
  const checking = new BatchCheck(spec, tensors, layout, memory)
  const step = rowsPerStep(layout.outputs)
  for (let from = 0; from < layout.samples; from += step) {
    checking.rows(from, Math.min(from + step, layout.samples))
    yield
  }
  checking.throwIfWrong()
  return checking.batch
}

const predictionTensors = ['predictions', 'baseline'] as const

export class BatchCheck {
  readonly #spec: Spec
  readonly #tensors: Tensors
  readonly #layout: Layout
  readonly #errors = new ValidationErrors()
  readonly #classes: Int32Array | undefined
  readonly #largest: Int32Array | undefined
  readonly #memory: Memory
  #block: Float64Array | undefined

  constructor(spec: Spec, tensors: Tensors, layout: Layout, memory: Memory) {
    this.#spec = spec
    this.#tensors = tensors
    this.#layout = layout
    this.#memory = memory
    if (spec.decision !== 'class') return
    const { samples, outputs } = layout
    const isSeen = isSurveyed(samples, outputs)
    const integers = integersIn(memory, isSeen ? 2 * samples : samples)
    this.#classes = isSeen ? integers.subarray(0, samples) : integers
    if (isSeen) this.#largest = integers.subarray(samples)
  }

  get isRight(): boolean {
    return this.#errors.count === 0
  }

  rows(from: number, to: number): void {
    const spec = this.#spec
    const errors = this.#errors
    const { outputs } = this.#layout
    const { labels, sampleWeights } = this.#tensors
    const rows = { from, to }
    for (const name of predictionTensors) {
      const tensor = this.#tensors[name]
      if (tensor === undefined) continue
      const largest = name === 'predictions' ? this.#largest : undefined
      this.#inBlocks(tensor, rows, (block, range, first) =>
        checkPredictions(spec, block, outputs, range, errors, largest && after(largest, first), name),
      )
      this.#checkDomain(name, tensor, rows)
    }
    this.#inBlocks(labels, rows, (block, range, first) =>
      readLabels(spec, block, outputs, range, this.#classes && after(this.#classes, first), errors),
    )
    this.#checkDomain('labels', labels, rows)
    if (sampleWeights === undefined) return
    this.#inBlocks(sampleWeights, rows, (block, range) => checkWeights('sampleWeights', block, range, errors))
  }

  #checkDomain(name: 'predictions' | 'baseline' | 'labels', tensor: Tensor, rows: RowRange): void {
    if (!hasDomain(this.#spec)) return
    this.#inBlocks(tensor, rows, (block, range) =>
      checkDomain(this.#spec, name, block, this.#layout.outputs, range, this.#errors),
    )
  }

  /** @param see gets the rows as doubles, which of them to look at, and how many stand before them */
  #inBlocks(
    tensor: Tensor,
    { from, to }: RowRange,
    see: (block: Doubles, range: RowRange, before: number) => void,
  ): void {
    if (hasDoubles(tensor)) {
      see(tensor, { from, to }, 0)
      return
    }
    const width = tensor.data.length / this.#layout.samples
    const step = Math.max(1, Math.floor(numbersPerBlock / width))
    this.#block ??= doublesIn(this.#memory, Math.max(numbersPerBlock, this.#layout.outputs))
    for (let first = from; first < to; first += step) {
      const count = Math.min(step, to - first)
      const data = widened(tensor.data, first * width, (first + count) * width, this.#block)
      see({ ...tensor, data, start: first * width }, { from: 0, to: count }, first)
    }
  }

  /** @throws InvalidContent that lists the first errors and counts all */
  throwIfWrong(): void {
    this.#errors.throwIfAny()
  }

  get batch(): Batch {
    const { predictions, labels, sampleWeights } = this.#tensors
    const { labelFormat } = this.#spec
    const { samples, outputs } = this.#layout
    return {
      samples,
      outputs,
      predictions: predictions.data,
      classes: this.#classes,
      largest: this.#largest,
      targets: labelFormat === 'one-hot' || labelFormat === 'index' ? undefined : labels.data,
      sampleWeights: sampleWeights?.data,
    }
  }
}

function after(integers: Int32Array, first: number): Int32Array {
  return first === 0 ? integers : integers.subarray(first)
}

function readLabels(
  spec: Spec,
  labels: Doubles,
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
