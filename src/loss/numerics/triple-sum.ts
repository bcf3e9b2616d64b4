import type { Dyadic } from './dyadic.ts'
import { add } from './dyadic.ts'
import { exactSumOfProducts } from './exact-sum.ts'

/** Exponents between which a product of doubles and what its rounding cuts off are doubles. */
const [lowest, highest] = [-900, 1000]
/** What both factors are scaled by, where their product is in range, below it and above it. */
const scales = [0, 625, -525]

/** For each of `others` the exact sum of weights[i] values[i] other[i]; all numbers must be finite. */
export function exactSumsOfTriples(
  weights: Float64Array | undefined,
  values: Float64Array,
  others: readonly Float64Array[],
  count: number,
): Dyadic[] {
  if (weights === undefined) return others.map((other) => exactSumOfProducts(values, other, count))
  const parts = productsOf(weights, values, count)
  const sums = others.map((other) => sumOf(parts, other, count))
  if (parts.outside === 0) return sums
  for (const range of [1, 2]) {
    const further = productsOf(weights, values, count, range)
    for (const [at, other] of others.entries()) sums[at] = add(sums[at], sumOf(further, other, count))
  }
  return sums
}

/** Products as pairs of doubles whose exact sum they are, times 2 ** exponent. */
interface Products {
  readonly high: Float64Array
  readonly low: Float64Array
  readonly exponent: number
  /** How many are in another range; these are 0. */
  readonly outside: number
}

/** The products that are in one range: within what doubles can say exactly, whose exponent is 0, below it or above it. */
export function productsOf(a: Float64Array, b: Float64Array, count: number, range = 0): Products {
  const high = new Float64Array(count)
  const low = new Float64Array(count)
  const scale = 2 ** scales[range]
  let outside = 0
  for (let i = 0; i < count; i++) {
    if (a[i] === 0 || b[i] === 0) continue
    if (rangeOf(a[i] * b[i]) !== range) {
      outside++
      continue
    }
    const [x, y] = balanced(a[i] * scale, b[i] * scale)
    high[i] = x * y
    low[i] = restOf(x, y, high[i])
  }
  return { high, low, exponent: -2 * scales[range], outside }
}

function rangeOf(product: number): number {
  const size = Math.abs(product)
  return size < 2 ** lowest ? 1 : size > 2 ** highest ? 2 : 0
}

/** What rounding cut off of a product (Dekker 1971): the product of the halves of both, each of which is exact. */
function restOf(a: number, b: number, product: number): number {
  const [aHigh, bHigh] = [upperHalf(a), upperHalf(b)]
  const [aLow, bLow] = [a - aHigh, b - bHigh]
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow)
}

/** Two factors of the same product, neither so large that its halves would overflow. */
function balanced(a: number, b: number): [number, number] {
  if (Math.abs(a) > 2 ** 500) return [a * 2 ** -300, b * 2 ** 300]
  return Math.abs(b) > 2 ** 500 ? [a * 2 ** 300, b * 2 ** -300] : [a, b]
}

/** The upper 26 bits of a double, rounded (Veltkamp 1968), so that 26 are left with their sign. */
function upperHalf(value: number): number {
  const spread = value * (2 ** 27 + 1)
  return spread - (spread - value)
}

function sumOf({ high, low, exponent }: Products, other: Float64Array, count: number): Dyadic {
  const sum = add(exactSumOfProducts(high, other, count), exactSumOfProducts(low, other, count))
  return { mantissa: sum.mantissa, exponent: sum.exponent + exponent }
}
