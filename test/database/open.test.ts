import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'tap'
import { openStore } from '../../src/database/open.ts'
import { batchOf, declareNew, limits, namesOf } from '../evaluations/support.ts'

test('a SQLite file lasts, in a folder that is made when missing', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'lossmeter-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const url = `sqlite:${join(folder, 'new', 'folder', 'lossmeter.sqlite')}`
  const before = await openStore(url, limits, () => 5)
  const evaluation = await declareNew(before, 'owner', 'run')
  t.equal(evaluation.createdAt, 5)
  await before.putBatches([batchOf(evaluation, 'a')])
  await before.close()
  const after = await openStore(url, limits)
  t.same(namesOf(await after.listBatches(evaluation, { limit: 9 })), ['a'])
  t.match(await after.find('owner', 'run'), {
    id: evaluation.id,
    incarnation: evaluation.incarnation,
    batches: 1,
    samples: 2,
  })
  await after.close()
})

test('what cannot be opened is told at once', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'lossmeter-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const text = join(folder, 'text')
  writeFileSync(text, 'no database, but a text of some length'.repeat(100))
  const table: Readonly<Record<string, string>> = {
    'mysql:x': 'DATABASE_URL must be sqlite:PATH, postgres://USER:PASSWORD@HOST:PORT/DATABASE or memory:',
    [`sqlite:${text}`]: `${text} cannot be opened: file is not a database`,
    [`sqlite:${folder}`]: `${folder} cannot be opened: unable to open database file`,
  }
  for (const [url, message] of Object.entries(table)) {
    await t.rejects(openStore(url, limits), { name: 'StoreUnusable', message }, url)
  }
})

test('a PostgreSQL that does not answer opens nevertheless', async (t) => {
  const store = await openStore('postgres://user@localhost/db?host=/nowhere', limits)
  await t.rejects(store.ping(), { name: 'StoreUnavailable', reason: 'out-of-reach' })
  await store.close()
})

test('an observer is told what the database does', async (t) => {
  const told: unknown[] = []
  const observer = {
    ran: (system: string, operation: string, seconds: number, failure?: string) =>
      void told.push([system, operation, seconds >= 0, failure]),
    committed: (batches: number) => void told.push(batches),
    waited: () => undefined,
    listenFailed: () => void told.push('deaf'),
  }
  const store = await openStore('memory:', limits, undefined, observer)
  const run = await declareNew(store, 'owner', 'run')
  await store.putBatches([batchOf(run, 'a'), batchOf(run, 'b')])
  await t.rejects(store.putBatches([{ ...batchOf(run, 'c'), fingerprint: null as never }]))
  await store.ping()
  await store.close()
  await t.rejects(store.ping())
  const distant = await openStore('postgres://user@localhost/db?host=/nowhere', limits, undefined, observer)
  await t.rejects(distant.ping())
  await distant.close()
  t.same(told, [
    ['sqlite', 'transaction', true, undefined],
    ['sqlite', 'commit', true, undefined],
    2,
    ['sqlite', 'commit', true, 'other'],
    ['sqlite', 'query', true, undefined],
    ['sqlite', 'ping', true, undefined],
    ['sqlite', 'query', true, 'closed'],
    ['postgresql', 'query', true, 'out-of-reach'],
  ])
})
