// Fixed point of 256 bits: eight words of 32 bits, the lowest first, that count 2^-224. Nothing here is negative.
import { COARSE_POWERS, FINE_POWERS, INVERSE_FACTORIALS, LN2 } from './tables'

export const ROOM: usize = 32
const WORDS = 8
const FRACTION = 224

export const ONE = memory.data<u32>([0, 0, 0, 0, 0, 0, 0, 1])
export { LN2 }

const product = memory.data(64, 16)
const scaled = memory.data(32, 16)
const power = memory.data(32, 16)

@inline function word(at: usize, i: i32): u64 {
  return load<u32>(at + ((<usize>i) << 2))
}

@inline function setWord(at: usize, i: i32, value: u64): void {
  store<u32>(at + ((<usize>i) << 2), <u32>value)
}

export function copy(to: usize, from: usize): void {
  memory.copy(to, from, ROOM)
}

export function compare(a: usize, b: usize): i32 {
  for (let i = WORDS - 1; i >= 0; i--) {
    const left = word(a, i)
    const right = word(b, i)
    if (left != right) return left < right ? -1 : 1
  }
  return 0
}

export function add(to: usize, a: usize, b: usize): void {
  let carry: u64 = 0
  for (let i = 0; i < WORDS; i++) {
    carry += word(a, i) + word(b, i)
    setWord(to, i, carry)
    carry >>= 32
  }
}

/** a - b, for b up to a. */
export function subtract(to: usize, a: usize, b: usize): void {
  let borrow: u64 = 0
  for (let i = 0; i < WORDS; i++) {
    const difference = word(a, i) - word(b, i) - borrow
    setWord(to, i, difference)
    borrow = difference >> 63
  }
}

/** Adds to `at` the double mantissa * 2^exponent, without its bits below 2^-224; it is not negative and below 2^32. */
export function addDouble(at: usize, value: f64, exponent: i32): void {
  if (value == 0) return
  const bits = reinterpret<u64>(value)
  const biased = <i32>(bits >> 52)
  let mantissa = bits & 0x000fffffffffffff
  if (biased != 0) mantissa |= 0x0010000000000000
  let place = max(biased, 1) - 1075 + exponent + FRACTION
  if (place <= -64) return
  if (place < 0) {
    mantissa >>= <u64>-place
    place = 0
  }
  let i = place >> 5
  const shift = <u64>(place & 31)
  let carry: u64 = 0
  const low = mantissa << shift
  const high = shift == 0 ? 0 : mantissa >> (64 - shift)
  for (let part = 0; i < WORDS; i++, part++) {
    carry += word(at, i) + (part == 0 ? low & 0xffffffff : part == 1 ? low >> 32 : part == 2 ? high : 0)
    setWord(at, i, carry)
    carry >>= 32
  }
}

export function setDouble(at: usize, value: f64, exponent: i32 = 0): void {
  memory.fill(at, 0, ROOM)
  addDouble(at, value, exponent)
}

/** a * b, cut off below 2^-224; without the first `skipped` words of both. */
export function multiply(to: usize, a: usize, b: usize, skipped: i32 = 0): void {
  memory.fill(product, 0, 64)
  for (let i = skipped; i < WORDS; i++) {
    const factor = word(a, i)
    if (factor == 0) continue
    let carry: u64 = 0
    for (let j = skipped; j < WORDS; j++) {
      carry += factor * word(b, j) + word(product, i + j)
      setWord(product, i + j, carry)
      carry >>= 32
    }
    setWord(product, i + WORDS, carry)
  }
  memory.copy(to, product + 28, ROOM)
}

export function multiplyBy(to: usize, a: usize, factor: u32): void {
  let carry: u64 = 0
  for (let i = 0; i < WORDS; i++) {
    carry += word(a, i) * factor
    setWord(to, i, carry)
    carry >>= 32
  }
}

export function divideBy(at: usize, divisor: u32): void {
  let rest: u64 = 0
  for (let i = WORDS - 1; i >= 0; i--) {
    const dividend = (rest << 32) | word(at, i)
    const quotient = dividend / divisor
    setWord(at, i, quotient)
    rest = dividend - quotient * divisor
  }
}

/** a * 2^places, cut off on both sides. */
export function shift(to: usize, a: usize, places: i32): void {
  const words = places >> 5
  const rest = <u64>(places & 31)
  memory.fill(scaled, 0, ROOM)
  for (let i = 0; i < WORDS; i++) {
    const from = i - words
    const here = from >= 0 && from < WORDS ? word(a, from) : 0
    const below = from > 0 && from <= WORDS ? word(a, from - 1) : 0
    setWord(scaled, i, ((here << 32) | below) << rest >> 32)
  }
  copy(to, scaled)
}

