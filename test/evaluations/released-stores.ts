import { cpSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import type { Test } from 'tap'
import { t as root } from 'tap'
import { sharedPostgres } from '../database/postgres/server.ts'
import type { Request } from '../loss/support.ts'

const server = await sharedPostgres(root)
const fixtures = join(import.meta.dirname, '../fixtures/released-store-')

/** The versions of the schema of which there is a store. */
export const written = globSync(`${fixtures}*.sqlite`)
  .map((path) => Number(/(\d+)\.sqlite$/.exec(path)?.[1]))
  .toSorted((a, b) => a - b)

/** As test/fixtures/released-store.ts sent them. */
export const requests = Array.from(
  { length: 140 },
  (_, at): Request => ({ loss: 'mse', labelFormat: 'values', predictions: [at / 10, 0.1], labels: [0.3, at % 7] }),
)

/** A database with the store that a release wrote: test/fixtures/released-store.ts. */
export interface Place {
  readonly url: string
  run(text: string): Promise<unknown>
  /** Puts the store of the release in the place of what is there. */
  restore(): Promise<void>
}

function sqlitePlace(t: Test, version: number): Place {
  const fixture = `${fixtures}${version}.sqlite`
  const folder = mkdtempSync(join(tmpdir(), 'lossmeter-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'store')
  cpSync(fixture, path)
  const other = new DatabaseSync(path, { timeout: 5000 })
  t.teardown(() => other.close())
  return {
    url: `sqlite:${path}`,
    run: async (text) => other.exec(text),
    async restore() {
      const released = new DatabaseSync(fixture, { readOnly: true })
      await backup(released, path)
      released.close()
    },
  }
}

async function postgresPlace(t: Test, version: number): Promise<Place> {
  const url = await server.createDatabase()
  const client = new pg.Client(url)
  await client.connect()
  t.teardown(() => client.end())
  const load = async () => {
    await client.query(readFileSync(`${fixtures}${version}.sql`, 'utf8'))
    await client.query(`SELECT setval(pg_get_serial_sequence('evaluations', 'id'), max(id)) FROM evaluations`)
  }
  await load()
  return {
    url,
    run: (text) => client.query(text),
    async restore() {
      await client.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public')
      await load()
    },
  }
}

/** By the kind of the database, the store of a version of the schema. */
export const places: Readonly<Record<string, (t: Test, version: number) => Place | Promise<Place>>> = {
  SQLite: sqlitePlace,
  PostgreSQL: postgresPlace,
}
