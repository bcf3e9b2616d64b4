import { bytesOf } from '../history.ts'
import type { Insert, StoredBatch } from '../sql/decide.ts'
import { decide } from '../sql/decide.ts'
import type { PutRules } from '../sql/evaluation-engine.ts'
import type { CountsRow } from '../sql/rows.ts'
import { countsOfRow } from '../sql/rows.ts'
import { batchColumns, headDigest } from '../sql/schema.ts'
import type { NewBatch, PutResult } from '../store.ts'
import type { SqliteDatabase } from './database.ts'

const selectCounts = `SELECT id, incarnation, status, batches, samples, ${headDigest} FROM evaluations WHERE id = $1 AND status <> 'deleted'`
const selectStored = `SELECT evaluation, fingerprint, ${batchColumns} FROM batches WHERE evaluation = $1 AND name = $2`
const insertBatch = `INSERT INTO batches
    (evaluation, sequence, name, fingerprint, labels_digest, samples, loss, loss_status, accuracy, state, created_at, digest, window_start)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
  ON CONFLICT (evaluation, name) DO NOTHING`
const updateCounts = `UPDATE evaluations SET batches = $2, samples = $3, digest = $4, digested = $2, updated_at = max(updated_at, $5)
  WHERE id = $1`

export function putBatches(database: SqliteDatabase, batches: readonly NewBatch[], rules: PutRules): PutResult[] {
  return database.inTransaction(() => putWithin(database, batches, rules))
}

/** The same, in a transaction that has begun. */
export function putWithin(database: SqliteDatabase, batches: readonly NewBatch[], rules: PutRules): PutResult[] {
  const { now } = rules
  const rows = {
    insert: (insert: Insert) => database.change(insertBatch, [valuesOf(insert, now)]) > 0,
    find(evaluation: number, name: string) {
      return database.query<StoredBatch>({ text: selectStored, values: [evaluation, name] }).at(0)
    },
  }
  const ids = new Set(batches.map(({ evaluation }) => evaluation.id))
  const evaluations = Array.from(ids).flatMap((id) => database.query<CountsRow>({ text: selectCounts, values: [id] }))
  const { results, changed } = decide(batches, evaluations.map(countsOfRow), rows, rules)
  for (const { id, batches, samples, digest } of changed) {
    database.change(updateCounts, [[id, batches, samples, bytesOf(digest), now]])
  }
  return results
}

function valuesOf({ batch, sequence, digest }: Insert, now: number) {
  const { evaluation, name, fingerprint, labelsDigest, samples, loss, lossStatus, accuracy, state, window } = batch
  const figures = [samples, loss, lossStatus, accuracy] as const
  const written = [state, now, bytesOf(digest), window] as const
  return [evaluation.id, sequence, name, fingerprint, labelsDigest, ...figures, ...written] as const
}
