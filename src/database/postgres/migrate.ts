import { setTimeout as sleep } from 'node:timers/promises'
import type { ClientBase } from 'pg'
import { StoreUnusable } from '../errors.ts'
import { migrationsWith, newerSchema } from '../sql/schema.ts'

export const channel = 'lossmeter_evaluations'

const lock = 0x4c4d5453
const lookMilliseconds = 250

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

export interface MigrationLog {
  info(fields: object, message: string): void
}

/** @throws StoreUnusable when a newer release has changed the schema */
export async function isCurrent(client: ClientBase): Promise<boolean> {
  return (await versionOf(client)) === shared.length
}

/**
 * Brings the schema up to date, one version a transaction, so that a migration that is cut off goes on where it was. Of all
 * replicas one does it, under a lock of its session.
 *
 * @param client without a limit of the time of queries
 * @throws StoreUnusable when a newer release has changed the schema
 */
export async function migrate(client: ClientBase, log?: MigrationLog): Promise<void> {
  // a schema that is up to date is not written to: its user may lack the right
  if (await isCurrent(client)) return
  while (!(await isLocked(client))) await sleep(lookMilliseconds)
  try {
    for (let version = await versionOf(client); version < shared.length; version++) {
      const begin = performance.now()
      const step = { from: version, to: version + 1 }
      log?.info(step, 'updating the schema of the store')
      await migrateFrom(client, version)
      log?.info(
        { ...step, milliseconds: Math.round(performance.now() - begin) },
        'the schema of the store is up to date',
      )
    }
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [lock]).catch(() => undefined)
  }
}

async function isLocked(client: ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ is: boolean }>('SELECT pg_try_advisory_lock($1) AS is', [lock])
  return rows[0].is
}

async function migrateFrom(client: ClientBase, version: number): Promise<void> {
  await client.query('BEGIN')
  try {
    if (version === 0) await client.query('CREATE TABLE lossmeter_schema (version BIGINT NOT NULL)')
    for (const text of [...shared[version], ...own[version]]) await client.query(text)
    await client.query('DELETE FROM lossmeter_schema')
    await client.query('INSERT INTO lossmeter_schema VALUES ($1)', [version + 1])
    await client.query('COMMIT')
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined)
    throw error
  }
}

/** @throws StoreUnusable */
async function versionOf(client: ClientBase): Promise<number> {
  const { rows: tables } = await client.query(`SELECT 1 WHERE to_regclass('lossmeter_schema') IS NOT NULL`)
  if (tables.length === 0) return 0
  const { rows } = await client.query<{ version: string | number }>('SELECT version FROM lossmeter_schema')
  const version = Number(rows[0].version)
  if (version > shared.length) throw new StoreUnusable(newerSchema(version, shared.length))
  return version
}
