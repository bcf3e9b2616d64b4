import type { Test } from 'tap'
import { t as root, test } from 'tap'
import { PostgresLedger } from '../../src/quotas/postgres-ledger.ts'
import { sharedPostgres } from '../database/postgres/server.ts'
import { matrix } from '../matrix.ts'
import { provesLedger } from './contract.ts'

const server = await sharedPostgres(root)
const ask = { key: 'somebody', minute: 100, limit: 10, owed: 0, need: 1, want: 1 }

function ledgerOf(t: Test, url: string): PostgresLedger {
  const ledger = new PostgresLedger(url)
  t.teardown(() => ledger.close())
  return ledger
}

test('replicas are granted what there is, once', async (t) => {
  const url = await server.createDatabase()
  await provesLedger(t, ledgerOf(t, url), ledgerOf(t, url))
})

test('what is over is deleted, but clocks may differ by a minute; nobody is named', async (t) => {
  const url = await server.createDatabase()
  const ledger = ledgerOf(t, url)
  for (const minute of [98, 99, 100]) await ledger.take([{ ...ask, minute }])
  const rows = await server.query('SELECT * FROM quotas ORDER BY minute', new URL(url).pathname.slice(1))
  t.same(
    rows.map(({ minute, count }) => [Number(minute), Number(count)]),
    matrix('99 1; 100 1'),
  )
  for (const { key } of rows) t.match(key, /^[\w-]{43}$/)
})

test('a database that is out of reach is tried again at each call', async (t) => {
  const url = await server.createDatabase()
  const database = new URL(url).pathname.slice(1)
  const missing = ledgerOf(t, server.url('later'))
  await t.rejects(missing.take([ask]), { name: 'StoreUnusable' })
  await server.query('CREATE DATABASE later')
  t.same(await missing.take([ask]), [{ granted: 1, left: 9 }])
  const ledger = ledgerOf(t, url)
  await ledger.take([ask])
  await server.query('DROP TABLE quotas', database)
  await t.rejects(ledger.take([ask]), { name: 'StoreUnavailable' })
  const never = new PostgresLedger(server.url('never'))
  await t.rejects(never.take([ask]), { name: 'StoreUnusable' })
  await never.close()
})
