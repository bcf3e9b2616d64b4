import type { Counts, StoredBatch } from '../sql/decide.ts'
import { decide } from '../sql/decide.ts'
import type { PutRules } from '../sql/evaluation-engine.ts'
import { batchColumns } from '../sql/schema.ts'
import type { NewBatch, PutResult } from '../store.ts'
import type { SqliteDatabase } from './database.ts'

const selectCounts = `SELECT id, status, batches, samples FROM evaluations WHERE id = $1 AND status <> 'deleted'`
const selectStored = `SELECT evaluation, fingerprint, ${batchColumns} FROM batches WHERE evaluation = $1 AND name = $2`
const insertBatch = `INSERT INTO batches
    (evaluation, sequence, name, fingerprint, labels_digest, samples, loss, loss_status, accuracy, state, created_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`
const updateCounts = 'UPDATE evaluations SET batches = $2, samples = $3, updated_at = $4 WHERE id = $1'

export function putBatches(database: SqliteDatabase, batches: readonly NewBatch[], rules: PutRules): PutResult[] {
  return database.inTransaction(() => {
    const ids = [...new Set(batches.map(({ evaluation }) => evaluation))]
    const evaluations = ids.flatMap((id) => database.query<Counts>({ text: selectCounts, values: [id] }))
    const stored = batches.flatMap(({ evaluation, name }) =>
      database.query<StoredBatch>({ text: selectStored, values: [evaluation, name] }),
    )
    const { results, inserts, changed } = decide(batches, evaluations, stored, rules)
    for (const { batch, sequence } of inserts) insert(database, batch, sequence, rules.now)
    for (const { id, batches, samples } of changed) {
      database.query({ text: updateCounts, values: [id, batches, samples, rules.now] })
    }
    return results
  })
}

function insert(database: SqliteDatabase, batch: NewBatch, sequence: number, now: number): void {
  const { evaluation, name, fingerprint, labelsDigest, samples, loss, lossStatus, accuracy, state } = batch
  const values = [
    evaluation,
    sequence,
    name,
    fingerprint,
    labelsDigest,
    samples,
    loss,
    lossStatus,
    accuracy,
    state,
    now,
  ]
  database.query({ text: insertBatch, values })
}
