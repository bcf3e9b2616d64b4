import { test } from 'tap'
import { MemoryLedger } from '../../src/quotas/memory-ledger.ts'
import { provesLedger } from './contract.ts'

test('it grants what there is, once', (t) => provesLedger(t, new MemoryLedger()))
