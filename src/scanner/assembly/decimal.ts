// Decimal to double: Clinger's exact case, else Eisel-Lemire (Daniel Lemire, "Number Parsing at a Gigabyte per Second",
// 2021; that no fallback is needed: Mushtak and Lemire, "Fast Number Parsing Without Fallback", 2023).
import { LARGEST_POWER, POWERS, SMALLEST_POWER } from '../layout'

const EXACT_POWERS = memory.data<f64>([
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
  1e21, 1e22,
])

/** The upper half of the 128-bit product. */
@inline function upperProduct(a: u64, b: u64): u64 {
  const aLow = a & 0xffffffff
  const aHigh = a >> 32
  const bLow = b & 0xffffffff
  const bHigh = b >> 32
  const middle = aHigh * bLow + ((aLow * bLow) >> 32)
  const cross = aLow * bHigh + (middle & 0xffffffff)
  return aHigh * bHigh + (middle >> 32) + (cross >> 32)
}

/** The double nearest to w * 10^q, ties to even. `digits` is how many w was written with. */
@inline export function decimal(w: u64, q: i32, digits: usize): f64 {
  // Up to 15 digits are below 2^53. A branch on two longer ones could not be predicted.
  if (digits <= 16 && w <= 9007199254740992 && <u32>(q + 22) <= 44) {
    const whole = <f64>(<i64>w)
    return q < 0 ? whole / load<f64>(EXACT_POWERS - (q << 3)) : whole * load<f64>(EXACT_POWERS + (q << 3))
  }
  return product(w, q)
}

/** w / 10^q for a w below 2^53 and a q up to 22. */
@inline export function quotient(w: u64, q: usize): f64 {
  return <f64>(<i64>w) / load<f64>(EXACT_POWERS + (q << 3))
}

/**
 * The same product for a q from -23 to -16: none is exactly in the middle, too large or too small. What the lower halves carry
 * is left out, and so is what a longer power would: together less than 2 in the upper product, which matters where its last
 * nine bits are nearly all ones.
 */
@inline export function smallProduct(w: u64, q: i32): f64 {
  if (w == 0) return 0
  const zeros = <i32>clz(w)
  const shifted = w << zeros
  const high = shifted >> 32
  const power = POWERS + ((q - SMALLEST_POWER) << 4)
  const powerHigh = <u64>load<u32>(power + 4)
  const middle = high * <u64>load<u32>(power)
  const cross = (shifted & 0xffffffff) * powerHigh + (middle & 0xffffffff)
  const upper = high * powerHigh + (middle >> 32) + (cross >> 32)
  if ((upper & 0x1ff) >= 0x1fe) return wholeProduct(w, q)
  const top = <i32>(upper >> 63)
  const mantissa = upper >> (top + 9)
  const exponent = ((217706 * q) >> 16) + 63 + top - zeros + 1023
  return reinterpret<f64>(((mantissa + (mantissa & 1)) >> 1) + (<u64>(exponent - 1) << 52))
}

function wholeProduct(w: u64, q: i32): f64 {
  return product(w, q)
}

// Inlined, as nearly every long number comes here.
@inline export function product(w: u64, q: i32): f64 {
  if (w == 0 || q < SMALLEST_POWER) return 0
  if (q > LARGEST_POWER) return Infinity
  const zeros = <i32>clz(w)
  w <<= zeros
  const power = POWERS + ((q - SMALLEST_POWER) << 4)
  const high = load<u64>(power)
  let upper = upperProduct(w, high)
  let lower = w * high
  if ((upper & 0x1ff) == 0x1ff) {
    const more = upperProduct(w, load<u64>(power + 8))
    lower += more
    if (lower < more) upper++
  }
  const top = <i32>(upper >> 63)
  let mantissa = upper >> (top + 9)
  // floor(q * log2(10)) + 63, then the bias of the exponent.
  const exponent = ((217706 * q) >> 16) + 63 + top - zeros + 1023
  if (exponent <= 0) {
    if (exponent <= -63) return 0
    mantissa >>= 1 - exponent
    // A carry out of the 52 bits makes the smallest normal number by itself.
    return reinterpret<f64>((mantissa + (mantissa & 1)) >> 1)
  }
  // Exactly in the middle, which only small powers allow: the even neighbour.
  if (<u32>(q + 4) <= 27 && lower <= 1 && (mantissa & 3) == 1 && mantissa << (top + 9) == upper) mantissa &= ~1
  mantissa = (mantissa + (mantissa & 1)) >> 1
  if (exponent >= 0x7ff) return Infinity
  // The leading bit adds one to the exponent, and a carry beyond it another one, even up to Infinity.
  return reinterpret<f64>(mantissa + (<u64>(exponent - 1) << 52))
}
