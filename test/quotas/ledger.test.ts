import { test } from 'tap'
import { decide } from '../../src/quotas/ledger.ts'

const ask = { key: 'a', minute: 1, limit: 80, owed: 0, need: 0, want: 0 }

test('a count grows by what is owed and what is granted, and what is left shrinks', async (t) => {
  t.same(decide(0, ask), { granted: 0, left: 80, count: 0 })
  t.same(decide(16, { ...ask, owed: 4, need: 3, want: 50 }), { granted: 7, left: 53, count: 27 })
  t.same(decide(78, { ...ask, need: 5, want: 50 }), { granted: 2, left: 0, count: 80 })
  t.same(decide(78, { ...ask, owed: 5, need: 5, want: 50 }), { granted: 0, left: 0, count: 83 })
  t.same(decide(10, { ...ask, owed: -20 }), { granted: 0, left: 80, count: 0 })
})
