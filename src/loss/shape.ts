import type { LabelFormat } from './formats.ts'
import { losses, lossNames } from './kernels/index.ts'
import type { Spec } from './spec.ts'
import type { Tensor } from './tensor.ts'
import type { ValidationErrors } from './validation-errors.ts'
import { LimitExceeded, refuse } from './validation-errors.ts'

/** The largest K: nothing interrupts the work on a row. */
export const maxOutputs = 2 ** 18

export interface Layout {
  readonly samples: number
  readonly outputs: number
}

/** Refuses arrays that are no tensor, and reports elements that are no numbers. */
export function checkIsNumbers(name: string, tensor: Tensor, errors: ValidationErrors): void {
  if (tensor.shapeError !== undefined) {
    const { path, detail, received } = tensor.shapeError
    refuse([name, ...path], detail, received)
  }
  for (const { path, received } of tensor.nonNumeric) {
    const found = typeof received === 'string' ? 'a string' : String(received)
    errors.add([name, ...path], `${place(name, path)} is ${found}; it must be a number`, received)
  }
  errors.count += tensor.nonNumericCount - tensor.nonNumeric.length
}

/** A list is one sample where outputs are classes, else samples of one output. @throws InvalidContent, LimitExceeded */
export function layoutOf(spec: Spec, predictions: Tensor): Layout {
  const { data, shape } = predictions
  if (shape.length === 0)
    refuse(['predictions'], 'predictions is a bare number; it must be a list of numbers or a list of rows', data[0])
  if (shape[0] === 0)
    refuse(['predictions'], 'predictions is empty; it must have at least one sample', 'an empty array')
  if (shape.length === 2) {
    if (shape[1] === 0)
      refuse(['predictions', 0], 'predictions[0] is empty; a row needs at least one number', 'an empty array')
    checkOutputs('predictions', shape[1])
    return { samples: shape[0], outputs: shape[1] }
  }
  if (spec.decision !== 'class') return { samples: shape[0], outputs: 1 }
  checkOutputs('predictions', shape[0])
  return { samples: 1, outputs: shape[0] }
}

export function checkBaselineShape(predictions: Tensor, baseline: Tensor): void {
  if (baseline.shape.join() === predictions.shape.join()) return
  const detail = `baseline is ${inWords(baseline)}; it must have the shape of predictions, ${inWords(predictions)}`
  refuse(['baseline'], detail, asReceived(baseline))
}

/** @throws LimitExceeded for more than `maxOutputs` */
export function checkOutputs(name: string, outputs: number): void {
  if (outputs <= maxOutputs) return
  const detail = `${outputs} numbers per row of ${name} are more than the limit maxColumns, ${maxOutputs}`
  throw new LimitExceeded('maxColumns', maxOutputs, [name], detail)
}

/** What is wrong with the shape of labels, if anything is. */
export function labelShapeError(spec: Spec, predictions: Tensor, labels: Tensor, layout: Layout): string | undefined {
  return spec.labelFormat === 'index'
    ? indexShapeError(predictions, labels, layout)
    : denseShapeError(spec, predictions, labels)
}

/** Refuses the shape of labels, and names the declaration that would fit, in steps. */
export function* refuseLabelShape(spec: Spec, labels: Tensor, layout: Layout, wrong: string): Generator<void, never> {
  return refuse(['labels'], `${wrong}.${yield* fittingDeclaration(spec, labels, layout)}`, asReceived(labels))
}

export function checkWeightShape(name: string, weights: Tensor, length: number, each: string): void {
  if (weights.shape.length === 1 && weights.shape[0] === length) return
  refuse(
    [name],
    `${name} is ${inWords(weights)}; it must be a list with one number for each of the ${length} ${each}`,
    asReceived(weights),
  )
}

/** `labels[3][0]` for the path 3, 0. */
export function place(name: string, path: readonly number[]): string {
  return name + path.map((at) => `[${at}]`).join('')
}

export function pathOf(shape: readonly number[], at: number): number[] {
  if (shape.length === 0) return []
  return shape.length === 1 ? [at] : [Math.floor(at / shape[1]), at % shape[1]]
}

/** The indices of a whole row: none where a list is one row. */
export function rowPathOf(tensor: Tensor, row: number): number[] {
  return tensor.shape.length === 2 ? [row] : []
}

/**
 * The sentence that names the `labelFormat` that these labels would fit, and the losses it goes with; or nothing. It looks at
 * every number once, in steps.
 */
export function* fittingDeclaration(spec: Spec, labels: Tensor, { samples, outputs }: Layout): Generator<void, string> {
  const format = yield* fittingFormat(labels, samples, outputs)
  if (format === undefined || format === spec.labelFormat) return ''
  const takers = lossNames.filter((name) => (losses[name].labelFormats as readonly LabelFormat[]).includes(format))
  const which = takers.includes(spec.loss) ? '' : `, which goes with loss ${takers.join(', ')}`
  return ` ${kinds[format]} are declared with labelFormat "${format}"${which}.`
}

