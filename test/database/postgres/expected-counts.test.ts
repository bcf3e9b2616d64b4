import { test } from 'tap'
import { ExpectedCounts } from '../../../src/database/postgres/expected-counts.ts'
import type { Counts } from '../../../src/database/sql/decide.ts'

function counts(id: number, batches: number, status: Counts['status'] = 'open'): Counts {
  return { id, status, batches, samples: 10 * batches }
}

test('a thousand or so are remembered', async (t) => {
  const expected = new ExpectedCounts()
  for (let round = 0; round < 2; round++) expected.note([counts(0, 1)], [])
  t.not(expected.of([0]), undefined)
  for (let id = 1; id < 1030; id++) expected.note([counts(id, 1)], [])
  t.equal(expected.of([0]), undefined)
})
