import { test } from 'tap'
import { ExpectedCounts } from '../../../src/database/postgres/expected-counts.ts'
import type { Counts } from '../../../src/database/sql/decide.ts'

function counts(id: number, batches: number, status: Counts['status'] = 'open'): Counts {
  return { id, status, batches, samples: 10 * batches }
}

test('an evaluation that was found twice as it had been left is expected so', async (t) => {
  const expected = new ExpectedCounts()
  t.equal(expected.of([1]), undefined)
  expected.note([counts(1, 5)], [counts(1, 6)])
  t.equal(expected.of([1]), undefined, 'nobody knows whether others write to it')
  expected.note([counts(1, 6)], [counts(1, 8)])
  t.same(expected.of([1]), [counts(1, 8)])
  expected.note([counts(1, 8)], [])
  t.same(expected.of([1]), [counts(1, 8)], 'what was only looked at stays')
  t.equal(expected.of([1, 2]), undefined, 'all have to be')
  expected.forget([1])
  t.equal(expected.of([1]), undefined)
})

test('one that others write to is not', async (t) => {
  const expected = new ExpectedCounts()
  expected.note([counts(1, 1)], [counts(1, 2)])
  expected.note([counts(1, 2)], [counts(1, 3)])
  expected.note([counts(1, 4)], [counts(1, 5)])
  t.equal(expected.of([1]), undefined)
  expected.note([counts(1, 5)], [counts(1, 6)])
  t.same(expected.of([1]), [counts(1, 6)])
})

test('nor is one that is sealed', async (t) => {
  const expected = new ExpectedCounts()
  for (let round = 0; round < 2; round++) expected.note([counts(1, 2, 'sealed')], [])
  t.equal(expected.of([1]), undefined)
})

test('a thousand or so are remembered', async (t) => {
  const expected = new ExpectedCounts()
  for (let round = 0; round < 2; round++) expected.note([counts(0, 1)], [])
  t.not(expected.of([0]), undefined)
  for (let id = 1; id < 1030; id++) expected.note([counts(id, 1)], [])
  t.equal(expected.of([0]), undefined)
})
