import type { Dyadic } from './dyadic.ts'
import { add, fromDouble, multiply, zero } from './dyadic.ts'

/*
 * Doubles of one sign and exponent are added as integers, by parts of their mantissas, in the bins of that exponent. No
 * bin reaches 2 ** 53 before it is drained, so nothing is ever rounded, and draining the bins gives one exact binary
 * fraction, whatever the order of the terms.
 */
interface Bins {
  readonly sums: Float64Array
  /** Parts per mantissa, the lowest first, and the bits of all but the last. */
  readonly parts: number
  readonly partBits: number
  /** Positive terms have the bins of their exponent, negative ones stand so many further. */
  readonly exponents: number
  /** Taken off a biased exponent gives that of the last place. */
  readonly bias: number
  readonly termsPerDrain: number
}

function binsOf(parts: number, partBits: number, exponents: number, bias: number, termsPerDrain: number): Bins {
  return { sums: new Float64Array(2 * exponents * parts), parts, partBits, exponents, bias, termsPerDrain }
}

/** For doubles: 32 bits and 21. */
const single = binsOf(2, 32, 2048, 1075, 2 ** 20)

/** For products: mantissas of 18, 18 and 17 bits give five parts, the middle one a sum of three products. */
const double = binsOf(5, 18, 4096, 2 * 1075, 2 ** 15)

/** So many terms are added one by one: their exponents may be far apart, and there is a bin for each in between. */
const fewTerms = 8

/** Sum of `values[0..count)`, exact, so the same for every order and every cut. The values must be finite. */
export function exactSum(values: Float64Array, count: number): Dyadic {
  let sum = zero
  if (count <= fewTerms) {
    for (let i = 0; i < count; i++) sum = add(sum, fromDouble(values[i]))
    return sum.mantissa === 0n ? zero : sum
  }
  const words = new Uint32Array(values.buffer, values.byteOffset, 2 * count)
  for (let from = 0; from < count; from += single.termsPerDrain) {
    sum = add(sum, sumOf(words, from, Math.min(from + single.termsPerDrain, count)))
  }
  return sum
}

/** Sum of `a[i] * b[i]` over `[0, count)`, likewise. */
export function exactSumOfProducts(a: Float64Array, b: Float64Array, count: number): Dyadic {
  let sum = zero
  if (count <= fewTerms) {
    for (let i = 0; i < count; i++) sum = add(sum, multiply(fromDouble(a[i]), fromDouble(b[i])))
    return sum.mantissa === 0n ? zero : sum
  }
  const aWords = new Uint32Array(a.buffer, a.byteOffset, 2 * count)
  const bWords = new Uint32Array(b.buffer, b.byteOffset, 2 * count)
  for (let from = 0; from < count; from += double.termsPerDrain) {
    const to = Math.min(from + double.termsPerDrain, count)
    sum = add(sum, a === b ? sumOfSquares(aWords, from, to) : sumOfProducts(aWords, bWords, from, to))
  }
  return sum
}

function sumOf(words: Uint32Array, from: number, to: number): Dyadic {
  const { sums } = single
  let lowest = 2047
  let highest = 0
  for (let i = 2 * from; i < 2 * to; i += 2) {
    const top = words[i + 1]
    const high = mantissaTop(top)
    if ((high | words[i]) === 0) continue
    const exponent = exponentOf(top)
    if (exponent < lowest) lowest = exponent
    if (exponent > highest) highest = exponent
    const at = 2 * (exponent + ((top >>> 31) << 11))
    sums[at] += words[i]
    sums[at + 1] += high
  }
  return drain(single, lowest, highest, to - from, (term) => exponentOf(words[2 * (from + term) + 1]))
}

function sumOfProducts(a: Uint32Array, b: Uint32Array, from: number, to: number): Dyadic {
  const { sums } = double
  let lowest = 4095
  let highest = 0
  for (let i = 2 * from; i < 2 * to; i += 2) {
    const aTop = mantissaTop(a[i + 1])
    const bTop = mantissaTop(b[i + 1])
    if ((aTop | a[i]) === 0 || (bTop | b[i]) === 0) continue
    const exponent = exponentOf(a[i + 1]) + exponentOf(b[i + 1])
    if (exponent < lowest) lowest = exponent
    if (exponent > highest) highest = exponent
    const a0 = a[i] & 0x3ffff
    const b0 = b[i] & 0x3ffff
    const a1 = (a[i] >>> 18) | ((aTop & 0xf) << 14)
    const b1 = (b[i] >>> 18) | ((bTop & 0xf) << 14)
    const a2 = aTop >>> 4
    const b2 = bTop >>> 4
    const at = 5 * (exponent + (((a[i + 1] ^ b[i + 1]) >>> 31) << 12))
    sums[at] += a0 * b0
    sums[at + 1] += a0 * b1 + a1 * b0
    sums[at + 2] += a0 * b2 + a1 * b1 + a2 * b0
    sums[at + 3] += a1 * b2 + a2 * b1
    sums[at + 4] += a2 * b2
  }
  const exponentAt = (term: number) => {
    const top = 2 * (from + term) + 1
    return exponentOf(a[top]) + exponentOf(b[top])
  }
  return drain(double, lowest, highest, to - from, exponentAt)
}

