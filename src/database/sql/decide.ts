import { chained } from '../history.ts'
import type { NewBatch, PutResult } from '../store.ts'
import type { PutRules } from './evaluation-engine.ts'
import type { BatchRow, Counts } from './rows.ts'
import { batchOfRow } from './rows.ts'

export interface StoredBatch extends BatchRow {
  readonly evaluation: number
  readonly fingerprint: Uint8Array
}

export interface Insert {
  readonly batch: NewBatch
  readonly sequence: number
  readonly digest: string
}

export interface Decision {
  readonly results: PutResult[]
  readonly inserts: readonly Insert[]
  readonly changed: readonly Counts[]
}

/**
 * Decides what becomes of batches. The caller holds the locks of their evaluations from before it reads until it commits.
 *
 * @param evaluations those that are put to and not deleted
 * @param stored the stored batches of the names that are put
 */
export function decide(
  batches: readonly NewBatch[],
  evaluations: readonly Counts[],
  stored: readonly StoredBatch[],
  { maxBatches, now }: PutRules,
): Decision {
  const counts = new Map(evaluations.map((evaluation) => [evaluation.id, { ...evaluation }]))
  const known = new Map(
    stored.map(({ evaluation, fingerprint, ...batch }) => [
      keyOf(evaluation, batch.name),
      { fingerprint, batch: batchOfRow(batch) },
    ]),
  )
  const inserts: Insert[] = []
  const changed = new Set<Counts>()

  function resultOf(put: NewBatch): PutResult {
    const evaluation = counts.get(put.evaluation.id)
    if (evaluation === undefined || evaluation.incarnation !== put.evaluation.incarnation) {
      return { outcome: 'gone' }
    }
    const key = keyOf(evaluation.id, put.name)
    const same = known.get(key)
    if (same !== undefined) {
      const outcome = Buffer.compare(same.fingerprint, put.fingerprint) === 0 ? 'replayed' : 'conflict'
      return { outcome, batch: same.batch }
    }
    if (evaluation.status === 'sealed') return { outcome: 'sealed' }
    if (evaluation.batches >= maxBatches) return { outcome: 'full' }
    const previous = evaluation.digest
    const digest = chained(evaluation.incarnation, evaluation, put)
    evaluation.batches++
    evaluation.samples += put.samples
    evaluation.digest = digest
    changed.add(evaluation)
    const sequence = evaluation.batches
    inserts.push({ batch: put, sequence, digest })
    const { name, samples, loss, lossStatus, accuracy, window } = put
    const batch = { name, sequence, samples, loss, lossStatus, accuracy, window, createdAt: now, digest }
    known.set(key, { fingerprint: put.fingerprint, batch })
    return { outcome: 'committed', batch, previous }
  }

  return { results: batches.map(resultOf), inserts, changed: [...changed] }
}

function keyOf(evaluation: number, name: string): string {
  return `${evaluation} ${name}`
}
