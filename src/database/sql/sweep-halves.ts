import type { SqlEngine } from './engine.ts'
import { states } from './halves.ts'
import { statement } from './statement.ts'

const maxSwept = 1000

/** The next evaluation with halves that have expired. Recursive, so that each evaluation is one look into the index. */
const selectNext = `WITH RECURSIVE owners(evaluation) AS (
    SELECT min(evaluation) FROM halves WHERE evaluation > $1
    UNION ALL
    SELECT (SELECT min(h.evaluation) FROM halves AS h WHERE h.evaluation > owners.evaluation)
    FROM owners WHERE owners.evaluation IS NOT NULL)
  SELECT evaluation AS id FROM owners WHERE ${Object.values(states)
    .map(
      (state) => `EXISTS (SELECT 1 FROM halves AS h
      WHERE h.evaluation = owners.evaluation AND h.state = ${state} AND h.expires_at <= $2)`,
    )
    .join(' OR ')} LIMIT 1`

function someExpired(state: number): string {
  return `SELECT id FROM halves WHERE evaluation = $1 AND state = ${state} AND expires_at <= $2
    ORDER BY expires_at, id LIMIT ${maxSwept}`
}

function countOf(state: number): string {
  return `(SELECT count(*) FROM (${someExpired(state)}) AS of_state)`
}

const { predictions, labels } = states
// who writes halves holds the lock of the evaluation: from the first statement on they stay as they are
const lock = 'UPDATE evaluations SET expired = expired WHERE id = $1'
const countExpired = `UPDATE evaluations SET waiting_predictions = waiting_predictions - ${countOf(predictions)},
    waiting_labels = waiting_labels - ${countOf(labels)},
    expired = expired + ${countOf(predictions)} + ${countOf(labels)}
  WHERE id = $1`
const deleteExpired = Object.values(states).map(
  (state) => `DELETE FROM halves WHERE evaluation = $1 AND id IN (${someExpired(state)}) RETURNING state`,
)

export interface Swept {
  /** Where to go on; undefined when there is no more to do. */
  readonly evaluation: number | undefined
  /** Halves that have waited in vain. */
  readonly expired: number
}

/** Deletes some halves that have expired. @param from the evaluation to begin with */
export async function sweepHalves(engine: SqlEngine, from: number, now: number): Promise<Swept> {
  const [next] = await engine.query<{ id: number }>(statement(selectNext, [from - 1, now]))
  if (next === undefined) return { evaluation: undefined, expired: 0 }
  const { id } = next
  const [, , ...deleted] = await engine.transaction<{ state: number }>([
    statement(lock, [id]),
    statement(countExpired, [id, now]),
    ...deleteExpired.map((text) => statement(text, [id, now])),
  ])
  return { evaluation: id, expired: deleted.flat().filter(({ state }) => state !== states.joined).length }
}
