// Natural logarithms, two at a time, as in e_log.c of Sun's fdlibm (netlib.org/fdlibm), which V8 uses: x = 2^k (1 + f), 1 + f
// from sqrt(2)/2 to sqrt(2), log(1 + f) = f - f^2/2 + s (f^2/2 + R(s^2)), s = f / (2 + f). Operations and order are the original's.

export const CAPACITY: i32 = 4096
export const VALUES: usize = memory.data(4096 << 3, 16)

// Constants lie in memory, as literals would be put together anew for each pair.
const ONE = memory.data<f64>([1])
const TWO = memory.data<f64>([2])
const HALF = memory.data<f64>([0.5])
const LN2_HIGH = memory.data<u64>([0x3fe62e42fee00000])
const LN2_LOW = memory.data<u64>([0x3dea39ef35793c76])
const L1 = memory.data<f64>([6.666666666666735130e-1])
const L2 = memory.data<f64>([3.999999999940941908e-1])
const L3 = memory.data<f64>([2.857142874366239149e-1])
const L4 = memory.data<f64>([2.222219843214978396e-1])
const L5 = memory.data<f64>([1.818357216161805012e-1])
const L6 = memory.data<f64>([1.531383769920937332e-1])
const L7 = memory.data<f64>([1.479819860511658591e-1])

const SMALLEST_NORMAL = memory.data<u64>([0x0010000000000000])
const LARGEST = memory.data<u64>([0x7fefffffffffffff])
const MANTISSA = memory.data<u64>([0x000fffffffffffff])
/** Added to a mantissa, it carries from sqrt(2) on. */
const TO_SQRT_2 = memory.data<u64>([0x00095f6400000000])
/** Mantissas in between have so large an f that f^2/2 is taken off last. */
const BELOW_LARGE = memory.data<u64>([0x00061479ffffffff])
const BEYOND_LARGE = memory.data<u64>([0x0006b85200000000])
/** Mantissas from -2 * 2^-20 to 2^-20, with this added, are below the next: the original has a shorter way for them. */
const NEAR = memory.data<u64>([0x0000000200000000])
const NEAR_END = memory.data<u64>([0x0000000300000000])
/** The double 2^52, whose last bits are those of an integer, and what makes a biased exponent of it. */
const TWO_52 = memory.data<u64>([0x4330000000000000])
const BIAS = memory.data<f64>([4503599627370496 + 1023])

@inline function both(constant: usize): v128 {
  return v128.load64_splat(constant)
}

export function negativeLogarithms(count: i32, shift: f64): void {
  const end = VALUES + ((<usize>count) << 3)
  // what stands behind an odd count may be any number
  for (let at = VALUES; at < end; at += 16) {
    const two = f64x2.add(v128.load(at), f64x2.splat(shift))
    let logarithms: v128
    if (isRare(two)) {
      logarithms = f64x2.splat(logarithm(f64x2.extract_lane(two, 0)))
      logarithms = f64x2.replace_lane(logarithms, 1, logarithm(f64x2.extract_lane(two, 1)))
    } else {
      logarithms = logarithmsOfTwo(two)
    }
    v128.store(at, f64x2.sub(f64x2.splat(0), logarithms))
  }
}

/** Whether one of them is 0, subnormal, negative, infinite, no number, or close to a power of 2. */
@inline function isRare(two: v128): bool {
  const tooSmall = i64x2.gt_s(both(SMALLEST_NORMAL), two)
  const tooLarge = i64x2.gt_s(two, both(LARGEST))
  const near = i64x2.gt_s(both(NEAR_END), v128.and(i64x2.add(two, both(NEAR)), both(MANTISSA)))
  return v128.any_true(v128.or(near, v128.or(tooSmall, tooLarge)))
}

@inline function logarithmsOfTwo(two: v128): v128 {
  const mantissas = v128.and(two, both(MANTISSA))
  const carried = v128.and(i64x2.add(mantissas, both(TO_SQRT_2)), both(SMALLEST_NORMAL))
  const f = f64x2.sub(v128.or(mantissas, v128.xor(carried, both(ONE))), both(ONE))
  const exponents = i64x2.add(i64x2.shr_u(two, 52), i64x2.shr_u(carried, 52))
  const k = f64x2.sub(v128.or(exponents, both(TWO_52)), both(BIAS))
  const s = f64x2.div(f, f64x2.add(both(TWO), f))
  const z = f64x2.mul(s, s)
  const w = f64x2.mul(z, z)
  const even = f64x2.mul(w, sumAndProduct(L2, w, sumAndProduct(L4, w, both(L6))))
  const odd = f64x2.mul(z, sumAndProduct(L1, w, sumAndProduct(L3, w, sumAndProduct(L5, w, both(L7)))))
  const r = f64x2.add(odd, even)
  const high = f64x2.mul(k, both(LN2_HIGH))
  const low = f64x2.mul(k, both(LN2_LOW))
  const half = f64x2.mul(f64x2.mul(both(HALF), f), f)
  const ofLarge = f64x2.sub(half, f64x2.add(f64x2.mul(s, f64x2.add(half, r)), low))
  const ofSmall = f64x2.sub(f64x2.mul(s, f64x2.sub(f, r)), low)
  const isLarge = v128.and(i64x2.gt_s(mantissas, both(BELOW_LARGE)), i64x2.gt_s(both(BEYOND_LARGE), mantissas))
  return f64x2.sub(high, f64x2.sub(v128.bitselect(ofLarge, ofSmall, isLarge), f))
}

@inline function sumAndProduct(constant: usize, a: v128, b: v128): v128 {
  return f64x2.add(both(constant), f64x2.mul(a, b))
}

/** log(value), whatever it is. */
export function logarithm(value: f64): f64 {
  let x = value
  let k = -1023
  if (x < reinterpret<f64>(load<u64>(SMALLEST_NORMAL))) {
    if (x == 0) return -Infinity
    if (x < 0) return NaN
    k -= 54
    x *= <f64>((<u64>1) << 54)
  }
  const bits = reinterpret<u64>(x)
  if (bits > load<u64>(LARGEST)) return x + x
  const mantissa = bits & load<u64>(MANTISSA)
  const carried = (mantissa + load<u64>(TO_SQRT_2)) & load<u64>(SMALLEST_NORMAL)
  k += <i32>(bits >> 52) + <i32>(carried >> 52)
  const f = reinterpret<f64>(mantissa | (carried ^ load<u64>(ONE))) - 1
  const high = <f64>k * load<f64>(LN2_HIGH)
  const low = <f64>k * load<f64>(LN2_LOW)
  if (((bits + load<u64>(NEAR)) & load<u64>(MANTISSA)) < load<u64>(NEAR_END)) {
    const r = f * f * (0.5 - 0.33333333333333333 * f)
    return f == 0 ? high + low : high - (r - low - f)
  }
  const s = f / (2 + f)
  const z = s * s
  const w = z * z
  const even = w * (load<f64>(L2) + w * (load<f64>(L4) + w * load<f64>(L6)))
  const odd = z * (load<f64>(L1) + w * (load<f64>(L3) + w * (load<f64>(L5) + w * load<f64>(L7))))
  const r = odd + even
  const half = 0.5 * f * f
  const isLarge = mantissa > load<u64>(BELOW_LARGE) && mantissa < load<u64>(BEYOND_LARGE)
  return high - ((isLarge ? half - (s * (half + r) + low) : s * (f - r) - low) - f)
}