/** As `sumOfProducts` of the values with themselves, with one mantissa to cut instead of two and no signs. */
function sumOfSquares(words: Uint32Array, from: number, to: number): Dyadic {
  const { sums } = double
  let lowest = 4095
  let highest = 0
  for (let i = 2 * from; i < 2 * to; i += 2) {
    const low = words[i]
    const top = mantissaTop(words[i + 1])
    if ((top | low) === 0) continue
    const exponent = 2 * exponentOf(words[i + 1])
    if (exponent < lowest) lowest = exponent
    if (exponent > highest) highest = exponent
    const x0 = low & 0x3ffff
    const x1 = (low >>> 18) | ((top & 0xf) << 14)
    const x2 = top >>> 4
    const at = 5 * exponent
    sums[at] += x0 * x0
    sums[at + 1] += 2 * x0 * x1
    sums[at + 2] += 2 * x0 * x2 + x1 * x1
    sums[at + 3] += 2 * x1 * x2
    sums[at + 4] += x2 * x2
  }
  return drain(double, lowest, highest, to - from, (term) => 2 * exponentOf(words[2 * (from + term) + 1]))
}

/** The biased exponent; subnormals, of exponent 0, have the last place of exponent 1. */
function exponentOf(top: number): number {
  return Math.max((top >>> 20) & 0x7ff, 1)
}

/** The upper 21 bits of the mantissa. */
function mantissaTop(top: number): number {
  return (top & 0xfffff) | ((top & 0x7ff00000) === 0 ? 0 : 0x100000)
}

/** Bits of a limb: a digit of what is drained, of any size and sign until all bins are empty. */
const limbBits = 16
/** Limbs that make one word of an integer. */
const limbsPerWord = 4
/** Room for the bins of all exponents; all 0 between calls. */
const limbs = new Float64Array(68 * limbsPerWord)
/** The same limbs, each a digit at last, and the words that they make. */
const digits = new Uint16Array(limbs.length)
const integerWords = new BigUint64Array(digits.buffer)
const powersOfTwo = Float64Array.from({ length: limbBits }, (_, bits) => 2 ** bits)
/** Bits of the lower part of a sum. Of both parts 160 at most meet in a limb, which stays below 2 ** 53. */
const lowerBits = 27

/**
 * Empties the bins of the exponents from `lowest` to `highest` and returns what they held.
 *
 * @param exponentAt the exponent of each of so many terms, which have all been added
 */
function drain(
  bins: Bins,
  lowest: number,
  highest: number,
  terms: number,
  exponentAt: (term: number) => number,
): Dyadic {
  if (lowest > highest) return zero
  // few terms with exponents that are far apart leave most bins empty
  if (highest - lowest < terms)
    for (let exponent = lowest; exponent <= highest; exponent++) empty(bins, exponent, lowest)
  else for (let term = 0; term < terms; term++) empty(bins, exponentAt(term), lowest)
  const { parts, partBits, bias } = bins
  const mantissa = takeLimbs(Math.floor((highest - lowest + parts * partBits + lowerBits) / limbBits) + 1)
  return mantissa === 0n ? zero : { mantissa, exponent: lowest - bias }
}

/** Adds what the bins of an exponent hold to the limbs, which begin at the exponent `lowest`. */
function empty({ sums, parts, partBits, exponents }: Bins, exponent: number, lowest: number): void {
  const negative = parts * exponents
  for (let part = 0, at = parts * exponent; part < parts; part++, at++) {
    if (sums[at] === 0 && sums[at + negative] === 0) continue
    const bit = exponent - lowest + part * partBits
    const sum = sums[at] - sums[at + negative]
    sums[at] = 0
    sums[at + negative] = 0
    const upper = Math.floor(sum / 2 ** lowerBits)
    addAt(bit, sum - upper * 2 ** lowerBits)
    addAt(bit + lowerBits, upper)
  }
}

function addAt(bit: number, value: number): void {
  limbs[Math.floor(bit / limbBits)] += value * powersOfTwo[bit % limbBits]
}

/** The integer that the lowest limbs make, at least `count` of them, which are 0 afterwards. */
function takeLimbs(count: number): bigint {
  const wordCount = Math.ceil(count / limbsPerWord)
  let carry = 0
  for (let at = 0; at < wordCount * limbsPerWord; at++) {
    const limb = limbs[at] + carry
    carry = Math.floor(limb / 2 ** limbBits)
    digits[at] = limb - carry * 2 ** limbBits
    limbs[at] = 0
  }
  let mantissa = BigInt(carry)
  for (let at = wordCount - 1; at >= 0; at--) mantissa = (mantissa << wordBits) | integerWords[at]
  return mantissa
}

const wordBits = BigInt(limbsPerWord * limbBits)
