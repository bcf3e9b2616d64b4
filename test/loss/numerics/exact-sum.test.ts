import fc from 'fast-check'
import { test } from 'tap'
import type { Dyadic } from '../../../src/loss/numerics/dyadic.ts'
import { canonical, toDouble } from '../../../src/loss/numerics/dyadic.ts'
import { exactMoments, exactSum, exactSumOfProducts } from '../../../src/loss/numerics/exact-sum.ts'
import { above, fromBits, isUnits, units } from '../exact.ts'

const run = { seed: 1997, numRuns: 300 }
const least = 5e-324
const largest = Number.MAX_VALUE
/** Every finite double, each exponent as likely as any other. */
const anyDouble = fc
  .bigInt(0n, 2n ** 64n - 1n)
  .map(fromBits)
  .filter(Number.isFinite)
const anyNumber = fc.oneof(
  anyDouble,
  fc.double({ min: -1000, max: 1000, noNaN: true }),
  fc.constantFrom(0, -0, 1, -1, least, -least, largest, -largest),
)

function isSum(got: Dyadic, values: readonly number[]): boolean {
  return isUnits(
    got,
    values.reduce((sum, value) => sum + units(value), 0n),
  )
}

function areMoments(values: readonly number[]): boolean {
  const { sum, squares } = exactMoments(Float64Array.from(values), values.length)
  return isSum(sum, values) && isSumOfProducts(squares, values, values)
}

function isSumOfProducts(got: Dyadic, a: readonly number[], b: readonly number[]): boolean {
  return isUnits(
    got,
    a.reduce((sum, value, i) => sum + units(value) * units(b[i]), 0n),
    2148,
  )
}

/** The same terms, and zeros that make them too many to be added one by one. */
function padded(values: readonly number[]): Float64Array {
  return Float64Array.of(...values, ...new Array<number>(9).fill(0))
}

test('sums that doubles would lose', async (t) => {
  const cases: [name: string, values: number[]][] = [
    ['nothing', []],
    ['zeros of both signs', [0, -0]],
    ['one number', [0.1]],
    ['ten tenths', new Array<number>(10).fill(0.1)],
    ['the largest and the least', [largest, least]],
    ['the largest, twice', [largest, largest]],
    ['the largest comes and goes', [largest, least, -largest]],
    ['all cancel', [1e300, -1e-300, 3, -1e300, 1e-300, -3]],
    ['2^53 and ones', [2 ** 53, 1, 1, 1]],
    ['subnormal numbers', [least, 3 * least, -7 * least]],
    ['subnormal and smallest normal', [2 ** -1022, -least]],
    ['negative', [-0.1, -0.2, -0.3]],
  ]
  for (const [name, values] of cases) {
    t.ok(isSum(exactSum(Float64Array.from(values), values.length), values), name)
    t.ok(isSum(exactSum(padded(values), values.length + 9), values), `${name}, among zeros`)
  }
  t.equal(toDouble(exactSum(new Float64Array(10).fill(0.1), 10)), 1)
  for (const count of [6, 50]) {
    t.same(exactSum(new Float64Array(count), count), { mantissa: 0n, exponent: 0 })
    t.same(exactSum(new Float64Array(count).fill(1).fill(-1, count / 2), count), { mantissa: 0n, exponent: 0 })
  }
})

test('numbers of every exponent and both signs in one sum', async (t) => {
  const values: number[] = []
  for (let exponent = -1074; exponent < 1024; exponent++) {
    values.push(2 ** exponent, exponent % 3 === 0 ? -above(2 ** exponent) : above(2 ** exponent))
  }
  const sum = exactSum(Float64Array.from(values), values.length)
  t.ok(isSum(sum, values))
  t.same(canonical(exactSum(Float64Array.from(values.toReversed()), values.length)), canonical(sum))
  t.ok(isSum(exactSum(new Float64Array(1).fill(3), 1), [3]), 'and nothing of it is left for the next sum')
})

test('a sum is that of integers, in every order', async () => {
  fc.assert(
    fc.property(fc.array(anyNumber, { maxLength: 40 }), (values) =>
      isSum(exactSum(Float64Array.from(values), values.length), values),
    ),
    run,
  )
})

test('terms of every exponent are as far apart as any, in both signs and orders', async (t) => {
  const ends = [largest, least, -largest, -least]
  for (const first of ends) {
    for (const last of ends) {
      const values = [first, ...new Array<number>(20).fill(last)]
      t.ok(isSum(exactSum(Float64Array.from(values), 21), values), `${first} and 20 times ${last}`)
      t.ok(areMoments(values))
      const products = exactSumOfProducts(Float64Array.from(values), Float64Array.from(values.toReversed()), 21)
      t.ok(isSumOfProducts(products, values, values.toReversed()))
    }
  }
})

