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

/** The stored batches of evaluations. */
export interface BatchRows {
  /** @returns false, and nothing is inserted, where the evaluation has a batch of this name, also one of this call */
  insert(insert: Insert): boolean
  find(evaluation: number, name: string): StoredBatch | undefined
}

export interface Decision {
  readonly results: PutResult[]
  readonly changed: readonly Counts[]
}

/**
 * Decides what becomes of batches. The caller holds the locks of their evaluations from before it reads until it commits.
 *
 * @param evaluations those that are put to and not deleted
 */
export function decide(
  batches: readonly NewBatch[],
  evaluations: readonly Counts[],
  rows: BatchRows,
  { maxBatches, now }: PutRules,
): Decision {
  const counts = new Map(evaluations.map((evaluation) => [evaluation.id, { ...evaluation }]))
  const changed = new Set<Counts>()

  function resultOf(put: NewBatch): PutResult {
    const evaluation = counts.get(put.evaluation.id)
    if (evaluation === undefined || evaluation.incarnation !== put.evaluation.incarnation) {
      return { outcome: 'gone' }
    }
    const refusal = refusalOf(evaluation, maxBatches)
    const inserted = refusal === undefined ? insert(evaluation, put) : undefined
    return inserted ?? sameOf(put) ?? { outcome: refusal ?? 'gone' }
  }

  function insert(evaluation: Counts, put: NewBatch): PutResult | undefined {
    const previous = evaluation.digest
    const digest = chained(evaluation.incarnation, evaluation, put)
    const sequence = evaluation.batches + 1
    if (!rows.insert({ batch: put, sequence, digest })) return undefined
    evaluation.batches = sequence
    evaluation.samples += put.samples
    evaluation.digest = digest
    changed.add(evaluation)
    const { name, samples, loss, lossStatus, accuracy, window } = put
    const batch = { name, sequence, samples, loss, lossStatus, accuracy, window, createdAt: now, digest }
    return { outcome: 'committed', batch, previous }
  }

  /** What to answer for a name that is taken. */
  function sameOf({ evaluation, name, fingerprint: put }: NewBatch): PutResult | undefined {
    const stored = rows.find(evaluation.id, name)
    if (stored === undefined) return undefined
    const { evaluation: _, fingerprint, ...row } = stored
    const outcome = Buffer.compare(fingerprint, put) === 0 ? 'replayed' : 'conflict'
    return { outcome, batch: batchOfRow(row) }
  }

  return { results: batches.map(resultOf), changed: [...changed] }
}

function refusalOf({ status, batches }: Counts, maxBatches: number): 'sealed' | 'full' | undefined {
  if (status === 'sealed') return 'sealed'
  return batches >= maxBatches ? 'full' : undefined
}
