import type { Test } from 'tap'
import type { Ask, Ledger } from '../../src/quotas/ledger.ts'

const standard: Ask = { key: 'a', minute: 7, limit: 100, owed: 0, need: 1, want: 1 }

/** What every ledger does, whoever asks it. */
export async function provesLedger(t: Test, ours: Ledger, theirs = ours): Promise<void> {
  const ask = async (from: Ledger, more: Partial<Ask>) => (await from.take([{ ...standard, ...more }]))[0]
  t.same(await ask(ours, { want: 20 }), { granted: 12, left: 88 }, 'what is welcome up to an eighth of what is left')
  t.same(await ask(theirs, { need: 50, want: 50 }), { granted: 50, left: 38 }, 'what is needed in any case')
  t.same(await ask(theirs, { need: 0, want: 3 }), { granted: 3, left: 35 })
  t.same(
    await ask(ours, { owed: -10, need: 0, want: 0 }),
    { granted: 0, left: 45 },
    'what is given back is there again',
  )
  t.same(await ask(theirs, { owed: 5, need: 2, want: 2 }), { granted: 2, left: 38 }, 'what was used counts')
  t.same(await ask(ours, { need: 60, want: 60 }), { granted: 38, left: 0 }, 'no more than there is')
  t.same(await ask(theirs, {}), { granted: 0, left: 0 })
  t.same(await ask(theirs, { owed: 7, need: 0, want: 0 }), { granted: 0, left: 0 }, 'more was used than there was')
  t.same(await ask(ours, { owed: -5 }), { granted: 0, left: 0 })
  t.same(await ask(ours, { owed: -500, need: 0, want: 0 }), { granted: 0, left: 100 }, 'never below nothing')
  t.same(
    await ours.take([
      { ...standard, key: 'c', limit: 2 },
      { ...standard, key: 'b', limit: 2 ** 50, need: 2 ** 49, want: 2 ** 49 },
      { ...standard, minute: 8, limit: 3 },
    ]),
    [
      { granted: 1, left: 1 },
      { granted: 2 ** 49, left: 2 ** 49 },
      { granted: 1, left: 2 },
    ],
    'each key and each minute for itself, in order',
  )
  const many = Array.from({ length: 300 }, (_, at) => ask(at % 2 === 0 ? ours : theirs, { key: 'many', limit: 200 }))
  const granted = (await Promise.all(many)).reduce((sum, grant) => sum + grant.granted, 0)
  t.equal(granted, 200, 'nothing is granted twice')
}
