import fc from 'fast-check'
import { test } from 'tap'
import { unaccounted } from '../../src/loss/memory.ts'
import type { UniformInteger } from '../../src/loss/sampling.ts'
import { bytesPerDraw, drawRows } from '../../src/loss/sampling.ts'
import { countSteps, finish, heldAfterEnds, Ledger } from './support.ts'

function draw(population: number, size: number, replacement: boolean, uniform: UniformInteger): Int32Array {
  return finish(drawRows(population, { size, replacement }, uniform, unaccounted))
}

/** A source that gives these numbers one after the other, and notes the bounds it was asked for. */
function scripted(numbers: readonly number[]): { bounds: number[]; uniform: (bound: number) => number } {
  const bounds: number[] = []
  return { bounds, uniform: (bound) => numbers[bounds.push(bound) - 1] }
}

test('with replacement every draw is one integer below the size of the population', async (t) => {
  const { bounds, uniform } = scripted([4, 0, 4, 2, 2, 1])
  t.same(Array.from(draw(5, 6, true, uniform)), [4, 0, 4, 2, 2, 1])
  t.same(bounds, [5, 5, 5, 5, 5, 5])
})

test('without replacement the rows are a shuffle from the front', async (t) => {
  // 0 1 2 3 4: swap 0 and 4; swap 1 and 4 (now 0); swap 2 and 2; swap 3 and 4 (now 1); 4 stays
  const { bounds, uniform } = scripted([4, 3, 0, 1, 0])
  t.same(Array.from(draw(5, 5, false, uniform)), [4, 0, 2, 1, 3])
  t.same(bounds, [5, 4, 3, 2, 1])
})

test('without replacement it draws as a shuffle of the whole list does', async () => {
  const drawn = fc.integer({ min: 1, max: 60 }).chain((population) =>
    fc.tuple(
      fc.constant(population),
      fc.array(
        fc.nat({ max: 999 }).map((n) => n / 1000),
        { minLength: 1, maxLength: population },
      ),
    ),
  )
  fc.assert(
    fc.property(drawn, ([population, shares]) => {
      const list = Array.from({ length: population }, (_, row) => row)
      for (const [i, share] of shares.entries()) {
        const at = i + Math.floor(share * (population - i))
        const held = list[i]
        list[i] = list[at]
        list[at] = held
      }
      let next = 0
      const rows = draw(population, shares.length, false, (bound) => Math.floor(shares[next++] * bound))
      return JSON.stringify(Array.from(rows)) === JSON.stringify(list.slice(0, shares.length))
    }),
    { seed: 38, numRuns: 300 },
  )
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

test('a few rows of a large population cost no list of it', async (t) => {
  const { uniform } = scripted([2 ** 31 - 2, 0, 2 ** 31 - 4])
  t.same(Array.from(draw(2 ** 31 - 1, 3, false, uniform)), [2 ** 31 - 2, 1, 0])
})

test('8192 rows are drawn in a step', async (t) => {
  for (const replacement of [true, false]) {
    const steps = (size: number) => countSteps(drawRows(2 ** 20, { size, replacement }, () => 0, unaccounted))
    t.same([steps(1), steps(8192), steps(8193), steps(100_000)], [1, 1, 2, 13])
  }
})

test('memory is counted before it is taken, and only the rows are held in the end', async (t) => {
  const size = 3 * 8192
  for (const replacement of [true, false]) {
    const each = replacement ? bytesPerDraw.withReplacement : bytesPerDraw.withoutReplacement
    const memory = new Ledger()
    const rows = finish(drawRows(2 ** 20, { size, replacement }, (bound) => bound >> 1, memory))
    t.equal(memory.peak, each * size)
    t.equal(memory.held, rows.byteLength)
    memory.free(rows.buffer)
    t.equal(memory.held, 0)
    const held = heldAfterEnds((ledger) => drawRows(2 ** 20, { size, replacement }, (bound) => bound >> 1, ledger))
    t.same(new Set(held), new Set([0]))
  }
})
