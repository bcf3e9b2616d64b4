import type { Evaluation } from '../store.ts'
import type { SqlEngine } from './engine.ts'
import { statement } from './statement.ts'

const maxSwept = 500
const someHalves = 'SELECT id FROM halves WHERE evaluation = $1 LIMIT 1000'

type Expired = Pick<Evaluation, 'id' | 'owner' | 'name'>

/**
 * One small step of cleaning up.
 *
 * @param before expires evaluations not written to since
 * @param told of each of them
 * @returns whether there may be more to do
 */
export async function sweep(
  engine: SqlEngine,
  before: number | undefined,
  told: (evaluation: Expired) => void,
): Promise<boolean> {
  const expired = before === undefined ? [] : await expire(engine, before)
  for (const evaluation of expired) told(evaluation)
  const [evaluation] = await engine.query<{ id: number; batches: number }>(
    statement(`SELECT id, batches FROM evaluations WHERE status = 'deleted' ORDER BY id LIMIT 1`, []),
  )
  if (evaluation === undefined) return expired.length === maxSwept
  const { id, batches } = evaluation
  const halves = await engine.write(
    statement(`DELETE FROM halves WHERE evaluation = $1 AND id IN (${someHalves}) RETURNING state`, [id]),
  )
  if (halves.length > 0) return true
  if (batches === 0) {
    await engine.write(statement(`DELETE FROM evaluations WHERE id = $1 AND status = 'deleted'`, [id]))
  } else {
    const left = Math.max(0, batches - maxSwept)
    await engine.transaction([
      statement('DELETE FROM batches WHERE evaluation = $1 AND sequence > $2', [id, left]),
      statement(`UPDATE evaluations SET batches = $2 WHERE id = $1 AND status = 'deleted'`, [id, left]),
    ])
  }
  return true
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
