import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import type { Test } from 'tap'
import { t as root, test } from 'tap'
import { sharedPostgres } from '../database/postgres/server.ts'
import type { Place } from './restores.ts'
import { restores, worldOf } from './restores.ts'

const server = await sharedPostgres(root)

/** `backup` writes into the live file, as the command `.restore` of sqlite3 does. */
function sqlitePlace(t: Test): Place {
  const folder = mkdtempSync(join(tmpdir(), 'lossmeter-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const [live, copy] = [join(folder, 'store'), join(folder, 'copy')]
  const copied = async (from: string, to: string) => {
    const database = new DatabaseSync(from)
    await backup(database, to)
    database.close()
  }
  return {
    url: `sqlite:${live}`,
    givesIdsAgain: true,
    save: () => copied(live, copy),
    restore: () => copied(copy, live),
  }
}

const tables = ['evaluations', 'batches', 'folds']

/** As `pg_restore --clean` does, or the promotion of a standby that lacks the tail: rows and the sequence of ids are as before. */
async function postgresPlace(t: Test): Promise<Place> {
  const url = await server.createDatabase()
  const client = new pg.Client(url)
  await client.connect()
  t.teardown(() => client.end())
  const sequence = `pg_get_serial_sequence('evaluations', 'id')`
  return {
    url,
    givesIdsAgain: true,
    async save() {
      await client.query('DROP SCHEMA IF EXISTS saved CASCADE; CREATE SCHEMA saved')
      for (const table of tables) await client.query(`CREATE TABLE saved.${table} AS TABLE ${table}`)
    },
    async restore() {
      await client.query('BEGIN')
      for (const table of tables.toReversed()) await client.query(`DELETE FROM ${table}`)
      for (const table of tables) {
        await client.query(`INSERT INTO ${table} OVERRIDING SYSTEM VALUE SELECT * FROM saved.${table}`)
      }
      await client.query(`SELECT setval(${sequence}, coalesce((SELECT max(id) FROM evaluations), 1))`)
      await client.query('COMMIT')
    },
  }
}

const places: Readonly<Record<string, (t: Test) => Place | Promise<Place>>> = {
  SQLite: sqlitePlace,
  PostgreSQL: postgresPlace,
}

for (const [kind, placeOf] of Object.entries(places)) {
  for (const [fault, run] of Object.entries(restores)) {
    test(`${kind}: ${fault}`, async (t) => run(t, await worldOf(t, await placeOf(t))))
  }
}
