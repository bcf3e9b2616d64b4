import { setTimeout as sleep } from 'node:timers/promises'
import type { ClientBase } from 'pg'
import pg from 'pg'
import { StoreUnusable } from '../errors.ts'
import type { MigrationLog } from '../sql/schema.ts'
import { migrationsWith, newerSchema, updating } from '../sql/schema.ts'

export const channel = 'lossmeter_evaluations'

const lock = 0x4c4d5453
const lookMilliseconds = 250
const freeMilliseconds = 3000
const lockNotAvailable = '55P03'

const shared = migrationsWith({
  id: 'BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY',
  integer: 'BIGINT',
  real: 'DOUBLE PRECISION',
  bytes: 'BYTEA',
  key: 'TEXT COLLATE "C"',
  clustered: '',
})

const own: readonly (readonly string[])[] = [
  [
    // each batch updates its evaluation: leave room for the new row in the same page
    'ALTER TABLE evaluations SET (fillfactor = 50)',
    `CREATE FUNCTION announce_evaluation() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN PERFORM pg_notify(''${channel}'', NEW.id::text); RETURN NULL; END'`,
    `CREATE TRIGGER evaluations_announced AFTER UPDATE ON evaluations
      FOR EACH ROW EXECUTE FUNCTION announce_evaluation()`,
  ],
  [
    // used by quotas/postgres-ledger.ts
    'CREATE TABLE quotas (minute BIGINT NOT NULL, key TEXT NOT NULL, count BIGINT NOT NULL, PRIMARY KEY (minute, key))',
  ],
  [
    'ALTER TABLE evaluations ADD COLUMN incarnation BYTEA NOT NULL DEFAULT uuid_send(gen_random_uuid())',
    `CREATE INDEX evaluations_by_prefix ON evaluations (owner, name COLLATE "C") WHERE status <> 'deleted'`,
    // changes are announced after their transactions: see listener.ts
    'DROP TRIGGER evaluations_announced ON evaluations',
    'DROP FUNCTION announce_evaluation()',
  ],
  [],
  [
    // each half is written once and updated once: leave room for it in the page
    'ALTER TABLE halves SET (fillfactor = 70)',
  ],
  [],
  [],
  [],
]

const versions = shared.map((statements, version) => [...statements, ...own[version]])

/** They find rows sooner, and nothing more: they are built when all else is there, without blocking writers. */
const indexes = new Map(
  versions.flat().flatMap((text) => {
    const [, name] = /^CREATE INDEX (\w+)/.exec(text) ?? []
    return name === undefined ? [] : [[name, text] as const]
  }),
)

/** @throws StoreUnusable when a newer release has changed the schema */
export async function isCurrent(client: ClientBase): Promise<boolean> {
  return (await versionOf(client)) === versions.length && (await missingIndexes(client)).length === 0
}

/**
 * Brings the schema up to date, one version a transaction and then index by index, so that a migration that is cut off goes
 * on where it was. Of all replicas one does it, under a lock of its session.
 *
 * @param client without a limit of the time of queries
 * @throws StoreUnusable when a newer release has changed the schema
 */
export async function migrate(client: ClientBase, log?: MigrationLog): Promise<void> {
  // a schema that is up to date is not written to: its user may lack the right
  if (await isCurrent(client)) return
  while (!(await isLocked(client))) await sleep(lookMilliseconds)
  try {
    const found = await versionOf(client)
    for (let version = found; version < versions.length; version++) {
      const texts =
        found === 0 ? versions[version] : versions[version].filter((text) => !text.startsWith('CREATE INDEX'))
      const step = { from: version, to: version + 1, of: versions.length }
      await logged(log, step, updating, () => migrateWhenFree(client, version, texts, log))
    }
    for (const index of await missingIndexes(client))
      await logged(log, { index }, ['building an index of the store', 'built an index of the store'], () =>
        build(client, index),
      )
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [lock]).catch(() => undefined)
  }
}

async function logged(
  log: MigrationLog | undefined,
  step: object,
  [beginning, ending]: readonly [beginning: string, ending: string],
  run: () => Promise<void>,
): Promise<void> {
  const begin = performance.now()
  log?.info(step, beginning)
  await run()
  log?.info({ ...step, milliseconds: Math.round(performance.now() - begin) }, ending)
}

async function isLocked(client: ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ is: boolean }>('SELECT pg_try_advisory_lock($1) AS is', [lock])
  return rows[0].is
}

/** To wait for a table makes all others wait: a second at a time, while a dump has it. */
async function migrateWhenFree(
  client: ClientBase,
  version: number,
  texts: readonly string[],
  log?: MigrationLog,
): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await migrateFrom(client, version, texts)
      return
    } catch (error) {
      if (!(error instanceof pg.DatabaseError) || error.code !== lockNotAvailable) throw error
      if (tries === 0) log?.info({ from: version }, 'waiting for transactions that use the tables of the store')
    }
    await sleep(freeMilliseconds)
  }
}

async function migrateFrom(client: ClientBase, version: number, texts: readonly string[]): Promise<void> {
  await client.query(`BEGIN; SET LOCAL lock_timeout = '1s'`)
  try {
    if (version === 0) await client.query('CREATE TABLE lossmeter_schema (version BIGINT NOT NULL)')
    for (const text of texts) await client.query(text)
    await client.query('DELETE FROM lossmeter_schema')
    await client.query('INSERT INTO lossmeter_schema VALUES ($1)', [version + 1])
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined)
    throw error
  }
}

/** Those that are not there, and those whose building was cut off. */
async function missingIndexes(client: ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT name FROM unnest($1::text[]) AS name
      WHERE NOT EXISTS (SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(name) AND indisvalid)
      ORDER BY array_position($1, name)`,
    [[...indexes.keys()]],
  )
  return rows.map(({ name }) => name)
}

async function build(client: ClientBase, name: string): Promise<void> {
  await client.query(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`)
  await client.query(String(indexes.get(name)).replace('CREATE INDEX', 'CREATE INDEX CONCURRENTLY'))
}

/** @throws StoreUnusable */
async function versionOf(client: ClientBase): Promise<number> {
  const { rows: tables } = await client.query(`SELECT 1 WHERE to_regclass('lossmeter_schema') IS NOT NULL`)
  if (tables.length === 0) return 0
  const { rows } = await client.query<{ version: string | number }>('SELECT version FROM lossmeter_schema')
  const version = Number(rows[0].version)
  if (version > versions.length) throw new StoreUnusable(newerSchema(version, versions.length))
  return version
}
