import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { test } from 'tap'
import type { UniformInteger } from '../../src/loss/sampling.ts'
import { drawRows } from '../../src/loss/sampling.ts'
import { uniformIntegers } from '../../src/runtime/random.ts'
import { unaccounted } from '../unaccounted.ts'
import { countSteps, finish, Ledger } from './support.ts'

function draw(
  population: number,
  size: number,
  replacement: boolean,
  uniform: UniformInteger,
): Int32Array<ArrayBuffer> {
  return finish(drawRows(population, { size, replacement }, uniform, unaccounted))
}

/** A source that gives these numbers one after the other, and notes the bounds it was asked for. */
function scripted(numbers: readonly number[]): { bounds: number[]; uniform: (bound: number) => number } {
  const bounds: number[] = []
  return { bounds, uniform: (bound) => numbers[bounds.push(bound) - 1] }
}

test('fewer rows without replacement are the beginning of the whole shuffle', async () => {
  const drawn = fc.integer({ min: 1, max: 60 }).chain((population) =>
    fc.record({
      population: fc.constant(population),
      size: fc.integer({ min: 1, max: population }),
      shares: fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
        minLength: population,
        maxLength: population,
      }),
    }),
  )
  fc.assert(
    fc.property(drawn, ({ population, size, shares }) => {
      const list = Array.from({ length: population }, (_, row) => row)
      for (const [swap, share] of shares.slice(1).entries()) {
        const i = population - 1 - swap
        const at = Math.floor(share * (i + 1))
        const held = list[i]
        list[i] = list[at]
        list[at] = held
      }
      let next = 1
      const rows = draw(population, size, false, (bound) => Math.floor(shares[next++] * bound))
      return next === population && JSON.stringify(Array.from(rows)) === JSON.stringify(list.slice(0, size))
    }),
    { seed: 38, numRuns: 300 },
  )
})

interface Choices {
  readonly seeds: number[]
  readonly cases: {
    readonly population: number
    readonly size: number
    readonly replacement: boolean
    readonly draws: number
    readonly first: number[]
    readonly sha256: string
  }[]
}

test('the rows are those that NumPy draws', async (t) => {
  const file = new URL('../fixtures/numpy-choice.json', import.meta.url)
  const { seeds, cases } = JSON.parse(readFileSync(file, 'utf8')) as Choices
  t.equal(seeds.length, 200)
  for (const { population, size, replacement, draws, first, sha256 } of cases) {
    const hash = createHash('sha256')
    for (const [at, seed] of seeds.slice(0, draws).entries()) {
      const rows = new Uint32Array(draw(population, size, replacement, uniformIntegers(seed)).buffer)
      if (at === 0) t.same(Array.from(rows.subarray(0, 5)), first, `${size} of ${population}, ${replacement}`)
      hash.update(rows)
    }
    t.equal(hash.digest('hex'), sha256, `${size} of ${population}, ${replacement}: all seeds`)
  }
})

test('equally likely integers make every sample equally likely', async (t) => {
  const counts = (replacement: boolean) => {
    const seen = new Map<string, number>()
    for (let script = 0; script < 4 * (replacement ? 4 * 4 : 3 * 2); script++) {
      let left = script
      const rows = draw(4, 3, replacement, (bound) => {
        const number = left % bound
        left = Math.floor(left / bound)
        return number
      })
      seen.set(rows.join(), (seen.get(rows.join()) ?? 0) + 1)
    }
    return Array.from(seen, ([rows, times]) => [new Set(rows.split(',')).size, times])
  }
  t.same(counts(false), new Array(24).fill([3, 1]), '4 * 3 * 2 ordered samples of 3 rows, each once')
  t.same(
    counts(true).map(([, times]) => times),
    new Array(64).fill(1),
    '4^3 ordered samples, each once',
  )
})

test('rows up to 2^32 are 32-bit integers', async (t) => {
  const { uniform } = scripted([2 ** 32 - 1, 2 ** 31, 5])
  t.same(Array.from(new Uint32Array(draw(2 ** 32, 3, true, uniform).buffer)), [2 ** 32 - 1, 2 ** 31, 5])
})

test('8192 rows are drawn or swapped in a step', async (t) => {
  const steps = (population: number, size: number, replacement: boolean) =>
    countSteps(drawRows(population, { size, replacement }, () => 0, unaccounted))
  t.same(
    [1, 8192, 8193, 100_000].map((size) => steps(2 ** 32, size, true)),
    [1, 1, 2, 13],
  )
  // the list is written 65,536 rows a step
  t.same(
    [1, 2, 8193, 8194, 2 ** 16, 2 ** 20].map((population) => steps(population, 1, false)),
    [1, 2, 2, 3, 1 + 8, 16 + 128],
  )
})

test('memory is counted before it is taken, and only the rows are held in the end', async (t) => {
  const size = 3 * 8192
  const population = 2 ** 18
  for (const replacement of [true, false]) {
    const memory = new Ledger()
    const rows = finish(drawRows(population, { size, replacement }, (bound) => bound >> 1, memory))
    t.equal(memory.peak, 4 * (size + (replacement ? 0 : population)))
    t.equal(memory.held, rows.byteLength)
  }
})
