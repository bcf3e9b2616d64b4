import type { Spec } from './spec.ts'
import { checksPredictionRows } from './spec.ts'
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
export function checkIsNumbers(
  name: string,
  tensor: Tensor,
  errors: ValidationErrors,
  needs = 'it must be a number',
): void {
  if (tensor.names?.refusal !== undefined) throw tensor.names.refusal
  if (tensor.shapeError !== undefined) {
    const { path, detail, received } = tensor.shapeError
    refuse([name, ...path], detail, received, 'shape')
  }
  for (const { path, received } of tensor.nonNumeric) {
    errors.add(
      [name, ...path],
      `${place(name, path)} is ${foundInstead(received)}; ${needs}.`,
      received,
      'not-a-number',
    )
  }
  errors.count += tensor.nonNumericCount - tensor.nonNumeric.length
}

function foundInstead(received: string | boolean | null): string {
  if (received === null) return 'null, which many programs write for NaN'
  if (received === 'an object') return received
  return typeof received === 'string' ? 'a string' : String(received)
}

/**
 * The number of samples and outputs. A list is one sample where outputs are classes, else samples of one output.
 *
 * @throws InvalidContent, LimitExceeded for more than `maxOutputs`
 */
export function layoutOf(spec: Spec, predictions: Tensor): Layout {
  const { data, shape } = predictions
  if (shape.length === 0)
    refuse(
      ['predictions'],
      'predictions is a bare number; it must be a list of numbers or a list of rows',
      data[0],
      'shape',
    )
  if (shape[0] === 0)
    refuse(['predictions'], 'predictions is empty; it must have at least one sample', 'an empty array', 'empty')
  if (shape.length === 2) {
    if (shape[1] === 0)
      refuse(
        ['predictions', 0],
        'predictions[0] is empty; a row must have at least one number',
        'an empty array',
        'empty',
      )
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
  refuse(['baseline'], detail, asReceived(baseline), 'shape')
}

/** @throws LimitExceeded for more than `maxOutputs` */
export function checkOutputs(name: string, outputs: number): void {
  if (outputs <= maxOutputs) return
  const detail = `${outputs} numbers per row of ${name} are more than the limit maxColumns, ${maxOutputs}`
  throw new LimitExceeded('maxColumns', maxOutputs, [name], detail)
}

/** Refuses labels whose shape is not what `labelFormat` needs. */
export function checkLabelShape(spec: Spec, predictions: Tensor, labels: Tensor, layout: Layout): void {
  const wrong =
    spec.labelFormat === 'index'
      ? indexShapeError(spec, predictions, labels, layout)
      : denseShapeError(spec, predictions, labels)
  if (wrong !== undefined) refuse(['labels'], `${wrong}.`, asReceived(labels), 'shape')
}

export function checkWeightShape(name: string, weights: Tensor, length: number, each: string): void {
  if (weights.shape.length === 1 && weights.shape[0] === length) return
  refuse(
    [name],
    `${name} is ${inWords(weights)}; it must be a list with one number for each of the ${length} ${each}`,
    asReceived(weights),
    'shape',
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

function indexShapeError(
  spec: Spec,
  predictions: Tensor,
  { shape }: Tensor,
  { samples, outputs }: Layout,
): string | undefined {
  const isOneSample = predictions.shape.length === 1
  const needs = 'labelFormat "index" needs one integer per sample'
  if (shape.length === 2) return `labels[0] is an array of ${counted(shape[1], 'number')}; ${needs}`
  if (isOneSample) {
    const fits = shape.length === 0 || shape[0] === 1
    return fits
      ? undefined
      : `labels has ${counted(shape[0], 'number')}, and predictions, a flat list, is one sample; ${needs}`
  }
  if (shape.length === 0)
    return `labels is a single number, and predictions has ${counted(samples, 'sample')}; ${needs}`
  if (shape[0] === samples) return undefined
  // rows of probabilities show by their sums whether they are samples
  const mayBeTurned = shape[0] === outputs && outputs > 1 && !checksPredictionRows(spec)
  const turned = mayBeTurned ? '. If the columns of predictions are the samples, transpose it' : ''
  return `labels has ${counted(shape[0], 'number')}, and predictions has ${counted(samples, 'sample')}; ${needs}${turned}`
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
