// Exact sums. Doubles of one exponent are added as integers, by parts of their mantissas, in the bins of that exponent, so
// nothing is ever rounded. Emptying the bins gives one integer, the sum in units of the last place of the lowest exponent.

export const CAPACITY: i32 = 4096
export const VALUES: usize = 1024
export const OTHERS: usize = VALUES + ((<usize>CAPACITY) << 3)

/** The integer, lowest word first, in two's complement. */
export const WORDS: usize = OTHERS + ((<usize>CAPACITY) << 3)
const WORD_CAPACITY: usize = 72
const DIGITS: usize = WORDS + (WORD_CAPACITY << 3)

// Eight 64-bit integers for each exponent: the sum, three parts of the products, and what was carried out of each.
const SINGLES: usize = DIGITS + (WORD_CAPACITY << 4)
const PRODUCTS: usize = SINGLES + (2048 << 6)
const UPPER: usize = 32

/** Of a mantissa the lower part; the upper one has a bit less. */
const PART: u64 = 27
const LOW: u64 = (1 << 27) - 1
/** No part of a product has more than 54 bits: so many fit into 63, with what is left from before. */
const TERMS_PER_CARRY: usize = 512

/** The exponents of the terms that were added last, zeros left out. */
let lowest: i32 = 0
let highest: i32 = 0
const NO_LOWEST: i32 = 4095

/** 1 for subnormal doubles, whose last place is that of the smallest normal ones. */
@inline function exponentOf(bits: u64): i32 {
  return max(<i32>(bits >> 52) & 0x7ff, 1)
}

@inline function mantissaOf(bits: u64): u64 {
  return (bits & 0xfffffffffffff) | ((<u64>((bits & 0x7ff0000000000000) != 0)) << 52)
}

@inline function addTo(address: usize, value: i64): void {
  store<i64>(address, load<i64>(address) + value)
}

function carry(bins: usize, from: i32, to: i32): void {
  const low = i64x2.splat(0xffffffff)
  for (let at = bins + ((<usize>from) << 6); at <= bins + ((<usize>to) << 6); at += 64) {
    for (let pair: usize = 0; pair < UPPER; pair += 16) {
      const sums = v128.load(at + pair)
      v128.store(at + pair + UPPER, i64x2.add(v128.load(at + pair + UPPER), i64x2.shr_s(sums, 32)))
      v128.store(at + pair, v128.and(sums, low))
    }
  }
}

export function addValues(count: i32, squares: bool): void {
  let from = NO_LOWEST
  let to = 0
  const end = VALUES + ((<usize>count) << 3)
  for (let at = VALUES; at < end; ) {
    const pause = min(end, at + (TERMS_PER_CARRY << 3))
    for (; at < pause; at += 8) {
      const bits = load<u64>(at)
      const mantissa = mantissaOf(bits)
      if (mantissa == 0) continue
      const exponent = exponentOf(bits)
      from = min(from, exponent)
      to = max(to, exponent)
      const bin = SINGLES + ((<usize>exponent) << 6)
      const sign = <i64>bits >> 63
      addTo(bin, (<i64>mantissa ^ sign) - sign)
      if (!squares) continue
      const lower = mantissa & LOW
      const upper = mantissa >> PART
      addTo(bin + 8, lower * lower)
      addTo(bin + 16, (lower * upper) << 1)
      addTo(bin + 24, upper * upper)
    }
    carry(SINGLES, from, to)
  }
  lowest = from
  highest = to
}

export function addProducts(count: i32): void {
  let from = NO_LOWEST
  let to = 0
  const end = VALUES + ((<usize>count) << 3)
  for (let at = VALUES; at < end; ) {
    const pause = min(end, at + (TERMS_PER_CARRY << 3))
    for (; at < pause; at += 8) {
      const a = load<u64>(at)
      const b = load<u64>(at + (OTHERS - VALUES))
      const aMantissa = mantissaOf(a)
      const bMantissa = mantissaOf(b)
      if (aMantissa == 0 || bMantissa == 0) continue
      const exponent = exponentOf(a) + exponentOf(b)
      from = min(from, exponent)
      to = max(to, exponent)
      const bin = PRODUCTS + ((<usize>exponent) << 6)
      const sign = <i64>(a ^ b) >> 63
      const aLower = aMantissa & LOW
      const aUpper = aMantissa >> PART
      const bLower = bMantissa & LOW
      const bUpper = bMantissa >> PART
      addTo(bin + 8, (<i64>(aLower * bLower) ^ sign) - sign)
      addTo(bin + 16, (<i64>(aLower * bUpper + aUpper * bLower) ^ sign) - sign)
      addTo(bin + 24, (<i64>(aUpper * bUpper) ^ sign) - sign)
    }
    carry(PRODUCTS, from, to)
  }
  lowest = from
  highest = to
}

export function lowestExponent(): i32 {
  return highest == 0 ? 0 : lowest
}

/** Empties the sum of the values into the words, and returns how many these are. */
export function takeSum(): i32 {
  for (let exponent = lowest; exponent <= highest; exponent++) {
    take(SINGLES + ((<usize>exponent) << 6), exponent - lowest)
  }
  return takeWords(highest - lowest + 53)
}

/** Likewise the sum of their squares, whose unit is the square of that of the sum. */
export function takeSquares(): i32 {
  for (let exponent = lowest; exponent <= highest; exponent++) {
    takeParts(SINGLES + ((<usize>exponent) << 6), 2 * (exponent - lowest))
  }
  return takeWords(2 * (highest - lowest) + 106)
}

export function takeProducts(): i32 {
  for (let exponent = lowest; exponent <= highest; exponent++) {
    takeParts(PRODUCTS + ((<usize>exponent) << 6), exponent - lowest)
  }
  return takeWords(highest - lowest + 106)
}

@inline function takeParts(bin: usize, bit: i32): void {
  take(bin + 8, bit)
  take(bin + 16, bit + <i32>PART)
  take(bin + 24, bit + 2 * <i32>PART)
}

/** Adds what a bin holds to the digits from a bit on. */
@inline function take(bin: usize, bit: i32): void {
  const lower = load<i64>(bin)
  const upper = load<i64>(bin + UPPER)
  if ((lower | upper) == 0) return
  addAt(bit, lower)
  addAt(bit + 32, upper)
  store<i64>(bin, 0)
  store<i64>(bin + UPPER, 0)
}

/** Digits have 32 bits, with room above for many that meet, until they are carried. */
@inline function addAt(bit: i32, value: i64): void {
  const digit = DIGITS + ((<usize>(bit >> 5)) << 3)
  const shift = <i64>(bit & 31)
  const lower = (<u64>value & 0xffffffff) << shift
  addTo(digit, lower & 0xffffffff)
  addTo(digit + 8, (lower >> 32) + ((value >> 32) << shift))
}

function takeWords(bits: i32): i32 {
  const words = ((bits + 16) >> 6) + 1
  let carried: i64 = 0
  for (let at: usize = 0; at < (<usize>words) << 1; at++) {
    const digit = load<i64>(DIGITS + (at << 3)) + carried
    store<i64>(DIGITS + (at << 3), 0)
    store<u32>(WORDS + (at << 2), <u32>digit)
    carried = digit >> 32
  }
  return words
}
