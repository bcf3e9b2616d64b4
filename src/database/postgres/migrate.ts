import type { ClientBase } from 'pg'
import { StoreUnusable } from '../errors.ts'
import { migrationsWith, newerSchema } from '../sql/schema.ts'

/** Where changes of evaluations are announced, each as its id. */
export const channel = 'lossmeter_evaluations'

/** Any number, as long as no other program takes this lock. */
const lock = 0x4c4d5452

const shared = migrationsWith({
  id: 'BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY',
  integer: 'BIGINT',
  real: 'DOUBLE PRECISION',
  bytes: 'BYTEA',
})

/** What each version has besides. */
const own: readonly (readonly string[])[] = [
  [
    // each batch updates its evaluation: room for that beside the row
    'ALTER TABLE evaluations SET (fillfactor = 50)',
    `CREATE FUNCTION announce_evaluation() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN PERFORM pg_notify(''${channel}'', NEW.id::text); RETURN NULL; END'`,
    `CREATE TRIGGER evaluations_announced AFTER UPDATE ON evaluations
      FOR EACH ROW EXECUTE FUNCTION announce_evaluation()`,
  ],
  [
    // what clients have sent in a minute of the clock, see src/quotas
    'CREATE TABLE quotas (minute BIGINT NOT NULL, key TEXT NOT NULL, count BIGINT NOT NULL, PRIMARY KEY (minute, key))',
  ],
]

/**
 * Brings the schema up to date, in one transaction. Any number of replicas may do so at the same time.
 *
 * @throws StoreUnusable when a newer release has done so
 */
export async function migrate(client: ClientBase): Promise<void> {
  await client.query('BEGIN')
  await client.query('SELECT pg_advisory_xact_lock($1)', [lock])
  const version = await versionOf(client)
  if (version > shared.length) throw new StoreUnusable(newerSchema(version, shared.length))
  // nothing is written to a schema that is up to date, so that its user needs no more rights than to use it
  if (version < shared.length) {
    if (version === 0) await client.query('CREATE TABLE lossmeter_schema (version BIGINT NOT NULL)')
    for (const text of shared.slice(version).flatMap((statements, at) => [...statements, ...own[version + at]])) {
      await client.query(text)
    }
    await client.query('DELETE FROM lossmeter_schema')
    await client.query('INSERT INTO lossmeter_schema VALUES ($1)', [shared.length])
  }
  await client.query('COMMIT')
}

/** 0 for an empty database. */
async function versionOf(client: ClientBase): Promise<number> {
  const { rows: tables } = await client.query(`SELECT 1 WHERE to_regclass('lossmeter_schema') IS NOT NULL`)
  if (tables.length === 0) return 0
  const { rows } = await client.query<{ version: string | number }>('SELECT version FROM lossmeter_schema')
  return Number(rows[0].version)
}
