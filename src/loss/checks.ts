import type { ErrorCode } from './error-codes.ts'
import { losses } from './kernels/index.ts'
import type { Loss } from './kernels/loss.ts'
import { exponential } from './numerics/elementary/elementary.ts'
import { counted, pathOf, place, rowPathOf } from './shape.ts'
import type { Spec } from './spec.ts'
import { checksLabelRows, checksPredictionRows } from './spec.ts'
import { isSurveyed, readOnes, surveyRows } from './survey/survey.ts'
import type { Doubles } from './tensor.ts'
import type { ValidationErrors } from './validation-errors.ts'

export interface RowRange {
  readonly from: number
  readonly to: number
}

/** A tensor under check, and what to say of a wrong place in it. */
export interface CheckedTensor {
  readonly name: string
  readonly tensor: Doubles
  readonly outputs: number
  readonly needs: () => string
}

/** Reports predictions, or those of a baseline, that contradict `predictionFormat`. @param largest receives the place of the largest of each row */
export function checkPredictions(
  spec: Spec,
  tensor: Doubles,
  outputs: number,
  range: RowRange,
  errors: ValidationErrors,
  largest?: Int32Array,
  name: 'predictions' | 'baseline' = 'predictions',
): void {
  const declared = () => `predictionFormat "${spec.predictionFormat}" needs`
  if (spec.predictionFormat === 'probabilities') {
    const checked = { name, tensor, outputs, needs: () => `${declared()} numbers from 0 to 1` }
    const tolerance = checksPredictionRows(spec) ? spec.rowSumTolerance : Number.POSITIVE_INFINITY
    checkRows(checked, range, 0, 1, tolerance, errors, largest)
  } else if (spec.predictionFormat === 'log-probabilities') {
    const checked = { name, tensor, outputs, needs: () => `${declared()} finite numbers <= 0` }
    checkRows(checked, range, -Number.MAX_VALUE, 0, Number.POSITIVE_INFINITY, errors, largest)
    if (checksPredictionRows(spec)) checkLogRows(checked, range, spec.rowSumTolerance, errors)
  } else {
    checkFinite({ name, tensor, outputs, needs: () => `${declared()} finite numbers` }, range, errors, largest)
  }
}

export function checkTargets(
  spec: Spec,
  tensor: Doubles,
  outputs: number,
  range: RowRange,
  errors: ValidationErrors,
): void {
  const declared = () => `labelFormat "${spec.labelFormat}" needs`
  if (spec.labelFormat === 'probabilities') {
    const checked = { name: 'labels', tensor, outputs, needs: () => `${declared()} numbers from 0 to 1` }
    checkRows(checked, range, 0, 1, checksLabelRows(spec) ? spec.rowSumTolerance : Number.POSITIVE_INFINITY, errors)
  } else if (spec.labelFormat === 'values') {
    checkFinite({ name: 'labels', tensor, outputs, needs: () => `${declared()} finite numbers` }, range, errors)
  } else {
    const checked = { name: 'labels', tensor, outputs, needs: () => `${declared()} 0 or 1` }
    let left = countNoBits(tensor.data, range.from * outputs, range.to * outputs)
    for (let at = range.from * outputs; left > 0 && !errors.full; at++) {
      if (isBit(tensor.data[at])) continue
      reportElement(checked, at, errors)
      left--
    }
    errors.count += left
  }
}

export function hasDomain(spec: Spec): boolean {
  const loss: Loss = losses[spec.loss]
  return loss.domain !== undefined
}

/** Reports finite numbers that the loss is not defined for. */
export function checkDomain(
  spec: Spec,
  name: 'predictions' | 'baseline' | 'labels',
  tensor: Doubles,
  outputs: number,
  range: RowRange,
  errors: ValidationErrors,
): void {
  const loss: Loss = losses[spec.loss]
  const domain = loss.domain?.(spec)[name === 'labels' ? 'labels' : 'predictions']
  if (domain === undefined) return
  const { holds, needs } = domain
  const checked = { name, tensor, outputs, needs: () => needs }
  for (let at = range.from * outputs; at < range.to * outputs; at++) {
    if (Number.isFinite(tensor.data[at]) && !holds(tensor.data[at])) reportElement(checked, at, errors)
  }
}

