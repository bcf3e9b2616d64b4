import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Test } from 'tap'
import { t as root, test } from 'tap'
import { isCurrent, migrate } from '../../../src/database/postgres/migrate.ts'
import { migrationsWith } from '../../../src/database/sql/schema.ts'
import { sharedPostgres } from './server.ts'

const server = await sharedPostgres(root)
const version = String(migrationsWith({ id: '', integer: '', real: '', bytes: '', key: '', clustered: '' }).length)

async function connected(t: Test, url: string): Promise<pg.Client> {
  const client = new pg.Client(url)
  t.teardown(() => client.end())
  await client.connect()
  return client
}

async function rowsOf(client: pg.Client, text: string): Promise<unknown[]> {
  return (await client.query({ text, rowMode: 'array' })).rows.flat()
}

test('replicas that start together migrate once', async (t) => {
  const url = await server.createDatabase()
  const clients = await Promise.all([1, 2, 3, 4, 5].map(() => connected(t, url)))
  await Promise.all(clients.map((client) => migrate(client)))
  const tables = await rowsOf(
    clients[0],
    `SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1`,
  )
  t.same(tables, ['batches', 'evaluations', 'folds', 'halves', 'lossmeter_schema', 'quotas', 'windows'])
  t.same(await rowsOf(clients[0], 'SELECT version FROM lossmeter_schema'), [version])
  await migrate(clients[0])
  t.same(await rowsOf(clients[0], 'SELECT version FROM lossmeter_schema'), [version])
})

test('a user with the rights to use the tables can start', async (t) => {
  const client = await connected(t, await server.createDatabase())
  await migrate(client)
  await client.query(`CREATE ROLE clerk`)
  await client.query('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO clerk')
  await client.query('SET ROLE clerk')
  await migrate(client)
  t.same(await rowsOf(client, 'SELECT current_user, version FROM lossmeter_schema'), ['clerk', version])
})

test('what fails leaves nothing behind', async (t) => {
  const client = await connected(t, await server.createDatabase())
  await client.query('CREATE TABLE folds (x int)')
  await t.rejects(migrate(client), { message: 'relation "folds" already exists' })
  await client.query('ROLLBACK')
  t.same(await rowsOf(client, `SELECT to_regclass('evaluations')::text`), [null])
})

/** A transaction that has written to a table, and has not ended. */
async function writerOf(t: Test, url: string): Promise<pg.Client> {
  const writer = await connected(t, url)
  await writer.query(`BEGIN; INSERT INTO batches
    (evaluation, sequence, name, fingerprint, labels_digest, samples, loss_status, state, created_at)
    VALUES (1, 1, 'a', '', '', 1, 'none', '', 0)`)
  return writer
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(20)
}

test('an index is built without blocking writers, and again if that was cut off', async (t) => {
  const url = await server.createDatabase()
  const [client, other] = [await connected(t, url), await connected(t, url)]
  await migrate(client)
  await client.query('DROP INDEX batches_by_window')
  t.notOk(await isCurrent(client))
  const writer = await writerOf(t, url)
  client.on('error', () => undefined)
  const told: object[] = []
  const migrating = t.rejects(migrate(client, { info: (fields) => void told.push(fields) }))
  const building = `SELECT pid FROM pg_stat_progress_create_index WHERE datname = current_database()`
  await until(async () => (await rowsOf(other, building)).length === 1)
  await other.query(`SET lock_timeout = '1s'; UPDATE batches SET samples = 2 WHERE sequence = 2`)
  await other.query(`SELECT pg_terminate_backend(pid) FROM (${building}) AS builders`)
  await migrating
  const valid = `SELECT indisvalid FROM pg_index WHERE indexrelid = 'batches_by_window'::regclass`
  t.same(await rowsOf(other, valid), [false])
  t.same(told, [{ index: 'batches_by_window' }])
  await writer.query('COMMIT')
  await migrate(other)
  t.same(await rowsOf(other, valid), [true])
  t.ok(await isCurrent(other))
})

test('a migration lets others write while a transaction has a table, and goes on after it', async (t) => {
  const url = await server.createDatabase()
  const [client, other] = [await connected(t, url), await connected(t, url)]
  await client.query(readFileSync(join(import.meta.dirname, '../../fixtures/released-store-7.sql'), 'utf8'))
  // as pg_dump has it
  const dump = await connected(t, url)
  await dump.query('BEGIN; LOCK TABLE evaluations IN ACCESS SHARE MODE')
  const told: string[] = []
  const migrating = migrate(client, { info: (_, message) => void told.push(message) })
  const locks = `SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'evaluations'::regclass`
  await until(async () => (await rowsOf(other, locks)).length > 0)
  await other.query(`SET lock_timeout = '4s'; UPDATE evaluations SET samples = 0`)
  await dump.query('COMMIT')
  await migrating
  t.ok(await isCurrent(client))
  t.equal(told.filter((message) => message.startsWith('waiting for transactions')).length, 1)
})
