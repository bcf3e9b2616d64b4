import pg from 'pg'
import type { Test } from 'tap'
import { t as root, test } from 'tap'
import { migrate } from '../../../src/database/postgres/migrate.ts'
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
