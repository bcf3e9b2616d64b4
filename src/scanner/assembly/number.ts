import { decimal, product, quotient, smallProduct } from './decimal'

// Number(text) of the host, for the rare decimal that 19 digits cannot decide.
@external('host', 'exact')
declare function exact(from: usize, to: usize): f64

const TENS = memory.data<u64>([
  1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000, 1000000000000,
  10000000000000, 100000000000000, 1000000000000000,
])

/** From the n-th on, what moves the first n of sixteen bytes to the end, and zeros before them. */
const TO_THE_RIGHT = memory.data<u8>([
  0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
  10, 11, 12, 13, 14, 15,
])

const ZEROS: u64 = 0x3030303030303030

/** Where the last refused number was wrong. */
export let wrongAt: usize = 0

/** The high bit of each byte that is no digit; exact up to the lowest one, which is the first in memory. */
@inline function others(bytes: u64): u64 {
  return ((bytes + 0x4646464646464646) | (bytes - ZEROS)) & 0x8080808080808080
}

/** The number that eight digits (0 to 9, not ASCII) spell, the first in the lowest byte. */
@inline function eight(digits: u64): u64 {
  const pairs = digits * 10 + (digits >> 8)
  const outer = (pairs & 0x000000ff000000ff) * 0x000f424000000064
  const inner = ((pairs >> 16) & 0x000000ff000000ff) * 0x0000271000000001
  return (outer + inner) >> 32
}

/** Sixteen bytes less that of 0. */
@inline function digitsAt(p: usize): v128 {
  return i8x16.sub(v128.load(p), i8x16.splat(0x30))
}

/** A bit for each of sixteen that is no digit. Whether there is one is soon foretold: nearly all numbers of a body are alike. */
@inline function otherBits(digits: v128): i32 {
  return i8x16.bitmask(i8x16.gt_u(digits, i8x16.splat(9)))
}

/** The number that sixteen digits spell: pairs, then fours of 100 and 1, then eights of 10,000 and 1. */
@inline function sixteen(digits: v128): u64 {
  const pairs = i16x8.add(i16x8.mul(v128.and(digits, i16x8.splat(0xff)), i16x8.splat(10)), i16x8.shr_u(digits, 8))
  const fours = i32x4.dot_i16x8_s(pairs, i32x4.splat(0x10064))
  const eights = i32x4.dot_i16x8_s(i16x8.narrow_i32x4_s(fours, fours), i32x4.splat(0x12710))
  const both = <u64>i64x2.extract_lane(eights, 0)
  return (both & 0xffffffff) * 100000000 + (both >> 32)
}

/** The number that the first `count` of sixteen digits spell. */
@inline function first(count: usize, digits: v128): u64 {
  return sixteen(i8x16.swizzle(digits, v128.load(TO_THE_RIGHT + count)))
}

/** w, followed by the digits before the first byte that is none. There need not be any. */
@inline function withRest(w: u64, bytes: u64, mask: u64): u64 {
  const bits = ctz(mask) & 0x38
  // In two steps, for a shift by 64 would be none.
  return w * load<u64>(TENS + <usize>bits) + eight(((bytes - ZEROS) << (56 - bits)) << 8)
}

/**
 * Stores a number that begins with `0.` at p and returns the position behind it; 0 for one that takes a closer look, or is none.
 * Most numbers are probabilities written like this, and nothing else is asked of them here.
 */
@inline export function belowOne(p: usize, out: usize): usize {
  if (load<u16>(p) != 0x2e30) return 0
  p += 2
  const decimals = digitsAt(p)
  const bits = otherBits(decimals)
  let value: f64
  if (bits != 0) {
    const count = <usize>ctz(bits)
    if (count == 0) return 0
    value = quotient(first(count, decimals), count)
    p += count
  } else {
    const bytes = load<u64>(p + 16)
    const mask = others(bytes)
    const more = <i32>(ctz(mask) >> 3)
    const zeros = ctz(i8x16.bitmask(i8x16.ne(decimals, i8x16.splat(0))))
    // more than 19 digits, without the zeros before them, or a whole word of more
    if (mask == 0 || more > zeros + 3) return 0
    value = smallProduct(withRest(sixteen(decimals), bytes, mask), -16 - more)
    p += 16 + <usize>more
  }
  if ((load<u8>(p) | 0x20) == 0x65) return 0
  store<f64>(out, value)
  return p
}

