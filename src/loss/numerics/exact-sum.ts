import { instantiate } from '../web-assembly.ts'
import type { Dyadic } from './dyadic.ts'
import { add, fromDouble, multiply, zero } from './dyadic.ts'
import bytes from './exact-sum.wasm.json' with { type: 'json' }

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly VALUES: { readonly value: number }
  readonly OTHERS: { readonly value: number }
  readonly WORDS: { readonly value: number }
  readonly CAPACITY: { readonly value: number }
  readonly addValues: (count: number, squares: boolean) => void
  readonly addProducts: (count: number) => void
  readonly lowestExponent: () => number
  readonly takeSum: () => number
  readonly takeSquares: () => number
  readonly takeProducts: () => number
}

export interface Moments {
  readonly sum: Dyadic
  readonly squares: Dyadic
}

// ./assembly describes the bins and their arithmetic
const { memory, VALUES, OTHERS, WORDS, CAPACITY, addValues, addProducts, lowestExponent, ...take } = instantiate(
  bytes,
) as Exports
const capacity = CAPACITY.value
const first = new Float64Array(memory.buffer, VALUES.value, capacity)
const second = new Float64Array(memory.buffer, OTHERS.value, capacity)
const words = new BigUint64Array(memory.buffer, WORDS.value)

const bias = 1075
const wordBits = 64

/** So few are added one by one. */
const fewTerms = 8

/** Sum of `values[0..count)`, exact, so the same for every order and every cut. The values must be finite. */
export function exactSum(values: Float64Array, count: number): Dyadic {
  let sum = zero
  if (count <= fewTerms) {
    for (let i = 0; i < count; i++) sum = add(sum, fromDouble(values[i]))
    return sum.mantissa === 0n ? zero : sum
  }
  for (let from = 0; from < count; from += capacity) {
    addValues(copy(values, from, count, first), false)
    sum = add(sum, taken(take.takeSum, bias))
  }
  return sum
}

/** The same, and the sum of the squares, in one pass. */
export function exactMoments(values: Float64Array, count: number): Moments {
  if (count <= fewTerms) return { sum: exactSum(values, count), squares: exactSumOfProducts(values, values, count) }
  let sum = zero
  let squares = zero
  for (let from = 0; from < count; from += capacity) {
    addValues(copy(values, from, count, first), true)
    sum = add(sum, taken(take.takeSum, bias))
    squares = add(squares, taken(take.takeSquares, 2 * bias, 2))
  }
  return { sum, squares }
}

/** Sum of `a[i] * b[i]` over `[0, count)`, likewise. */
export function exactSumOfProducts(a: Float64Array, b: Float64Array, count: number): Dyadic {
  let sum = zero
  if (count <= fewTerms) {
    for (let i = 0; i < count; i++) sum = add(sum, multiply(fromDouble(a[i]), fromDouble(b[i])))
    return sum.mantissa === 0n ? zero : sum
  }
  for (let from = 0; from < count; from += capacity) {
    copy(a, from, count, first)
    addProducts(copy(b, from, count, second))
    sum = add(sum, taken(take.takeProducts, 2 * bias))
  }
  return sum
}

function copy(values: Float64Array, from: number, count: number, to: Float64Array): number {
  const length = Math.min(count - from, capacity)
  to.set(from === 0 && length === values.length ? values : values.subarray(from, from + length))
  return length
}

/** @param unit exponents of the terms for each of a value */
function taken(takeWords: () => number, bias: number, unit = 1): Dyadic {
  const lowest = lowestExponent()
  if (lowest === 0) return zero
  let at = takeWords() - 1
  let mantissa = BigInt.asIntN(wordBits, words[at])
  while (--at >= 0) mantissa = (mantissa << wordShift) | words[at]
  return mantissa === 0n ? zero : { mantissa, exponent: unit * lowest - bias }
}

const wordShift = BigInt(wordBits)
