import type { Faults } from './fault.ts'
import { losses } from './index.ts'
import { pathOf, place, rowPathOf } from './shape.ts'
import type { Spec } from './spec.ts'
import { checksLabelRows, checksPredictionRows } from './spec.ts'
import type { Tensor } from './tensor.ts'

/** The rows `[from, to)` of a step. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** A tensor under check, and what to say of a wrong place in it. */
export interface Subject {
  readonly name: string
  readonly tensor: Tensor
  /** Numbers per row. */
  readonly outputs: number
  readonly needs: string
}

/** Reports predictions that contradict `predictionFormat`. */
export function checkPredictions(spec: Spec, tensor: Tensor, outputs: number, span: Span, faults: Faults): void {
  const declared = `predictionFormat "${spec.predictionFormat}" needs`
  if (spec.predictionFormat === 'probabilities') {
    const known = faults.count
    const subject = { name: 'predictions', tensor, outputs, needs: `${declared} numbers from 0 to 1` }
    checkRows(subject, span, 0, 1, checksPredictionRows(spec) ? spec.rowSumTolerance : Number.POSITIVE_INFINITY, faults)
    if (faults.count > known) faults.hint(known, otherPredictionFormat(spec))
  } else {
    checkFinite({ name: 'predictions', tensor, outputs, needs: `${declared} finite numbers` }, span, faults)
  }
}

/** Reports labels of the formats `probabilities`, `binary` and `values` that contradict it. */
export function checkTargets(spec: Spec, tensor: Tensor, outputs: number, span: Span, faults: Faults): void {
  const declared = `labelFormat "${spec.labelFormat}" needs`
  if (spec.labelFormat === 'probabilities') {
    const subject = { name: 'labels', tensor, outputs, needs: `${declared} numbers from 0 to 1` }
    checkRows(subject, span, 0, 1, checksLabelRows(spec) ? spec.rowSumTolerance : Number.POSITIVE_INFINITY, faults)
  } else if (spec.labelFormat === 'values') {
    checkFinite({ name: 'labels', tensor, outputs, needs: `${declared} finite numbers` }, span, faults)
  } else {
    const subject = { name: 'labels', tensor, outputs, needs: `${declared} 0 or 1` }
    for (let at = span.from * outputs; at < span.to * outputs; at++) {
      if (tensor.data[at] !== 0 && tensor.data[at] !== 1) reportElement(subject, at, faults)
    }
  }
}

/** Reports indices that are no class, and writes the class of each row, -1 for `ignoreIndex`. */
export function readIndices(
  spec: Spec,
  tensor: Tensor,
  outputs: number,
  span: Span,
  classes: Int32Array,
  faults: Faults,
): void {
  const range = `labelFormat "index" needs an integer from 0 to ${outputs - 1}, one of the ${outputs} outputs of predictions`
  const needs = spec.ignoreIndex === undefined ? range : `${range}, or ignoreIndex ${spec.ignoreIndex}`
  const subject = { name: 'labels', tensor, outputs: 1, needs }
  const { data } = tensor
  const ignored = spec.ignoreIndex ?? Number.NaN
  for (let row = span.from; row < span.to; row++) {
    const label = data[row]
    const index = label | 0
    if (label === ignored) classes[row] = -1
    else if (index === label && index >= 0 && index < outputs) classes[row] = index
    else reportElement(subject, row, faults)
  }
}

/** Reports rows that are not one 1 among zeros, and writes the class of each row. */
export function readOneHot(tensor: Tensor, outputs: number, span: Span, classes: Int32Array, faults: Faults): void {
  const { data } = tensor
  const subject = {
    name: 'labels',
    tensor,
    outputs,
    needs: 'labelFormat "one-hot" needs one 1 and otherwise 0 in each row',
  }
  let row = readOneHotRows(data, outputs, span.from, span.to, classes)
  for (; row < span.to; row = readOneHotRows(data, outputs, row + 1, span.to, classes)) {
    const known = faults.count
    let ones = 0
    for (let at = row * outputs; at < (row + 1) * outputs; at++) {
      if (data[at] === 1) ones++
      else if (data[at] !== 0) reportElement(subject, at, faults)
    }
    if (faults.count === known) reportRow(subject, row, ones === 0 ? 'has no 1' : `has ${ones} ones`, faults)
  }
}

