import type { ClientBase } from 'pg'
import { StoreUnusable } from '../errors.ts'
import { migrationsWith, newerSchema } from '../sql/schema.ts'

export const channel = 'lossmeter_evaluations'

const lock = 0x4c4d5452

const shared = migrationsWith({
  id: 'BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY',
  integer: 'BIGINT',
  real: 'DOUBLE PRECISION',
  bytes: 'BYTEA',
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
    // changes are announced after their transactions: see listener.ts
    'DROP TRIGGER evaluations_announced ON evaluations',
    'DROP FUNCTION announce_evaluation()',
  ],
]

/** In one transaction, under a lock. @throws StoreUnusable when a newer release has done so */
export async function migrate(client: ClientBase): Promise<void> {
  await client.query('BEGIN')
  await client.query('SELECT pg_advisory_xact_lock($1)', [lock])
  const version = await versionOf(client)
  if (version > shared.length) throw new StoreUnusable(newerSchema(version, shared.length))
  // a schema that is up to date is not written to: its user may lack the right
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

async function versionOf(client: ClientBase): Promise<number> {
  const { rows: tables } = await client.query(`SELECT 1 WHERE to_regclass('lossmeter_schema') IS NOT NULL`)
  if (tables.length === 0) return 0
  const { rows } = await client.query<{ version: string | number }>('SELECT version FROM lossmeter_schema')
  return Number(rows[0].version)
}
