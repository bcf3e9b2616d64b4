import { test } from 'tap'
import { MemoryLedger } from '../../src/quotas/memory-ledger.ts'
import { provesLedger } from './contract.ts'

test('it grants what there is, once', (t) => provesLedger(t, new MemoryLedger()))

test('when it is closed it has forgotten everything', async (t) => {
  const ledger = new MemoryLedger()
  const ask = { key: 'a', minute: 1, limit: 1, owed: 0, need: 1, want: 1 }
  t.same(await ledger.take([ask]), [{ granted: 1, left: 0 }])
  t.same(await ledger.take([ask]), [{ granted: 0, left: 0 }])
  await ledger.close()
  t.same(await ledger.take([ask]), [{ granted: 1, left: 0 }])
})
