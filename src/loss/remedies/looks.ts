import type { Numbers } from '../numbers.ts'
import { widened } from '../numbers.ts'
import { exponential } from '../numerics/elementary/elementary.ts'
import type { Tensor } from '../tensor.ts'

/** Numbers that are looked at in a step. */
const numbersPerStep = 2 ** 16

/** What fewer rows have in common may be an accident. */
export const fewRows = 16

/** What holds of all numbers of a tensor, and of the sums of its rows. */
export interface Look {
  least: number
  most: number
  isFinite: boolean
  leastSum: number
  mostSum: number
}

/** Looks at every number once, step by step, as far as the first that is not finite. */
export function* lookAt({ data }: Tensor, outputs: number): Generator<void, Look> {
  const look: Look = {
    least: Number.POSITIVE_INFINITY,
    most: Number.NEGATIVE_INFINITY,
    isFinite: true,
    leastSum: Number.POSITIVE_INFINITY,
    mostSum: Number.NEGATIVE_INFINITY,
  }
  yield* inSteps(data, outputs, (rows) => {
    lookAtRows(rows, outputs, look)
    return look.isFinite
  })
  return look
}

/** The least and the largest sum of the exponentials of a row, or of what they are divided by, step by step. */
export function* sumsOfExponentials(
  { data }: Tensor,
  outputs: number,
  sign: 1 | -1,
): Generator<void, Pick<Look, 'leastSum' | 'mostSum'>> {
  let [leastSum, mostSum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  yield* inSteps(data, outputs, (rows) => {
    for (let at = 0; at < rows.length; ) {
      let sum = 0
      for (const end = at + outputs; at < end; at++) sum += exponential(sign * rows[at])
      leastSum = Math.min(leastSum, sum)
      mostSum = Math.max(mostSum, sum)
    }
    // rows that are not distributions so far will not become some
    return leastSum > 0.5 && mostSum < 2
  })
  return { leastSum, mostSum }
}

/** Digits after the point that rounded numbers may have. */
const mostDigits = 4
/** How far a number of float32 may be from one of few digits, in units of the last of them. */
const inexact = 1e-3

/** What rounding took from a number at most, by the digits that all of them have; 0 where they have many. Step by step. */
export function* roundingOf({ data }: Tensor, outputs: number): Generator<void, number> {
  let digits = 0
  yield* inSteps(data, outputs, (rows) => {
    for (let at = 0; at < rows.length && digits <= mostDigits; ) {
      const units = rows[at] * 10 ** digits
      if (Math.abs(units - Math.round(units)) <= inexact) at++
      else digits++
    }
    return digits <= mostDigits
  })
  return digits <= mostDigits ? 10 ** -digits / 2 : 0
}

/** Whether a number is among those of a tensor; step by step, as far as the first. */
export function* holds({ data }: Tensor, number: number): Generator<void, boolean> {
  let isFound = false
  yield* inSteps(data, 1, (rows) => {
    isFound = rows.includes(number)
    return !isFound
  })
  return isFound
}

/** What holds of all labels as classes. */
export interface ClassLook {
  least: number
  most: number
  areIntegers: boolean
  /** The one value outside of 0 .. K - 1; NaN for none, Infinity for several. */
  other: number
}

/** Looks at labels as classes, step by step, as far as the first that is not an integer. */
export function* lookAtClasses({ data }: Tensor, outputs: number): Generator<void, ClassLook> {
  const look: ClassLook = {
    least: Number.POSITIVE_INFINITY,
    most: Number.NEGATIVE_INFINITY,
    areIntegers: true,
    other: Number.NaN,
  }
  yield* inSteps(data, 1, (rows) => {
    for (let at = 0; at < rows.length; at++) {
      const label = rows[at]
      if (!Number.isInteger(label)) {
        look.areIntegers = false
        return false
      }
      if (label < look.least) look.least = label
      if (label > look.most) look.most = label
      if (label < 0 || label >= outputs) {
        look.other = Number.isNaN(look.other) || look.other === label ? label : Number.POSITIVE_INFINITY
      }
    }
    return true
  })
  return look
}

/** @param see gets some rows, and returns whether to go on */
function* inSteps(data: Numbers, outputs: number, see: (rows: Float64Array) => boolean): Generator<void, void> {
  const rows = data.length / outputs
  const step = Math.max(1, Math.floor(numbersPerStep / outputs))
  for (let from = 0; from < rows; from += step) {
    if (!see(widened(data, from * outputs, Math.min(from + step, rows) * outputs))) return
    yield
  }
}

function lookAtRows(data: Float64Array, outputs: number, look: Look): void {
  let { least, most, leastSum, mostSum } = look
  for (let at = 0; at < data.length; ) {
    let sum = 0
    for (const end = at + outputs; at < end; at++) {
      const value = data[at]
      sum += value
      if (value < least) least = value
      if (value > most) most = value
    }
    if (sum < leastSum) leastSum = sum
    if (sum > mostSum) mostSum = sum
    // a sum with NaN or Infinity in it is neither finite nor in any order
    if (sum - sum !== 0) look.isFinite = false
  }
  Object.assign(look, { least, most, leastSum, mostSum })
}
