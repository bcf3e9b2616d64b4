import { test } from 'tap'
import { ExpectedCounts } from '../../../src/database/postgres/expected-counts.ts'
import type { Counts } from '../../../src/database/sql/rows.ts'

function counts(id: number, batches: number, status: Counts['status'] = 'open'): Counts {
  const [incarnation, digest] = ['01'.repeat(16), String(batches).padStart(64, '0')]
  return { id, incarnation, status, batches, samples: 10 * batches, digest }
}

test('a thousand or so are remembered', async (t) => {
  const expected = new ExpectedCounts()
  for (let round = 0; round < 2; round++) expected.note([counts(0, 1)], [])
  t.not(expected.of([0]), undefined)
  for (let id = 1; id < 1030; id++) expected.note([counts(id, 1)], [])
  t.equal(expected.of([0]), undefined)
})