/** Writes the classes of rows up to the first that is not one 1 among zeros, and returns that row, or `to`. */
function readOneHotRows(data: Float64Array, outputs: number, from: number, to: number, classes: Int32Array): number {
  for (let row = from, at = row * outputs; row < to; row++) {
    let ones = 0
    let sinceOne = 0
    for (const end = at + outputs; at < end; at++) {
      const value = data[at]
      // only 0, 1 and Infinity are their own squares, and a branch that is never taken costs least
      if (value * value !== value) return row
      ones += value
      sinceOne += ones
    }
    if (ones !== 1) return row
    classes[row] = outputs - sinceOne
  }
  return to
}

/** Writes the class of the largest target of each row; the lowest index wins a tie. */
export function readLargest({ data }: Tensor, outputs: number, span: Span, classes: Int32Array): void {
  for (let row = span.from; row < span.to; row++) {
    let largest = 0
    for (let k = 1; k < outputs; k++) if (data[row * outputs + k] > data[row * outputs + largest]) largest = k
    classes[row] = largest
  }
}

/** Products of weights and their sums stay finite below this. */
export const largestWeight = 1e100

/** Reports weights that are negative or beyond `largestWeight`. */
export function checkWeights(name: string, tensor: Tensor, span: Span, faults: Faults): void {
  const subject = { name, tensor, outputs: 1, needs: `weights need numbers from 0 to ${largestWeight}` }
  checkRows(subject, span, 0, largestWeight, Number.POSITIVE_INFINITY, faults)
}

/** The sentence that names the `predictionFormat` for numbers that are no probabilities, where the loss has one. */
function otherPredictionFormat(spec: Spec): string {
  const other = losses[spec.loss].predictionFormats.find((format) => format !== 'probabilities')
  return other === undefined
    ? ''
    : ` ${other === 'logits' ? 'Logits' : 'Other numbers'} are declared with predictionFormat "${other}".`
}

function checkFinite(subject: Subject, span: Span, faults: Faults): void {
  checkRows(subject, span, -Number.MAX_VALUE, Number.MAX_VALUE, Number.POSITIVE_INFINITY, faults)
}

/** Reports numbers outside `[low, high]`, and rows of right numbers whose sum is not within `tolerance` of 1. */
function checkRows(subject: Subject, span: Span, low: number, high: number, tolerance: number, faults: Faults): void {
  const { outputs } = subject
  const { data } = subject.tensor
  let row = passRows(data, outputs, span.from, span.to, low, high, tolerance)
  for (; row < span.to; row = passRows(data, outputs, row + 1, span.to, low, high, tolerance)) {
    const known = faults.count
    let sum = 0
    for (let at = row * outputs; at < (row + 1) * outputs; at++) {
      sum += data[at]
      if (!(data[at] >= low && data[at] <= high)) reportElement(subject, at, faults)
    }
    if (faults.count > known) continue
    const needs = `rows of probabilities sum to 1 within rowSumTolerance ${tolerance}`
    reportRow({ ...subject, needs }, row, `sums to ${sum}`, faults)
  }
}

/** The loop over all numbers: the first row with something to report, or `to`. It calls nothing, so it stays fast. */
function passRows(
  data: Float64Array,
  outputs: number,
  from: number,
  to: number,
  low: number,
  high: number,
  tolerance: number,
): number {
  for (let row = from, at = row * outputs; row < to; row++) {
    let sum = 0
    for (const end = at + outputs; at < end; at++) {
      const value = data[at]
      if (!(value >= low && value <= high)) return row
      sum += value
    }
    if (!(Math.abs(sum - 1) <= tolerance)) return row
  }
  return to
}

function reportElement({ name, tensor, needs }: Subject, at: number, faults: Faults): void {
  if (faults.full) {
    faults.count++
    return
  }
  const path = pathOf(tensor.shape, at)
  faults.add([name, ...path], `${place(name, path)} is ${tensor.data[at]}; ${needs}.`, tensor.data[at])
}

function reportRow({ name, tensor, outputs, needs }: Subject, row: number, found: string, faults: Faults): void {
  if (faults.full) {
    faults.count++
    return
  }
  const path = rowPathOf(tensor, row)
  faults.add([name, ...path], `${place(name, path)} ${found}; ${needs}.`, `an array of ${outputs} numbers`)
}
