import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { signFlipPValue } from '../../../src/loss/numerics/sign-flips.ts'
import { unaccounted } from '../../unaccounted.ts'
import { countSteps, finish, heldAfterEnds } from '../support.ts'

const fixture = new URL('../../fixtures/comparisons.json', import.meta.url)
const { clustered, manyRows } = JSON.parse(readFileSync(fixture, 'utf8')) as {
  clustered: { differences: number[]; pValue: number }[]
  manyRows: { ones: number; twos: number; total: number; pValue: number }[]
}

function countsOf(differences: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>()
  for (const difference of differences) counts.set(difference, (counts.get(difference) ?? 0) + 1)
  return counts
}

function pValue(counts: ReadonlyMap<number, number>): number {
  return finish(signFlipPValue(counts, unaccounted))
}

test('p-values are those of all choices of signs, counted in integers', async (t) => {
  t.ok(clustered.length >= 12)
  for (const { differences, pValue: want } of clustered) {
    const found = pValue(countsOf(differences))
    t.ok(Math.abs(found - want) <= 1e-12 * want, `${found} of ${differences.length} rows, not ${want}`)
    t.equal(pValue(countsOf(differences.toReversed().map((d) => -d))), found, 'neither order nor direction matters')
  }
})

test('what all differences have in common does not matter', async (t) => {
  const counts = countsOf([1, 2, 2, 3, -1, -2, 3, 3])
  const scaled = new Map(Array.from(counts, ([difference, count]) => [7 * difference, count]))
  t.equal(pValue(scaled), pValue(counts))
})

test('differences that balance, and none, are no evidence at all', async (t) => {
  for (const differences of [[1, -1, 2, -2], [1, 1, -2], []]) t.equal(pValue(countsOf(differences)), 1)
})

test('beyond what can be counted it is the normal distribution', async (t) => {
  for (const { ones, twos, total, pValue: want } of manyRows) {
    const half = total / 4
    const counts = new Map([
      [1, ones / 2],
      [-1, ones / 2],
      [2, twos / 2 + half],
      [-2, twos / 2 - half],
    ])
    t.ok((ones + twos) * (ones + 2 * twos - total) > 2 ** 26, 'too many to count')
    const found = pValue(counts)
    t.ok(Math.abs(found / want - 1) < 0.005, `${found}, not ${want}`)
  }
})

test('it takes steps, and gives back its memory', async (t) => {
  const counts = new Map([
    [1, 1500],
    [-1, 1400],
    [2, 1000],
    [-2, 900],
    [20_000, 1],
  ])
  t.ok(countSteps(signFlipPValue(counts, unaccounted)) > 10)
  t.same(new Set(heldAfterEnds((memory) => signFlipPValue(counts, memory))), new Set([0]))
})