const kinds: Record<LabelFormat, string> = {
  'one-hot': 'One-hot rows',
  index: 'Class indices',
  probabilities: 'Rows of probabilities',
  binary: 'Labels 0 and 1 for each output',
  values: 'Numbers of any size',
}

const numbersPerLook = 2 ** 16

function* fittingFormat(
  { data, shape }: Tensor,
  samples: number,
  outputs: number,
): Generator<void, LabelFormat | undefined> {
  if (data.length === samples && shape.length < 2 && outputs > 1) {
    for (let from = 0; from < samples; from += numbersPerLook) {
      if (!areClasses(data, from, Math.min(from + numbersPerLook, samples), outputs)) return undefined
      yield
    }
    return 'index'
  }
  if (data.length !== samples * outputs) return undefined
  const seen: Traits = { areBits: true, sumToOne: true, areChances: true, sumToAboutOne: true, areFinite: true }
  const step = Math.ceil(numbersPerLook / outputs)
  for (let from = 0; from < samples; from += step) {
    look(data, outputs, from, Math.min(from + step, samples), seen)
    if (!seen.areFinite) return undefined
    yield
  }
  if (seen.areBits) return seen.sumToOne && outputs > 1 ? 'one-hot' : 'binary'
  if (seen.areChances) return seen.sumToAboutOne || outputs === 1 ? 'probabilities' : 'values'
  return 'values'
}

function areClasses(data: Float64Array, from: number, to: number, outputs: number): boolean {
  for (let at = from; at < to; at++) {
    if (!(Number.isInteger(data[at]) && data[at] >= 0 && data[at] < outputs)) return false
  }
  return true
}

/** What holds of all the numbers, or of the sums of all rows. */
interface Traits {
  areBits: boolean
  sumToOne: boolean
  areChances: boolean
  sumToAboutOne: boolean
  areFinite: boolean
}

/** Takes back what does not hold of the rows `[from, to)`. */
function look(data: Float64Array, outputs: number, from: number, to: number, seen: Traits): void {
  let { sumToOne, sumToAboutOne } = seen
  let [others, beyond, infinite] = [0, 0, 0]
  for (let row = from, at = row * outputs; row < to; row++) {
    let sum = 0
    for (const end = at + outputs; at < end; at++) {
      const value = data[at]
      sum += value
      others += Number(value !== 0) & Number(value !== 1)
      beyond += 1 - (Number(value >= 0) & Number(value <= 1))
      infinite += Number(value - value !== 0)
    }
    if (sum !== 1) sumToOne = false
    if (!(Math.abs(sum - 1) <= 1e-3)) sumToAboutOne = false
  }
  seen.areBits &&= others === 0
  seen.areChances &&= beyond === 0
  seen.areFinite &&= infinite === 0
  seen.sumToOne = sumToOne
  seen.sumToAboutOne = sumToAboutOne
}

function indexShapeError(predictions: Tensor, { shape }: Tensor, { samples }: Layout): string | undefined {
  const isOneSample = predictions.shape.length === 1
  const needs = 'labelFormat "index" needs one integer per sample'
  if (shape.length === 2) return `labels[0] is an array of ${counted(shape[1], 'number')}; ${needs}`
  if (isOneSample) {
    const fits = shape.length === 0 || shape[0] === 1
    return fits
      ? undefined
      : `labels has ${counted(shape[0], 'number')}, and predictions, a plain list, is one sample; ${needs}`
  }
  if (shape.length === 0) return `labels is a bare number, and predictions has ${counted(samples, 'sample')}; ${needs}`
  return shape[0] === samples
    ? undefined
    : `labels has ${counted(shape[0], 'number')}, and predictions has ${counted(samples, 'sample')}; ${needs}`
}

function denseShapeError(spec: Spec, predictions: Tensor, labels: Tensor): string | undefined {
  const { shape } = labels
  const wanted = predictions.shape
  if (shape.length === wanted.length && shape.every((size, axis) => size === wanted[axis])) return undefined
  const isList = shape.length === 1 && wanted.length === 2 && shape[0] > 0
  const found = isList ? `labels[0] is the number ${labels.data[0]}` : `labels is ${inWords(labels)}`
  const needs =
    wanted.length === 2
      ? `one row of ${counted(wanted[1], 'number')} for each of ${counted(wanted[0], 'sample')}`
      : inWords(predictions)
  return `${found}; labelFormat "${spec.labelFormat}" needs ${needs}, the shape of predictions`
}

export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

export function inWords({ shape }: Tensor): string {
  if (shape.length === 0) return 'a bare number'
  return shape.length === 1
    ? `a list of ${counted(shape[0], 'number')}`
    : `${counted(shape[0], 'row')} of ${counted(shape[1], 'number')}`
}

export function asReceived({ data, shape, shapeError }: Tensor): number | string {
  if (shapeError !== undefined) return shapeError.path.length > 0 ? 'an array' : shapeError.received
  if (shape.length === 0) return data[0]
  return shape.length === 1
    ? `an array of ${counted(shape[0], 'number')}`
    : `an array of ${counted(shape[0], 'array')} of ${counted(shape[1], 'number')}`
}
