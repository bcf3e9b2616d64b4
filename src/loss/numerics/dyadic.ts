/**
 * Exact binary fractions: `mantissa * 2 ** exponent`. Sums and products of doubles are such; rounding happens once, in
 * `ratio` or `sqrtRatio`, to the nearest double, ties to even.
 */
export interface Dyadic {
  readonly mantissa: bigint
  readonly exponent: number
}

export const zero: Dyadic = { mantissa: 0n, exponent: 0 }

export function fromInteger(value: number | bigint): Dyadic {
  return { mantissa: BigInt(value), exponent: 0 }
}

const view = new DataView(new ArrayBuffer(8))

export function fromDouble(value: number): Dyadic {
  view.setFloat64(0, value)
  const high = view.getUint32(0)
  const biased = (high >>> 20) & 0x7ff
  const fraction = (high & 0xfffff) * 2 ** 32 + view.getUint32(4)
  const mantissa = BigInt(biased === 0 ? fraction : fraction + 2 ** 52)
  return { mantissa: value < 0 ? -mantissa : mantissa, exponent: Math.max(biased, 1) - 1075 }
}

export function add(a: Dyadic, b: Dyadic): Dyadic {
  if (a.mantissa === 0n) return b
  if (b.mantissa === 0n) return a
  const exponent = Math.min(a.exponent, b.exponent)
  return { mantissa: align(a, exponent) + align(b, exponent), exponent }
}

export function subtract(a: Dyadic, b: Dyadic): Dyadic {
  return add(a, { mantissa: -b.mantissa, exponent: b.exponent })
}

export function multiply(a: Dyadic, b: Dyadic): Dyadic {
  return { mantissa: a.mantissa * b.mantissa, exponent: a.exponent + b.exponent }
}

/** Negative, zero or positive as a is less than, equal to or greater than b. */
export function compare(a: Dyadic, b: Dyadic): number {
  const { mantissa } = subtract(a, b)
  return mantissa < 0n ? -1 : mantissa > 0n ? 1 : 0
}

export function equals(a: Dyadic, b: Dyadic): boolean {
  return compare(a, b) === 0
}

export function absolute({ mantissa, exponent }: Dyadic): Dyadic {
  return { mantissa: mantissa < 0n ? -mantissa : mantissa, exponent }
}

export function canonical(value: Dyadic): Dyadic {
  const { mantissa, exponent } = value
  if (mantissa === 0n) return zero
  let shift = 0
  let rest = mantissa
  let low = Number(BigInt.asUintN(32, rest))
  for (; low === 0; low = Number(BigInt.asUintN(32, rest))) {
    rest >>= 32n
    shift += 32
  }
  shift += 31 - Math.clz32(low & -low)
  return shift === 0 ? value : { mantissa: mantissa >> BigInt(shift), exponent: exponent + shift }
}

/** `a / b`, rounded once. `b` must be positive. Overflow gives an infinity. */
export function ratio(a: Dyadic, b: Dyadic): number {
  if (a.mantissa === 0n) return 0
  if (a.mantissa < 0n) return -ratio({ mantissa: -a.mantissa, exponent: a.exponent }, b)
  const shift = a.exponent - b.exponent
  if (a.mantissa <= largestInteger && b.mantissa <= largestInteger && Math.abs(shift) < 900) {
    // both are doubles, and so is every power of two in between: only the division rounds
    return (Number(a.mantissa) / Number(b.mantissa)) * 2 ** shift
  }
  const { quotient, exponent } = divide(a, b)
  return roundToDouble(quotient, exponent)
}

const largestInteger = BigInt(Number.MAX_SAFE_INTEGER)

/** The square root of `a / b` within one ulp: of the quotient rounded once. `a` must not be negative, `b` positive. */
export function sqrtRatio(a: Dyadic, b: Dyadic): number {
  if (a.mantissa === 0n) return 0
  const { quotient, exponent } = divide(a, b)
  const odd = exponent & 1
  return scale(Math.sqrt(roundToDouble(quotient, odd)), (exponent - odd) / 2)
}

export function toDouble(value: Dyadic): number {
  const double = scale(Number(value.mantissa), value.exponent)
  return isNormal(double) ? double : ratio(value, one)
}

const one = fromInteger(1)

/** Whether a double that came of an integer by rounding once, and by a power of two, was not rounded again. */
function isNormal(double: number): boolean {
  const size = Math.abs(double)
  return size >= 2 ** -1022 && size <= Number.MAX_VALUE
}

function align(value: Dyadic, exponent: number): bigint {
  return value.exponent === exponent ? value.mantissa : value.mantissa << BigInt(value.exponent - exponent)
}

/** A quotient of some 66 bits whose last bit is sticky: set when anything was cut off. */
function divide(a: Dyadic, b: Dyadic): { quotient: bigint; exponent: number } {
  const shift = bitLength(b.mantissa) - bitLength(a.mantissa) + 66
  const dividend = shift > 0 ? a.mantissa << BigInt(shift) : a.mantissa
  const divisor = shift < 0 ? b.mantissa << BigInt(-shift) : b.mantissa
  const quotient = dividend / divisor
  const sticky = quotient * divisor === dividend ? 0n : 1n
  return { quotient: quotient | sticky, exponent: a.exponent - b.exponent - shift }
}

/** `quotient * 2 ** exponent`, of more than 53 bits, to the nearest double; its last place is 2 ** -1074 or above. */
function roundToDouble(quotient: bigint, exponent: number): number {
  const double = scale(Number(quotient), exponent)
  if (isNormal(double)) return double
  const surplus = Math.max(bitLength(quotient) - 53, -1074 - exponent)
  const cut = BigInt(surplus)
  const kept = quotient >> cut
  const rest = quotient - (kept << cut)
  const half = 1n << (cut - 1n)
  const up = rest > half || (rest === half && (kept & 1n) === 1n)
  return scale(Number(up ? kept + 1n : kept), exponent + surplus)
}

/** `value * 2 ** exponent` in steps that stay in range, exact whenever the result is a double. */
function scale(value: number, exponent: number): number {
  let result = value
  let left = exponent
  while (left > 1000 && Number.isFinite(result)) {
    result *= 2 ** 1000
    left -= 1000
  }
  while (left < -1000 && result !== 0) {
    result *= 2 ** -1000
    left += 1000
  }
  return result * 2 ** left
}

function bitLength(value: bigint): number {
  const double = Number(value)
  if (double > Number.MAX_VALUE) {
    const digits = value.toString(16)
    return (digits.length - 1) * 4 + (32 - Math.clz32(Number.parseInt(digits[0], 16)))
  }
  view.setFloat64(0, double)
  const bits = (view.getUint32(0) >>> 20) - 1022
  // what was rounded up to a power of two has a bit less
  return value >> BigInt(bits - 1) === 0n ? bits - 1 : bits
}
