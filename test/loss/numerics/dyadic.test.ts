import fc from 'fast-check'
import { test } from 'tap'
import type { Dyadic } from '../../../src/loss/numerics/dyadic.ts'
import {
  absolute,
  add,
  canonical,
  compare,
  equals,
  fromDouble,
  fromInteger,
  multiply,
  ratio,
  sqrtRatio,
  subtract,
  toDouble,
  zero,
} from '../../../src/loss/numerics/dyadic.ts'
import { above, below, fromBits, isNearest, isRoot, isUnits, rational, units } from '../exact.ts'

const run = { seed: 1821, numRuns: 500 }
const least = 5e-324
const smallestNormal = 2 ** -1022
const largest = Number.MAX_VALUE

/** Every finite double, each exponent as likely as any other. */
const anyDouble = fc
  .bigInt(0n, 2n ** 64n - 1n)
  .map(fromBits)
  .filter(Number.isFinite)
const anyDyadic = fc.record({
  mantissa: fc.bigInt(-(2n ** 200n), 2n ** 200n),
  exponent: fc.integer({ min: -2200, max: 2100 }),
})
const positive = fc.record({ mantissa: fc.bigInt(1n, 2n ** 200n), exponent: fc.integer({ min: -2200, max: 2100 }) })

test('a double is taken exactly', async (t) => {
  const cases: [value: number, mantissa: bigint, exponent: number][] = [
    [0, 0n, 0],
    [-0, 0n, 0],
    [1, 1n, 0],
    [-1, -1n, 0],
    [0.75, 3n, -2],
    [-6, -3n, 1],
    [2 ** 53, 1n, 53],
    [2 ** 53 - 1, 2n ** 53n - 1n, 0],
    [least, 1n, -1074],
    [-3 * least, -3n, -1074],
    [smallestNormal, 1n, -1022],
    [below(smallestNormal), 2n ** 52n - 1n, -1074],
    [largest, 2n ** 53n - 1n, 971],
  ]
  for (const [value, mantissa, exponent] of cases) {
    t.same(canonical(fromDouble(value)), { mantissa, exponent }, String(value))
  }
})

test('every exponent comes through and back', async (t) => {
  const wrong: number[] = []
  for (let exponent = -1074; exponent < 1024; exponent++) {
    for (const value of [2 ** exponent, -(2 ** exponent), above(2 ** exponent), below(2 ** exponent)]) {
      if (!isUnits(fromDouble(value), units(value)) || toDouble(fromDouble(value)) !== value) wrong.push(value)
    }
  }
  t.same(wrong, [])
})

test('integers, as numbers and as big integers', async (t) => {
  t.same(fromInteger(-7), { mantissa: -7n, exponent: 0 })
  t.same(fromInteger(7n), { mantissa: 7n, exponent: 0 })
  t.equal(zero.mantissa, 0n)
})

test('sums, differences and products are those of rationals', async () => {
  const equals = (value: Dyadic, numerator: bigint, denominator: bigint) => {
    const [top, bottom] = rational(value)
    return top * denominator === numerator * bottom
  }
  fc.assert(
    fc.property(anyDyadic, anyDyadic, (a, b) => {
      const [m, d] = rational(a)
      const [n, e] = rational(b)
      return (
        equals(add(a, b), m * e + n * d, d * e) &&
        equals(subtract(a, b), m * e - n * d, d * e) &&
        equals(multiply(a, b), m * n, d * e)
      )
    }),
    run,
  )
})

test('comparisons are those of the values, however they are written', async (t) => {
  const half = { mantissa: 1n, exponent: -1 }
  const sameHalf = { mantissa: 4n, exponent: -3 }
  const minus = { mantissa: -3n, exponent: 0 }
  t.same([compare(half, sameHalf), compare(half, minus), compare(minus, half)], [0, 1, -1])
  t.same([equals(half, sameHalf), equals(half, minus)], [true, false])
  t.same([absolute(minus), absolute(half)], [{ mantissa: 3n, exponent: 0 }, half])
})

test('zero adds nothing, on either side', async (t) => {
  const value = { mantissa: 5n, exponent: -3 }
  for (const nothing of [zero, { mantissa: 0n, exponent: -1074 }, { mantissa: 0n, exponent: 900 }]) {
    t.same(canonical(add(value, nothing)), value)
    t.same(canonical(add(nothing, value)), value)
    t.same(canonical(subtract(nothing, value)), { mantissa: -5n, exponent: -3 })
  }
})

test('the canonical form has an odd mantissa and the same value', async (t) => {
  t.same(canonical({ mantissa: 0n, exponent: 77 }), { mantissa: 0n, exponent: 0 })
  t.same(canonical({ mantissa: 96n, exponent: -5 }), { mantissa: 3n, exponent: 0 })
  fc.assert(
    fc.property(anyDyadic, fc.nat({ max: 300 }), (value, shift) => {
      const shifted = { mantissa: value.mantissa << BigInt(shift), exponent: value.exponent - shift }
      const form = canonical(value)
      const isOdd = form.mantissa === 0n ? form.exponent === 0 : (form.mantissa & 1n) === 1n
      const same = canonical(shifted)
      const [m, d] = rational(value)
      const [n, e] = rational(form)
      return isOdd && m * e === n * d && same.mantissa === form.mantissa && same.exponent === form.exponent
    }),
    run,
  )
})