test('few terms whose exponents are far apart', async () => {
  const property = fc.property(fc.array(anyDouble, { minLength: 9, maxLength: 40 }), (values) => {
    const [a, b] = [Float64Array.from(values), Float64Array.from(values.toReversed())]
    return (
      isSum(exactSum(a, a.length), values) &&
      isSumOfProducts(exactSumOfProducts(a, b, a.length), values, values.toReversed()) &&
      areMoments(values)
    )
  })
  fc.assert(property, run)
})

test('only the first `count` numbers are added, wherever the array begins in its buffer', async (t) => {
  const all = Float64Array.of(100, 1, 2, 3, 200)
  t.ok(isSum(exactSum(all.subarray(1), 3), [1, 2, 3]))
  t.ok(isSumOfProducts(exactSumOfProducts(all.subarray(1), all.subarray(2), 2), [1, 2], [2, 3]))
})

test('more than 2^21 terms', async (t) => {
  const count = 2 ** 21 + 5
  // the largest mantissa there is, so that the bins fill fastest
  const full = 2 - 2 ** -52
  const values = new Float64Array(count).fill(full)
  t.ok(isUnits(exactSum(values, count), units(full) * BigInt(count)))
  t.ok(isUnits(exactSumOfProducts(values, values, count), units(full) ** 2n * BigInt(count), 2148))
  t.ok(isUnits(exactMoments(values, count).squares, units(full) ** 2n * BigInt(count), 2148))
  values.fill(-full)
  t.ok(isUnits(exactMoments(values, count).sum, -units(full) * BigInt(count)))
  values.fill(full)
  for (let i = 1; i < count; i += 2) values[i] = -least
  const halves = BigInt((count + 1) / 2)
  t.ok(isUnits(exactSum(values, count), units(full) * halves - (halves - 1n)), 'alternating with the least')
})

test('products', async (t) => {
  const cases: [name: string, a: number[], b: number[]][] = [
    ['nothing', [], []],
    ['0.1 * 0.1, which rounds', [0.1], [0.1]],
    ['cancelling products', [0.1, 0.1], [0.3, -0.3]],
    ['squares that overflow', [largest, 1e200], [largest, 1e200]],
    ['squares that underflow', [least, 1e-200], [least, 1e-200]],
    ['the largest by the least', [largest, -largest], [least, 3 * least]],
    ['just inside and outside of what splits', [2 ** -450, 2 ** 450, above(2 ** -450)], [2 ** 450, 2 ** 450, 2 ** 449]],
    ['zeros', [0, -0, 5, 0], [7, 1e300, 0, least]],
    ['signs', [-3, 3, -3], [1 / 3, -1 / 3, -1 / 3]],
  ]
  for (const [name, a, b] of cases) {
    const sum = exactSumOfProducts(Float64Array.from(a), Float64Array.from(b), a.length)
    t.ok(isSumOfProducts(sum, a, b), name)
    t.ok(isSumOfProducts(exactSumOfProducts(padded(a), padded(b), a.length + 9), a, b), `${name}, among zeros`)
  }
})

test('a sum of products is that of integers', async () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(anyNumber, anyNumber), { maxLength: 40 }), (pairs) => {
      const a = pairs.map(([x]) => x)
      const b = pairs.map(([, y]) => y)
      return isSumOfProducts(exactSumOfProducts(Float64Array.from(a), Float64Array.from(b), pairs.length), a, b)
    }),
    run,
  )
})

test('a sum and that of the squares are those of integers', async (t) => {
  t.ok(areMoments([0, -0, 3, -1e-200, largest, -least, 1 / 3]))
  t.ok(areMoments([0, -0, 3, -1e-200, largest, -least, 1 / 3, 0, -0, 5]))
  t.ok(areMoments(new Array(20).fill(-0)))
  fc.assert(fc.property(fc.array(anyNumber, { maxLength: 40 }), areMoments), run)
})

test('products fill their store several times over', async (t) => {
  const a = Array.from({ length: 1500 }, (_, i) => Math.sin(i + 1))
  const b = Array.from({ length: 1500 }, (_, i) => Math.cos(i + 1) * 10 ** ((i % 60) - 30))
  t.ok(isSumOfProducts(exactSumOfProducts(Float64Array.from(a), Float64Array.from(b), 1500), a, b))
})

test('a zero among squares adds nothing', async (t) => {
  const values = padded([0, 3, -0, 4])
  t.equal(toDouble(exactMoments(values, 13).squares), 25)
})
