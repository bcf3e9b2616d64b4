import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { test } from 'tap'
import { takeNegativeLogs } from '../../../../src/loss/numerics/logarithm/logarithm.ts'

const generator = xoroshiro128plus(12)
function random(): number {
  return ((generator.next() >>> 5) * 2 ** 26 + (generator.next() >>> 6)) / 2 ** 53
}

/** The values whose negative logarithm is not, to the last bit, the one that Math.log gives. */
function wrong(values: Float64Array, shift = 0): number[] {
  const taken = values.slice()
  takeNegativeLogs(taken, shift)
  return Array.from(values).filter((value, i) => !Object.is(taken[i], 0 - Math.log(value + shift)))
}

/** A double whose mantissa differs from that of `value` in a random number of its last bits. */
function closeTo(value: number): number {
  return value * (1 + (random() - 0.5) * 2 ** -Math.floor(53 * random()))
}

const kinds: [name: string, make: () => number, shift?: number][] = [
  ['of all exponents', () => (1 + random()) * 2 ** Math.floor(2046 * random() - 1022)],
  ['of any bits', () => new Float64Array(Int32Array.of(generator.next(), generator.next()).buffer)[0]],
  ['subnormal', () => random() * 2 ** -1022],
  ['close to 1', () => closeTo(1)],
  ['close to a power of 2', () => closeTo(2 ** Math.floor(200 * random() - 100))],
  ['close to sqrt(2) and its half', () => closeTo(random() < 0.5 ? Math.SQRT2 : Math.SQRT1_2)],
  // where the original decides which terms to take off last: 2^20 + 0x6147a or 0x6b851 parts of 2^20
  ['close to 1.38 and 1.42', () => closeTo(random() < 0.5 ? 1.379799842834473 : 1.419999122619629)],
  ['of probabilities', () => random() ** 3, 1e-7],
  ['of probabilities of 32 bits', () => Math.fround(random() ** 9), 1e-7],
  ['of few digits', () => Math.round(20 * random()) / 20, 1e-7],
]

test('the logarithms of Math.log, bit by bit', async (t) => {
  for (const [name, make, shift] of kinds) {
    const values = Float64Array.from({ length: 150_001 }, make)
    t.same(wrong(values, shift).slice(0, 5), [], name)
  }
})

test('what is no positive number, and the ends of what is, alone and beside others', async (t) => {
  const ends = [5e-324, 2 ** -1022, 2 ** -1022 - 5e-324, Number.MAX_VALUE, 1, 1 + 2 ** -52, 1 - 2 ** -53, 0.5, 2]
  const values = [0, -0, -1, -5e-324, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, ...ends]
  for (const value of values) {
    for (const length of [1, 2, 7, 8, 9, 20]) {
      for (const at of [0, length - 1]) {
        const some = new Float64Array(length).fill(0.7)
        some[at] = value
        t.same(wrong(some), [], `${value} at ${at} of ${length}`)
      }
    }
  }
  t.same(wrong(new Float64Array(0)), [])
})

test('of a view, and nothing around it', async (t) => {
  const values = new Float64Array(10_002).fill(0.25)
  takeNegativeLogs(values.subarray(1, 10_001))
  t.same(new Set(values.subarray(1, 10_001)), new Set([2 * Math.LN2]))
  t.same([values[0], values[10_001]], [0.25, 0.25])
})
