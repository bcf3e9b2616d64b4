import type { Batch, NewBatch, PutResult } from '../store.ts'
import type { PutRules } from './evaluation-engine.ts'

export interface Counts {
  readonly id: number
  readonly status: 'open' | 'sealed'
  batches: number
  samples: number
}

export interface StoredBatch extends Batch {
  readonly evaluation: number
  readonly fingerprint: Uint8Array
}

export interface Decision {
  readonly results: PutResult[]
  readonly inserts: readonly { readonly batch: NewBatch; readonly sequence: number }[]
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
    stored.map(({ evaluation, fingerprint, ...batch }) => [keyOf(evaluation, batch.name), { fingerprint, batch }]),
  )
  const inserts: { batch: NewBatch; sequence: number }[] = []
  const changed = new Set<Counts>()

  function resultOf(put: NewBatch): PutResult {
    const evaluation = counts.get(put.evaluation)
    if (evaluation === undefined) return { outcome: 'gone' }
    const key = keyOf(put.evaluation, put.name)
    const same = known.get(key)
    if (same !== undefined) {
      const outcome = Buffer.compare(same.fingerprint, put.fingerprint) === 0 ? 'replayed' : 'conflict'
      return { outcome, batch: same.batch }
    }
    if (evaluation.status === 'sealed') return { outcome: 'sealed' }
    if (evaluation.batches >= maxBatches) return { outcome: 'full' }
    evaluation.batches++
    evaluation.samples += put.samples
    changed.add(evaluation)
    inserts.push({ batch: put, sequence: evaluation.batches })
    const { name, samples, loss, lossStatus, accuracy } = put
    const batch = { name, sequence: evaluation.batches, samples, loss, lossStatus, accuracy, createdAt: now }
    known.set(key, { fingerprint: put.fingerprint, batch })
    return { outcome: 'committed', batch }
  }

  return { results: batches.map(resultOf), inserts, changed: [...changed] }
}

function keyOf(evaluation: number, name: string): string {
  return `${evaluation} ${name}`
}