/** Reports indices that are no class, and writes the class of each row, -1 for `ignoreIndex`. */
export function readIndices(
  spec: Spec,
  tensor: Doubles,
  outputs: number,
  range: RowRange,
  classes: Int32Array,
  errors: ValidationErrors,
): void {
  const needs = () => {
    const allowed = `labelFormat "index" needs an integer from 0 to ${outputs - 1}, one of the ${counted(outputs, 'output')} of predictions`
    return spec.ignoreIndex === undefined ? allowed : `${allowed}, or ignoreIndex ${spec.ignoreIndex}`
  }
  const checked = { name: 'labels', tensor, outputs: 1, needs }
  const { data } = tensor
  const ignored = spec.ignoreIndex ?? Number.NaN
  let wrong = 0
  for (let row = range.from; row < range.to; row++) {
    const label = data[row]
    const index = label | 0
    if (label === ignored) classes[row] = -1
    else if (index === label && index >= 0 && index < outputs) classes[row] = index
    else if (errors.full) wrong++
    else reportElement(checked, row, errors)
  }
  errors.count += wrong
}

export function readOneHot(
  tensor: Doubles,
  outputs: number,
  range: RowRange,
  classes: Int32Array,
  errors: ValidationErrors,
): void {
  const { data } = tensor
  const checked = {
    name: 'labels',
    tensor,
    outputs,
    needs: () => 'labelFormat "one-hot" needs exactly one 1 and all others 0 in each row',
  }
  const readRows = isSurveyed(range.to - range.from, outputs) ? readOnes : readOneHotRows
  let row = readRows(data, outputs, range.from, range.to, classes)
  for (; row < range.to && !errors.full; row = readRows(data, outputs, row + 1, range.to, classes)) {
    const known = errors.count
    let ones = 0
    for (let at = row * outputs; at < (row + 1) * outputs; at++) {
      if (data[at] === 1) ones++
      else if (data[at] !== 0) reportElement(checked, at, errors)
    }
    if (errors.count === known)
      reportRow(checked, row, ones === 0 ? 'has no 1' : `has ${ones} ones`, 'not-one-hot', errors)
  }
  errors.count += countNoOneHot(data, outputs, row, range.to)
}

