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
]

/**
 * Brings the schema up to date, in one transaction. Any number of replicas may do so at the same time.
 *
 * @throws StoreUnusable when a newer release has done so
 */
export async function migrate(client: ClientBase): Promise<void> {
  await client.query('BEGIN')
  await client.query('SELECT pg_advisory_xact_lock($1)', [lock])
  await client.query('CREATE TABLE IF NOT EXISTS lossmeter_schema (version BIGINT NOT NULL)')
  const { rows } = await client.query<{ version: number }>('SELECT version FROM lossmeter_schema')
  const version = rows[0]?.version ?? 0
  if (version > shared.length) throw new StoreUnusable(newerSchema(version, shared.length))
  for (const [at, statements] of shared.entries()) {
    if (at >= version) for (const text of [...statements, ...own[at]]) await client.query(text)
  }
  await client.query('DELETE FROM lossmeter_schema')
  await client.query('INSERT INTO lossmeter_schema VALUES ($1)', [shared.length])
  await client.query('COMMIT')
}
