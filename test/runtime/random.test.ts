import { test } from 'tap'
import { uniformIntegers } from '../../src/runtime/random.ts'

/** Draws some integers below a bound. */
function draw(seed: number, bound: number, count: number): number[] {
  const uniform = uniformIntegers(seed)
  return Array.from({ length: count }, () => uniform(bound))
}

test('the generator is mt19937', async (t) => {
  // first outputs for seed 5489, and the 10000th, which ISO C++ [rand.predef] requires to be 4123659995
  const outputs = draw(5489, 2 ** 32, 10_000)
  t.same(outputs.slice(0, 5), [3499211612, 581869302, 3890346734, 3586334585, 545404204])
  t.equal(outputs[9999], 4123659995)
})

test('integers below 60000 are those of numpy.random.RandomState(42).randint', async (t) => {
  t.same(draw(42, 60_000, 10), [56422, 15795, 860, 38158, 54343, 44732, 11284, 54886, 6265, 16850])
})

test('as many low bits of each output are kept as the largest integer has', async (t) => {
  const outputs = draw(9, 2 ** 32, 50)
  for (const bits of [1, 5, 16, 31]) {
    t.same(
      draw(9, 2 ** bits, 50),
      outputs.map((output) => output % 2 ** bits),
      `2^${bits}`,
    )
  }
})

test('what the bits kept have beyond the bound is passed over', async (t) => {
  // 3 * 2^30 leaves a quarter of the outputs unused
  const bound = 3 * 2 ** 30
  const raw = draw(7, 2 ** 32, 40)
  t.same(draw(7, bound, 20), raw.filter((value) => value < bound).slice(0, 20))
  t.ok(raw.slice(0, 20).some((value) => value >= bound))
})

test('the ends of the range of seeds and bounds', async (t) => {
  t.same(draw(0, 1, 3), [0, 0, 0])
  t.same(draw(2 ** 32 - 1, 2 ** 32, 3), [419326371, 479346978, 3918654476])
  t.not(draw(0, 2 ** 31, 1)[0], draw(2 ** 32 - 1, 2 ** 31, 1)[0])
  t.ok(draw(2 ** 32 - 1, 2 ** 31 - 1, 1000).every((value) => value >= 0 && value < 2 ** 31 - 1))
})

test('the one integer below 1 takes no output', async (t) => {
  const uniform = uniformIntegers(42)
  t.equal(uniform(1), 0)
  t.equal(uniform(60_000), 56422)
})

test('every integer is as likely as any other', async (t) => {
  const counts = new Array(7).fill(0)
  for (const value of draw(1, 7, 70_000)) counts[value]++
  // chi-squared with 6 degrees of freedom exceeds 22.5 once in a thousand seeds
  const chiSquared = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)
  t.ok(chiSquared < 22.5, String(chiSquared))
})