/** The double next to a 2^exponent. This number is neither a double nor halfway between two, so what was cut off is not zero. */
export function round(a: usize, exponent: i32): f64 {
  let top = WORDS - 1
  while (top > 0 && word(a, top) == 0) top--
  const leading = (top << 5) + 31 - <i32>clz(<u32>word(a, top))
  const last = max(leading - FRACTION + exponent - 52, -1074)
  const place = last - exponent + FRACTION
  let mantissa: u64 = 0
  for (let bit = leading; bit >= place; bit--) mantissa = (mantissa << 1) | bitOf(a, bit)
  mantissa += bitOf(a, place - 1)
  if (last > 971) return Infinity
  return <f64>mantissa * reinterpret<f64>(last < -1022 ? (<u64>1) << <u64>(last + 1074) : <u64>(last + 1023) << 52)
}

function bitOf(a: usize, bit: i32): u64 {
  return bit < 0 || bit >= WORDS << 5 ? 0 : (word(a, bit >> 5) >> <u64>(bit & 31)) & 1
}

const TERMS = 15

/**
 * e^x = to * 2^k with `to` from 1 to 2 or a little beyond, within 2^-212; returns k. |x| is `size`, below 2^11. With k = floor(x / ln 2),
 * x - k ln 2 is i/64 + j/4096 + r with r below 2^-12: powers from tables, and the series of e^r up to r^15 / 15!.
 */
export function exponential(to: usize, size: usize, isNegative: bool): i32 {
  let k = <i32>((<f64>word(size, 7) + <f64>word(size, 6) / 4294967296.0) * 1.4426950408889634)
  multiplyBy(scaled, LN2, <u32>k)
  if (!isNegative) {
    if (compare(scaled, size) > 0) multiplyBy(scaled, LN2, <u32>--k)
    subtract(power, size, scaled)
  } else {
    while (compare(scaled, size) < 0) multiplyBy(scaled, LN2, <u32>++k)
    subtract(power, scaled, size)
  }
  const first = word(power, 6)
  setWord(power, 6, first & 0xfffff)
  copy(to, INVERSE_FACTORIALS + <usize>TERMS * ROOM)
  for (let n = TERMS - 1; n >= 0; n--) {
    // an error of this product is multiplied by r^n: its last 12 n bits do not matter
    multiply(to, to, power, (12 * n) >> 5)
    add(to, to, INVERSE_FACTORIALS + <usize>n * ROOM)
  }
  multiply(to, to, FINE_POWERS + <usize>((first >> 20) & 63) * ROOM)
  multiply(to, to, COARSE_POWERS + <usize>(first >> 26) * ROOM)
  return isNegative ? -k : k
}

const estimate = memory.data(32, 16)
const small = memory.data(32, 16)
const square = memory.data(32, 16)

/**
 * |log(v 2^exponent)|. The logarithm has the sign of s and is within 2^-58 of s + t. It is s + t plus the logarithm of
 * 1 + d = v 2^exponent e^-(s + t), which is d - d^2/2 + d^3/3.
 */
export function logarithm(to: usize, v: usize, exponent: i32, s: f64, t: f64): void {
  const isNegative = s < 0
  setDouble(estimate, abs(s))
  if ((t < 0) == isNegative) {
    addDouble(estimate, abs(t), 0)
  } else {
    setDouble(small, abs(t))
    subtract(estimate, estimate, small)
  }
  const k = exponential(small, estimate, !isNegative)
  shift(square, v, exponent + k)
  multiply(small, small, square)
  const isBelow = compare(small, ONE) < 0
  if (isBelow) subtract(small, ONE, small)
  else subtract(small, small, ONE)
  // d - d^2/2 + d^3/3; below 1 the two others have its sign
  multiply(square, small, small)
  multiply(power, square, small)
  divideBy(power, 3)
  shift(square, square, -1)
  add(small, small, power)
  if (isBelow) add(small, small, square)
  else subtract(small, small, square)
  if (isBelow == isNegative) add(to, estimate, small)
  else subtract(to, estimate, small)
}

/** u 2^exponent - u^2/2 + u^3/3 of it, over 2^exponent, for u 2^exponent below 2^-40: log(1 + u 2^exponent) within 2^-120 of itself. */
export function logarithmOfSmall(to: usize, u: usize, exponent: i32): void {
  shift(small, u, exponent)
  multiply(square, small, small)
  divideBy(square, 3)
  shift(small, small, -1)
  subtract(small, ONE, small)
  add(small, small, square)
  multiply(to, u, small)
}
