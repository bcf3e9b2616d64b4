import type { HalvesResult, HalvesWrite, WaitingCounts, WaitingHalf, WaitingPage } from '../halves.ts'
import type { EvaluationKey } from '../history.ts'
import { bytesOf } from '../history.ts'
import type { SqlEngine } from './engine.ts'
import type { PutRules } from './evaluation-engine.ts'
import type { Counts } from './rows.ts'
import { headDigest } from './schema.ts'
import { statement } from './statement.ts'

/** Rows of which one half waits, and those that have both. */
export const states = { predictions: 1, labels: 2, joined: 3 } as const

export const halfColumns = `id, predictions_digest AS "predictionsDigest", labels_digest AS "labelsDigest", payload, at,
  expires_at AS "expiresAt"`

/** What `HalfCounts` has of an evaluation. */
export const halfCountColumns = `id, incarnation, status, batches, samples, ${headDigest},
  waiting_predictions AS "waitingPredictions", waiting_labels AS "waitingLabels", expired, updated_at AS "updatedAt"`

/** An evaluation whose halves are to be written. */
export interface HalfCounts extends Counts {
  waitingPredictions: number
  waitingLabels: number
  expired: number
  updatedAt: number
}

/** What keeps halves from being written, whatever is there of their rows. The caller holds the lock of the evaluation. */
export function refusalOf(
  { evaluation, added, batches, maxWaiting }: HalvesWrite,
  found: HalfCounts | undefined,
  { maxBatches }: PutRules,
): Exclude<HalvesResult['outcome'], 'committed' | 'changed'> | undefined {
  if (found === undefined || found.incarnation !== evaluation.incarnation) return 'gone'
  if (found.status === 'sealed') return 'sealed'
  if (found.batches + batches.length > maxBatches) return 'full'
  const waiting = found.waitingPredictions + found.waitingLabels + added.ids.length
  return added.ids.length > 0 && waiting > maxWaiting ? 'crowded' : undefined
}

/**
 * Counts what is written. Where the clock was set back since the last write, the rows stay as much longer: by the clock of the
 * others, they would be forgotten before their time.
 *
 * @returns when the rows expire
 */
export function count(counts: HalfCounts, { half, now, expiresAt, expired, added, joined }: HalvesWrite): number {
  const isOfPredictions = half === 'predictions'
  const [predictions, labels] = isOfPredictions ? [added, joined] : [joined, added]
  counts.waitingPredictions += (isOfPredictions ? 1 : -1) * predictions.ids.length - expired.waitingPredictions
  counts.waitingLabels += (isOfPredictions ? -1 : 1) * labels.ids.length - expired.waitingLabels
  counts.expired += expired.waitingPredictions + expired.waitingLabels
  counts.updatedAt = Math.max(counts.updatedAt, now)
  return expiresAt + counts.updatedAt - now
}

export async function listWaiting(
  engine: SqlEngine,
  { id, incarnation }: EvaluationKey,
  { half, after, limit, now }: WaitingPage,
): Promise<WaitingHalf[]> {
  const text = `SELECT id, expires_at AS "expiresAt" FROM halves
    WHERE evaluation = $1 AND state = $2 AND expires_at >= $3 AND (expires_at > $3 OR id > $4)
      AND EXISTS (SELECT 1 FROM evaluations AS e WHERE e.id = $1 AND e.incarnation = $5)
    ORDER BY expires_at, id LIMIT $6`
  // no id is the last of its time
  const from = after !== undefined && after.expiresAt > now ? after : { expiresAt: now + 1, id: '' }
  const values = [id, states[half], from.expiresAt, from.id, bytesOf(incarnation), limit]
  return engine.query<WaitingHalf>(statement(text, values))
}

export async function countWaiting(engine: SqlEngine): Promise<WaitingCounts> {
  const text = `SELECT CAST(coalesce(sum(waiting_predictions), 0) AS BIGINT) AS predictions,
    CAST(coalesce(sum(waiting_labels), 0) AS BIGINT) AS labels FROM evaluations WHERE status <> 'deleted'`
  const [counts] = await engine.query<WaitingCounts>(statement(text, []))
  return counts
}
