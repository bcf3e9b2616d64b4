import type { EvaluationEngine } from './evaluation-engine.ts'
import { states } from './halves.ts'
import { statement } from './statement.ts'

const maxSwept = 1000

/** The first evaluation after $1 with halves that have expired. Recursive, so that each evaluation is one look into the index. */
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

/** @param after the number of the parameter that begins the place of the last half that was deleted */
function someExpired(state: number, after = 3): string {
  return `FROM halves WHERE evaluation = $1 AND state = ${state} AND expires_at <= $2
    AND (expires_at, id) > ($${after}, $${after + 1}) ORDER BY expires_at, id LIMIT ${maxSwept}`
}

function countOf(state: number, after: number): string {
  return `(SELECT count(*) FROM (SELECT id ${someExpired(state, after)}) AS of_state)`
}

const { predictions, labels } = states
const [ofPredictions, ofLabels] = [countOf(predictions, 3), countOf(labels, 5)]
// who writes halves holds the lock of the evaluation: from the first statement on they stay as they are
const lock = 'UPDATE evaluations SET expired = expired WHERE id = $1'
const countExpired = `UPDATE evaluations SET waiting_predictions = waiting_predictions - ${ofPredictions},
    waiting_labels = waiting_labels - ${ofLabels}, expired = expired + ${ofPredictions} + ${ofLabels}
  WHERE id = $1`

/** Where a half stands among those of its state. */
interface Place {
  readonly id: string
  readonly expiresAt: number
}

const beginning: Place = { id: '', expiresAt: 0 }

/** How far a sweep has come. */
export interface SweepPosition {
  /** The last evaluation that is done. */
  readonly done: number
  /** The one that is not, with the last half of each state that was deleted: the database may keep the entries of deleted ones. */
  readonly current?: { readonly id: number; readonly after: readonly Place[] }
}

export interface Swept {
  /** Where to go on; undefined when there is no more to do. */
  readonly position: SweepPosition | undefined
  /** Halves that have waited in vain. */
  readonly expired: number
}

/** Deletes some halves that have expired. */
export async function sweepHalves(
  engine: EvaluationEngine,
  { done, current }: SweepPosition,
  now: number,
): Promise<Swept> {
  const [next] =
    current === undefined ? await engine.query<{ id: number }>(statement(selectNext, [done, now])) : [current]
  if (next === undefined) return { position: undefined, expired: 0 }
  const { id } = next
  const after = current?.after ?? Object.values(states).map(() => beginning)
  const values = after.map((place) => [place.expiresAt, place.id])
  const [, , ...deleted] = await engine.transaction<Place & { state: number }>([
    statement(lock, [id]),
    statement(countExpired, [id, now, ...values[0], ...values[1]]),
    ...Object.values(states).map((state, at) => statement(deleteText(engine, state), [id, now, ...values[at]])),
  ])
  const isDone = deleted.every(({ length }) => length < maxSwept)
  return {
    position: isDone
      ? { done: id }
      : { done, current: { id, after: deleted.map((some, at) => some.reduce(later, after[at])) } },
    expired: deleted.flat().filter(({ state }) => state !== states.joined).length,
  }
}

function deleteText(engine: EvaluationEngine, state: number): string {
  return `DELETE FROM halves WHERE evaluation = $1 AND ${engine.isAmongHalves(someExpired(state))}
    RETURNING state, id, expires_at AS "expiresAt"`
}

function later(a: Place, b: Place): Place {
  const order = a.expiresAt - b.expiresAt || Buffer.compare(Buffer.from(a.id), Buffer.from(b.id))
  return order < 0 ? b : a
}
