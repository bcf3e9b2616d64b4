import type { Dyadic } from '../../src/loss/numerics/dyadic.ts'

/*
 * Exact arithmetic for the tests, made another way than the one under test: a double is turned into an integer count of
 * 2^-1074 by doubling it until it has no fraction, and roundings are judged by their neighbours.
 */

/** A finite double as a count of 2^-1074. */
export function units(value: number): bigint {
  let doubled = value
  let left = 1074
  while (left > 0 && Math.abs(doubled) < 2 ** 1022) {
    doubled *= 2
    left--
    if (Number.isInteger(doubled) && Math.abs(doubled) >= 2 ** 53) break
  }
  return BigInt(doubled) << BigInt(left)
}

/** `a / b` as numerator and positive denominator. */
export type Rational = readonly [bigint, bigint]

export function rational({ mantissa, exponent }: Dyadic): Rational {
  return exponent < 0 ? [mantissa, 1n << BigInt(-exponent)] : [mantissa << BigInt(exponent), 1n]
}

/** Whether a binary fraction is `count` times 2^-1074 (or, for `origins` 2148, that many binary origins). */
export function isUnits(value: Dyadic, count: bigint, origins = 1074): boolean {
  const [numerator, denominator] = rational(value)
  return numerator << BigInt(origins) === count * denominator
}

const doubles = new Float64Array(1)
const bits = new BigInt64Array(doubles.buffer)

/** The double with the given bits. */
export function fromBits(pattern: bigint): number {
  bits[0] = BigInt.asIntN(64, pattern)
  return doubles[0]
}

/** The next double away from zero, of a positive double. */
export function above(value: number): number {
  doubles[0] = value
  bits[0]++
  return doubles[0]
}

/** The next double towards zero, of a positive double. */
export function below(value: number): number {
  doubles[0] = value
  bits[0]--
  return doubles[0]
}

function isEven(value: number): boolean {
  doubles[0] = value
  return (bits[0] & 1n) === 0n
}

const unit = 1n << 1074n
/** What would be the next double after the largest. */
const limit = unit << 1024n

function unitsOrLimit(value: number): bigint {
  return value === Number.POSITIVE_INFINITY ? limit : units(value)
}

/** Whether a double that is not negative is `numerator / denominator` rounded to nearest, ties to even. */
export function isNearest(value: number, [numerator, denominator]: Rational): boolean {
  if (!(value >= 0)) return false
  const exact = numerator * unit
  const here = unitsOrLimit(value)
  if (value !== Number.POSITIVE_INFINITY) {
    const half = (here + unitsOrLimit(above(value))) * denominator
    if (2n * exact > half || (2n * exact === half && !isEven(value))) return false
  }
  if (value === 0) return true
  const half = (here + units(below(value))) * denominator
  return !(2n * exact < half || (2n * exact === half && !isEven(value)))
}

/** Whether a positive double is the square root of `numerator / denominator` within one place. */
export function isRoot(value: number, [numerator, denominator]: Rational): boolean {
  const exact = numerator * unit * unit
  const low = units(below(value))
  const high = unitsOrLimit(above(value))
  return low * low * denominator <= exact && exact <= high * high * denominator
}