/** Writes the classes of rows up to the first that is not one 1 among zeros, and returns that row, or `to`. */
function readOneHotRows(data: Float64Array, outputs: number, from: number, to: number, classes: Int32Array): number {
  for (let row = from, at = row * outputs; row < to; row++) {
    let ones = 0
    let sinceOne = 0
    for (const end = at + outputs; at < end; at++) {
      const value = data[at]
      // only 0, 1 and Infinity are their own squares
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
export function readLargest({ data }: Doubles, outputs: number, range: RowRange, classes: Int32Array): void {
  for (let row = range.from; row < range.to; row++) {
    let largest = 0
    for (let k = 1; k < outputs; k++) if (data[row * outputs + k] > data[row * outputs + largest]) largest = k
    classes[row] = largest
  }
}

/** Products of weights and their sums stay finite below this. */
export const largestWeight = 1e100

export function checkWeights(name: string, tensor: Doubles, range: RowRange, errors: ValidationErrors): void {
  const checked = { name, tensor, outputs: 1, needs: () => `weights must be numbers from 0 to ${largestWeight}` }
  checkRows(checked, range, 0, largestWeight, Number.POSITIVE_INFINITY, errors)
}

function checkFinite(checked: CheckedTensor, range: RowRange, errors: ValidationErrors, largest?: Int32Array): void {
  checkRows(checked, range, -Number.MAX_VALUE, Number.MAX_VALUE, Number.POSITIVE_INFINITY, errors, largest)
}

/** Reports numbers outside `[low, high]`, and rows of right numbers whose sum is not within `tolerance` of 1. */
function checkRows(
  checked: CheckedTensor,
  range: RowRange,
  low: number,
  high: number,
  tolerance: number,
  errors: ValidationErrors,
  largest?: Int32Array,
): void {
  const { outputs } = checked
  const { data } = checked.tensor
  if (largest && surveyRows(data, outputs, range.from, range.to, low, high, tolerance, largest)) return
  let row = passRows(data, outputs, range.from, range.to, low, high, tolerance)
  for (; row < range.to && !errors.full; row = passRows(data, outputs, row + 1, range.to, low, high, tolerance)) {
    const known = errors.count
    let sum = 0
    for (let at = row * outputs; at < (row + 1) * outputs; at++) {
      sum += data[at]
      if (!(data[at] >= low && data[at] <= high)) reportElement(checked, at, errors)
    }
    if (errors.count > known) continue
    reportRow({ ...checked, needs: () => rowSumNeeds(tolerance) }, row, `sums to ${sum}`, 'row-sum', errors)
  }
  errors.count += countWrong(data, outputs, row, range.to, low, high, tolerance)
}

function rowSumNeeds(tolerance: number): string {
  return `rows of probabilities sum to 1 within rowSumTolerance ${tolerance}`
}

function checkLogRows(checked: CheckedTensor, range: RowRange, tolerance: number, errors: ValidationErrors): void {
  const { outputs } = checked
  const { data } = checked.tensor
  for (let row = range.from; row < range.to; row++) {
    let sum = 0
    let wrong = 0
    for (let at = row * outputs; at < (row + 1) * outputs; at++) {
      sum += exponential(data[at])
      wrong += 1 - (Number(data[at] >= -Number.MAX_VALUE) & Number(data[at] <= 0))
    }
    if (wrong > 0 || Math.abs(sum - 1) <= tolerance) continue
    if (errors.full) errors.count++
    else
      reportRow(
        { ...checked, needs: () => rowSumNeeds(tolerance) },
        row,
        `holds log-probabilities whose probabilities sum to ${sum}`,
        'row-sum',
        errors,
      )
  }
}

/** The first row with something to report, or `to`. */
function passRows(
  data: Float64Array,
  outputs: number,
  from: number,
  to: number,
  low: number,
  high: number,
  tolerance: number,
): number {
  // without sums to check, rows of one number would cost twice as much as the numbers
  if (tolerance === Number.POSITIVE_INFINITY)
    return Math.floor(passNumbers(data, from * outputs, to * outputs, low, high) / outputs)
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

function countWrong(
  data: Float64Array,
  outputs: number,
  from: number,
  to: number,
  low: number,
  high: number,
  tolerance: number,
): number {
  if (tolerance === Number.POSITIVE_INFINITY) return countOutside(data, from * outputs, to * outputs, low, high)
  let count = 0
  for (let row = from, at = row * outputs; row < to; row++) {
    let sum = 0
    let wrong = 0
    for (const end = at + outputs; at < end; at++) {
      const value = data[at]
      // without a branch
      wrong += 1 - (Number(value >= low) & Number(value <= high))
      sum += value
    }
    if (wrong > 0) count += wrong
    else if (!(Math.abs(sum - 1) <= tolerance)) count++
  }
  return count
}

/** The first number outside `[low, high]`, or `to`. */
function passNumbers(data: Float64Array, from: number, to: number, low: number, high: number): number {
  let at = from
  while (at < to && data[at] >= low && data[at] <= high) at++
  return at
}

function countOutside(data: Float64Array, from: number, to: number, low: number, high: number): number {
  let count = 0
  for (let at = from; at < to; at++) count += 1 - (Number(data[at] >= low) & Number(data[at] <= high))
  return count
}

function countNoOneHot(data: Float64Array, outputs: number, from: number, to: number): number {
  let count = 0
  for (let row = from; row < to; row++) {
    const wrong = countNoBits(data, row * outputs, (row + 1) * outputs)
    if (wrong > 0) {
      count += wrong
      continue
    }
    let ones = 0
    for (let at = row * outputs; at < (row + 1) * outputs; at++) ones += data[at]
    if (ones !== 1) count++
  }
  return count
}

function countNoBits(data: Float64Array, from: number, to: number): number {
  let count = 0
  for (let at = from; at < to; at++) {
    const value = data[at]
    // 0 for 0 and 1 only
    count += Number(value * (value - 1) !== 0)
  }
  return count
}

function isBit(value: number): boolean {
  return value === 0 || value === 1
}

function reportElement({ name, tensor, needs }: CheckedTensor, at: number, errors: ValidationErrors): void {
  if (errors.full) {
    errors.count++
    return
  }
  const path = pathOf(tensor.shape, (tensor.start ?? 0) + at)
  const value = tensor.data[at]
  const code = Number.isFinite(value) ? 'out-of-range' : 'not-finite'
  errors.add([name, ...path], `${place(name, path)} is ${value}; ${needs()}.`, value, code)
}

function reportRow(
  { name, tensor, outputs, needs }: CheckedTensor,
  row: number,
  found: string,
  code: ErrorCode,
  errors: ValidationErrors,
): void {
  const path = rowPathOf(tensor, (tensor.start ?? 0) / outputs + row)
  const received = `an array of ${counted(outputs, 'number')}`
  errors.add([name, ...path], `${place(name, path)} ${found}; ${needs()}.`, received, code)
}
