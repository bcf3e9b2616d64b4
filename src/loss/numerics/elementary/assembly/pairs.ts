// Logarithms and exponentials of two numbers at a time, each as an unevaluated sum of two doubles within 2^-67 of itself.
// docs/numerics.md has the bounds.
import { CARRY, LN2_HIGH, LN2_LOW, LOGARITHMS, POWERS, STEPS, STEP_1, STEP_2, STEP_3 } from './tables'

// Constants lie in memory, as literals would be put together anew for each pair.
const ONE = memory.data<f64>([1])
const HALF = memory.data<f64>([0.5])
const EXPONENT = memory.data<u64>([0x7ff0000000000000])
/** The upper part of a double: 21 bits. */
const UPPER = memory.data<u64>([0xffffffff00000000])
/** The first 26 bits of a double. */
const FIRST = memory.data<u64>([0xfffffffff8000000])
const TWICE_BIAS = memory.data<u64>([0x7ff0000000000000])
/** The double 2^52, whose last bits are those of an integer, and what makes a biased exponent of it. */
const TWO_52 = memory.data<u64>([0x4330000000000000])
const BIAS = memory.data<f64>([4503599627370496 + 1023])
/** 1.5 * 2^52, whose last bits are those of an integer with a sign. */
const INTEGERS = memory.data<f64>([6755399441055744])

const L3 = memory.data<f64>([1.0 / 3])
const L4 = memory.data<f64>([-1.0 / 4])
const L5 = memory.data<f64>([1.0 / 5])
const L6 = memory.data<f64>([-1.0 / 6])
const L7 = memory.data<f64>([1.0 / 7])
const L8 = memory.data<f64>([-1.0 / 8])

const E3 = memory.data<f64>([1.0 / 6])
const E4 = memory.data<f64>([1.0 / 24])
const E5 = memory.data<f64>([1.0 / 120])
const E6 = memory.data<f64>([1.0 / 720])
const E7 = memory.data<f64>([1.0 / 5040])

@inline export function both(constant: usize): v128 {
  return v128.load64_splat(constant)
}

@inline function plus(a: v128, b: v128): v128 {
  return f64x2.add(a, b)
}

@inline function minus(a: v128, b: v128): v128 {
  return f64x2.sub(a, b)
}

@inline function times(a: v128, b: v128): v128 {
  return f64x2.mul(a, b)
}

@inline function gather(first: usize, second: usize, offset: usize): v128 {
  return v128.load64_lane(second + offset, v128.load64_zero(first + offset), 1)
}

/** The second double of what was computed last. */
export let rest: v128 = f64x2.splat(0)

/** s + t with |s| >= |t|, or s = 0, as the double next to it and `rest`, which is exact. */
@inline function sumUp(s: v128, t: v128): v128 {
  const sum = plus(s, t)
  rest = plus(minus(s, sum), t)
  return sum
}

/** log(high + low) of positive normal numbers; |low| is at most half of the last place of `high`. */
@inline export function logarithms(high: v128, low: v128, hasLow: bool): v128 {
  const carried = i64x2.add(high, both(CARRY))
  const exponent = v128.and(carried, both(EXPONENT))
  const k = minus(v128.or(i64x2.shr_u(carried, 52), both(TWO_52)), both(BIAS))
  const z = i64x2.add(i64x2.sub(high, exponent), both(ONE))
  const intervals = i64x2.shr_u(carried, 44)
  const first = LOGARITHMS + <usize>((i64x2.extract_lane(intervals, 0) & 255) * 24)
  const second = LOGARITHMS + <usize>((i64x2.extract_lane(intervals, 1) & 255) * 24)
  const reciprocal = gather(first, second, 0)
  // f = (high + low) / 2^k / m - 1, with its error
  const upper = v128.and(z, both(UPPER))
  const ofUpper = minus(times(upper, reciprocal), both(ONE))
  const ofLower = times(minus(z, upper), reciprocal)
  let f = plus(ofUpper, ofLower)
  let error = plus(minus(ofUpper, f), ofLower)
  if (hasLow) {
    // half of low times 2^(1 - k): for the largest k, 2^-k is not a normal number
    const ofLow = times(times(times(low, both(HALF)), i64x2.sub(both(TWICE_BIAS), exponent)), reciprocal)
    const whole = plus(f, ofLow)
    error = plus(error, plus(minus(f, whole), ofLow))
    f = whole
  }
  const a = v128.and(f, both(FIRST))
  const b = plus(minus(f, a), error)
  const squared = times(f, f)
  const odd = plus(both(L3), times(squared, plus(both(L5), times(squared, both(L7)))))
  const even = plus(both(L4), times(squared, plus(both(L6), times(squared, both(L8)))))
  const cubic = times(times(squared, f), plus(odd, times(f, even)))
  const ofSquare = times(times(b, plus(f, a)), both(HALF))
  const base = plus(times(k, both(LN2_HIGH)), gather(first, second, 8))
  const low1 = plus(times(k, both(LN2_LOW)), gather(first, second, 16))
  const h = plus(base, a)
  const errorOfH = plus(minus(base, h), a)
  const half = times(times(a, a), both(HALF))
  const s = minus(h, half)
  const errorOfS = minus(minus(h, s), half)
  return sumUp(s, plus(plus(errorOfH, errorOfS), plus(b, plus(low1, minus(cubic, ofSquare)))))
}


/** The exponents of what was computed last, as integers at the place of those of a double. */
export let scale: v128 = i64x2.splat(0)

/** e^(x + low) / 2^k, from about 1 to 2, for |x| up to 2^11; `scale` is k. |low| is at most half of the last place of x. */
@inline export function exponentials(x: v128, low: v128, hasLow: bool): v128 {
  const shifted = plus(times(x, both(STEPS)), both(INTEGERS))
  const n = minus(shifted, both(INTEGERS))
  const first = POWERS + <usize>((i64x2.extract_lane(shifted, 0) & 127) << 4)
  const second = POWERS + <usize>((i64x2.extract_lane(shifted, 1) & 127) << 4)
  scale = i64x2.shl(i64x2.shr_u(shifted, 7), 52)
  const near = minus(x, times(n, both(STEP_1)))
  const next = times(n, both(STEP_2))
  const r = minus(near, next)
  let ofR = minus(minus(minus(near, r), next), times(n, both(STEP_3)))
  const squared = times(r, r)
  if (hasLow) {
    ofR = plus(ofR, low)
    ofR = plus(ofR, times(ofR, plus(r, times(squared, both(HALF)))))
  }
  const a = v128.and(r, both(FIRST))
  const b = plus(minus(r, a), ofR)
  const odd = plus(both(E3), times(squared, plus(both(E5), times(squared, both(E7)))))
  const even = plus(both(HALF), times(squared, plus(both(E4), times(squared, both(E6)))))
  const rest1 = plus(b, times(squared, plus(even, times(r, odd))))
  const high = gather(first, second, 0)
  const ofHigh = gather(first, second, 8)
  const exact = times(high, a)
  const s = plus(high, exact)
  const errorOfS = plus(minus(high, s), exact)
  const small = plus(times(high, rest1), times(ofHigh, plus(a, rest1)))
  return sumUp(s, plus(errorOfS, plus(ofHigh, small)))
}
