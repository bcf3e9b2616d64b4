import { pathOf, place } from '../loss/shape.ts'
import type { Doubles } from '../loss/tensor.ts'
import { refuse } from '../loss/validation-errors.ts'
import { KIND_FALSE, KIND_TRUE } from '../scanner/layout.ts'
import type { Datatype } from './datatypes.ts'
import { arrays } from './datatypes.ts'

const numbersPerStep = 2 ** 16

/**
 * The numbers of an input that stands in JSON, in its shape and as its datatype has them, step by step: floats are rounded to
 * it, integers and truth values must be such.
 *
 * @param data a list or rows of as many numbers as the shape has, which change
 * @throws InvalidContent for the first one that the datatype does not have
 */
export function* typedData(
  name: string,
  shape: readonly number[],
  datatype: Datatype | 'BYTES',
  { data, nonNumeric, names, ...rest }: Doubles,
): Generator<void, Doubles> {
  const isBool = datatype === 'BOOL'
  for (let from = 0; from < data.length; from += numbersPerStep) {
    const misfit = fit(datatype, data.subarray(from, from + numbersPerStep))
    if (misfit >= 0) {
      const path = pathOf(shape, from + misfit)
      const value = data[from + misfit]
      const received = Number.isNaN(value) ? 'no truth value' : String(value)
      refuse(
        [name, ...path],
        `${place(name, path)} is ${received}; ${datatype} has ${held(datatype)}`,
        received,
        'out-of-range',
      )
    }
    yield
  }
  if (isBool) return { ...rest, data, shape, nonNumeric: [], nonNumericCount: 0 }
  const isFlat = shape.length === 2 && rest.shape.length === 1
  const placed = nonNumeric.map(({ path, received }) => ({ path: isFlat ? pathOf(shape, path[0]) : path, received }))
  // only texts may be names
  return { ...rest, data, shape, nonNumeric: placed, names: datatype === 'BYTES' ? names : undefined }
}

function fit(datatype: Datatype | 'BYTES', numbers: Float64Array): number {
  switch (datatype) {
    case 'FP64':
      return -1
    case 'BYTES':
      return firstNumber(numbers)
    case 'BOOL':
      return fitTruth(numbers)
    case 'INT64':
      return fitIntegers(numbers, -(2 ** 63), 2 ** 63)
    case 'UINT64':
      return fitIntegers(numbers, 0, 2 ** 64)
    default: {
      const typed = new arrays[datatype](numbers)
      const isFloat = datatype.startsWith('FP')
      const misfit = isFloat ? firstTooLarge(numbers, typed) : firstOther(numbers, typed)
      if (isFloat && misfit < 0) numbers.set(typed)
      return misfit
    }
  }
}

// elements that are not numbers are refused later, all together; and a callback would get a new object for each number

function fitIntegers(numbers: Float64Array, least: number, end: number): number {
  for (let at = 0; at < numbers.length; at++) {
    const value = numbers[at]
    const isInteger = Math.trunc(value) === value && value >= least && value < end
    if (!isInteger && !Number.isNaN(value)) return at
  }
  return -1
}

function firstNumber(numbers: Float64Array): number {
  for (let at = 0; at < numbers.length; at++) if (!Number.isNaN(numbers[at])) return at
  return -1
}

function firstTooLarge(numbers: Float64Array, typed: ArrayLike<number | bigint>): number {
  for (let at = 0; at < numbers.length; at++) if (Number.isFinite(numbers[at]) && !Number.isFinite(typed[at])) return at
  return -1
}

function firstOther(numbers: Float64Array, typed: ArrayLike<number | bigint>): number {
  for (let at = 0; at < numbers.length; at++) if (typed[at] !== numbers[at] && !Number.isNaN(numbers[at])) return at
  return -1
}

function fitTruth(numbers: Float64Array): number {
  const words = new Uint32Array(numbers.buffer, numbers.byteOffset, 2 * numbers.length)
  for (let at = 0; at < numbers.length; at++) {
    const value = numbers[at]
    if (value === 0 || value === 1) continue
    const kind = Number.isNaN(value) ? words[2 * at] : undefined
    if (kind !== KIND_TRUE && kind !== KIND_FALSE) return at
    numbers[at] = kind === KIND_TRUE ? 1 : 0
  }
  return -1
}

function held(datatype: Datatype | 'BYTES'): string {
  if (datatype === 'BYTES') return 'texts'
  if (datatype === 'BOOL') return 'true or false, or 1 or 0'
  return datatype.startsWith('FP') ? 'no number as large' : 'integers of its range'
}