test('ratio rounds a half to even, and anything beyond the half up', async (t) => {
  const half = (mantissa: bigint, exponent: number) => ({ mantissa, exponent })
  const one = fromInteger(1)
  const cases: [name: string, a: Dyadic, b: Dyadic, expected: number][] = [
    ['1 / 3', fromInteger(1), fromInteger(3), 1 / 3],
    ['2^53 + 1, half-way, to the even one below', fromInteger(2n ** 53n + 1n), one, 2 ** 53],
    ['2^53 + 3, half-way, to the even one above', fromInteger(2n ** 53n + 3n), one, 2 ** 53 + 4],
    ['a little more than half-way', half(2n ** 253n + 2n ** 200n + 1n, -200), one, 2 ** 53 + 2],
    ['a little less than half-way', half(2n ** 253n + 2n ** 200n - 1n, -200), one, 2 ** 53],
    ['half-way in a quotient', fromInteger(3n * (2n ** 53n + 1n)), fromInteger(3), 2 ** 53],
    ['rounding up into the next exponent', fromInteger(2n ** 54n - 1n), one, 2 ** 54],
    ['half of the least is half-way to 0', half(1n, -1075), one, 0],
    ['more than half of the least', half(3n, -1076), one, least],
    ['less than half of the least', half(1n, -1076), one, 0],
    ['1.5 of the least, half-way to 2', half(3n, -1075), one, 2 * least],
    ['2.5 of the least, half-way to 2', half(5n, -1075), one, 2 * least],
    ['below the normal range the last place is fixed', half(2n ** 53n - 1n, -1075), one, smallestNormal],
    ['far below everything', half(1n, -5000), one, 0],
    ['the largest', half(2n ** 53n - 1n, 971), one, largest],
    ['just under half a place above it', half(2n ** 55n - 3n, 969), one, largest],
    ['half a place above it', half(2n ** 54n - 1n, 970), one, Number.POSITIVE_INFINITY],
    ['far above', half(1n, 5000), one, Number.POSITIVE_INFINITY],
    ['far above, negative', half(-1n, 5000), one, Number.NEGATIVE_INFINITY],
    ['negative', fromInteger(-1), fromInteger(3), -1 / 3],
    ['a short dividend, a long divisor', half(1n, 300), fromInteger(2n ** 300n), 1],
    ['a long dividend, a short divisor', fromInteger(2n ** 300n * 3n), half(1n, 300), 3],
    ['0', half(0n, 12), fromInteger(3), 0],
    ['0 of any exponent', half(0n, -9999), fromInteger(3), 0],
  ]
  for (const [name, a, b, expected] of cases) t.equal(ratio(a, b), expected, name)
})

test('ratio is the nearest double', async () => {
  const overflow = { mantissa: 1n, exponent: -900 }
  fc.assert(
    fc.property(positive, positive, (a, b) => {
      const [m, d] = rational(a)
      const [n, e] = rational(b)
      return isNearest(ratio(a, b), [m * e, d * n]) && ratio(subtract(zero, a), b) === -ratio(a, b)
    }),
    { ...run, examples: [[{ mantissa: 1n, exponent: 300 }, overflow]] },
  )
})

test('ratio of doubles is their quotient, as IEEE 754 rounds it', async () => {
  fc.assert(
    fc.property(
      anyDouble,
      anyDouble.filter((b) => b > 0),
      (a, b) => ratio(fromDouble(a), fromDouble(b)) === a / b + 0,
    ),
    { seed: 1821, numRuns: 5000 },
  )
})

test('toDouble of a sum of doubles is their sum, as IEEE 754 rounds it', async () => {
  fc.assert(
    fc.property(anyDouble, anyDouble, (a, b) => toDouble(add(fromDouble(a), fromDouble(b))) === a + b),
    run,
  )
})

test('sqrtRatio', async (t) => {
  const cases: [name: string, a: Dyadic, b: Dyadic, expected: number][] = [
    ['0', zero, fromInteger(3), 0],
    ['9 / 4', fromInteger(9), fromInteger(4), 1.5],
    ['2', fromInteger(2), fromInteger(1), Math.SQRT2],
    ['1 / 2', fromInteger(1), fromInteger(2), Math.SQRT1_2],
    ['of a quotient beyond the range', { mantissa: 9n, exponent: 2000 }, fromInteger(1), 3 * 2 ** 1000],
    ['of a quotient below the range', { mantissa: 9n, exponent: -2000 }, fromInteger(1), 3 * 2 ** -1000],
    ['of an odd exponent', { mantissa: 1n, exponent: -2001 }, fromInteger(1), Math.SQRT1_2 * 2 ** -1000],
    ['the least', { mantissa: 1n, exponent: -2148 }, fromInteger(1), least],
    ['below the least', { mantissa: 1n, exponent: -2200 }, fromInteger(1), 0],
    ['beyond the largest', { mantissa: 1n, exponent: 2048 }, fromInteger(1), Number.POSITIVE_INFINITY],
  ]
  for (const [name, a, b, expected] of cases) t.equal(sqrtRatio(a, b), expected, name)
})

test('sqrtRatio is within one place of the root', async () => {
  const moderate = fc.record({ mantissa: fc.bigInt(1n, 2n ** 200n), exponent: fc.integer({ min: -900, max: 800 }) })
  fc.assert(
    fc.property(moderate, moderate, (a, b) => {
      const [m, d] = rational(a)
      const [n, e] = rational(b)
      return isRoot(sqrtRatio(a, b), [m * e, d * n])
    }),
    run,
  )
})