/**
 * Stores the number that begins at p and returns the position behind it, 0 if it is none (see `wrongAt`). It reads on
 * until a byte that cannot belong to it; the zeros behind the slice are such bytes.
 */
@inline export function number(p: usize, c: u32, out: usize): usize {
  const start = p
  const negative = c == 0x2d
  p += <usize>negative
  const begin = p
  let w = <u64>load<u8>(p) - 0x30
  if (w > 9) {
    wrongAt = p
    return 0
  }
  p++
  if (w != 0) {
    let digit = <u64>load<u8>(p) - 0x30
    while (digit < 10) {
      w = w * 10 + digit
      digit = <u64>load<u8>(++p) - 0x30
    }
  }
  let digits = p - begin
  let exponent: i32 = 0
  if (load<u8>(p) == 0x2e) {
    const fraction = ++p
    const decimals = digitsAt(p)
    const bits = otherBits(decimals)
    if (bits != 0) {
      const count = <usize>ctz(bits)
      w = w * load<u64>(TENS + (count << 3)) + first(count, decimals)
      p += count
    } else {
      w = w * 10000000000000000 + sixteen(decimals)
      p += 16
      let bytes = load<u64>(p)
      let mask = others(bytes)
      for (; mask == 0; mask = others(bytes)) {
        w = w * 100000000 + eight(bytes - ZEROS)
        p += 8
        bytes = load<u64>(p)
      }
      w = withRest(w, bytes, mask)
      p += <usize>(ctz(mask) >> 3)
    }
    const length = p - fraction
    if (length == 0) {
      wrongAt = p
      return 0
    }
    exponent = -(<i32>length)
    digits += length
  }
  if ((load<u8>(p) | 0x20) == 0x65) {
    const sign = load<u8>(++p)
    const down = sign == 0x2d
    if (down || sign == 0x2b) p++
    let digit = <u32>load<u8>(p) - 0x30
    if (digit > 9) {
      wrongAt = p
      return 0
    }
    let power: u32 = 0
    while (digit < 10) {
      // Far beyond every double, and beyond what the longest mantissa can take back.
      if (power < 100000000) power = power * 10 + digit
      digit = <u32>load<u8>(++p) - 0x30
    }
    exponent += down ? -(<i32>power) : <i32>power
  }
  const value = digits <= 19 ? decimal(w, exponent, digits) : long(start, begin, digits, w, exponent, p)
  store<u64>(out, reinterpret<u64>(value) | (<u64>negative << 63))
  return p
}

/** The absolute value of a number written with more than 19 digits, leading zeros included. */
function long(start: usize, first: usize, digits: usize, w: u64, exponent: i32, end: usize): f64 {
  let p = first
  let c = <u32>load<u8>(p)
  while (c == 0x30 || c == 0x2e) {
    if (c == 0x30) digits--
    c = <u32>load<u8>(++p)
  }
  if (<i32>digits <= 19) return decimal(w, exponent, digits)
  let taken = 0
  let rest: u32 = 0
  w = 0
  for (let left = <i32>digits; left > 0; p++) {
    const digit = <u32>load<u8>(p) - 0x30
    if (digit > 9) continue
    left--
    if (taken < 19) {
      w = w * 10 + digit
      taken++
    } else {
      rest |= digit
    }
  }
  exponent += <i32>digits - 19
  const below = product(w, exponent)
  if (rest == 0 || below == product(w + 1, exponent)) return below
  return abs(exact(start, end))
}
