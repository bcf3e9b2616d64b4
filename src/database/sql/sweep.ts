import type { Evaluation } from '../store.ts'
import type { SqlEngine } from './engine.ts'
import { statement } from './statement.ts'

const maxSwept = 500

/** What evaluations store, each in the order of a key; batches go at last, and of these the last first: readers notice that it is gone. */
const tables = [
  { name: 'halves', key: 'id' },
  { name: 'windows', key: 'start' },
  { name: 'folds', key: 'slot' },
  { name: 'batches', key: 'sequence' },
] as const

/** How far the rows of an evaluation are deleted, which goes after them. */
export interface Removal {
  readonly id: number
  /** The first of `tables` with rows. */
  readonly table: number
  /** Where its rows end, from the second step on: a database may keep the entries of those deleted before. */
  readonly end?: string | number
}

export interface RemovalStep {
  /** Where to go on. */
  readonly removal: Removal | undefined
  /** Whether there may be more to do. */
  readonly isMore: boolean
}

type Expired = Pick<Evaluation, 'id' | 'owner' | 'name'>

/**
 * One small step of cleaning up.
 *
 * @param removal what the step before has begun
 * @param before expires evaluations not written to since
 * @param told of each of them
 */
export async function sweep(
  engine: SqlEngine,
  removal: Removal | undefined,
  before: number | undefined,
  told: (evaluation: Expired) => void,
): Promise<RemovalStep> {
  const expired = before === undefined ? [] : await expire(engine, before)
  for (const evaluation of expired) told(evaluation)
  const current = removal ?? (await nextRemoval(engine))
  if (current === undefined) return { removal: undefined, isMore: expired.length === maxSwept }
  return { removal: await remove(engine, current), isMore: true }
}

async function nextRemoval(engine: SqlEngine): Promise<Removal | undefined> {
  const [next] = await engine.query<{ id: number }>(
    statement(`SELECT id FROM evaluations WHERE status = 'deleted' ORDER BY id LIMIT 1`, []),
  )
  return next && { id: next.id, table: 0 }
}

// in each statement: where a database has gone back, or gives an id again, it may be another evaluation's
const isDeleted = `EXISTS (SELECT 1 FROM evaluations WHERE id = $1 AND status = 'deleted')`
const hasRows = tables.map(({ name }) => `EXISTS (SELECT 1 FROM ${name} WHERE evaluation = $1)`).join(' OR ')
const removeEvaluation = `DELETE FROM evaluations WHERE id = $1 AND status = 'deleted' AND NOT (${hasRows})`

/** Deletes some rows of an evaluation, and at last itself. @returns what is left to do */
async function remove(engine: SqlEngine, { id, table, end }: Removal): Promise<Removal | undefined> {
  const { name, key } = tables[table]
  const [values, before] = end === undefined ? [[id], ''] : [[id, end], `AND ${key} < $2`]
  const left = `FROM ${name} WHERE evaluation = $1 ${before} AND ${isDeleted}`
  const some = `SELECT ${key} ${left} ORDER BY ${key} DESC LIMIT ${maxSwept}`
  const [{ first }] = await engine.query<{ first: string | number | null }>(
    statement(`SELECT min(${key}) AS first FROM (${some}) AS found`, values),
  )
  if (first !== null) {
    await engine.write(statement(`DELETE ${left} AND ${key} >= $${values.length + 1}`, [...values, first]))
    return { id, table, end: first }
  }
  if (table + 1 < tables.length) return { id, table: table + 1 }
  await engine.write(statement(removeEvaluation, [id]))
  return undefined
}

function expire(engine: SqlEngine, before: number): Promise<Expired[]> {
  return engine.write(
    statement(
      // a batch may come in between
      `UPDATE evaluations SET status = 'deleted' WHERE status <> 'deleted' AND updated_at < $1 AND id IN
         (SELECT id FROM evaluations WHERE status <> 'deleted' AND updated_at < $1 LIMIT ${maxSwept})
       RETURNING id, owner, name`,
      [before],
    ),
  )
}
