import type { FoundRow, HalvesResult, HalvesWrite } from '../halves.ts'
import { digestAt, payloadAt } from '../halves.ts'
import type { EvaluationKey } from '../history.ts'
import { bytesOf } from '../history.ts'
import type { PutRules } from '../sql/evaluation-engine.ts'
import type { HalfCounts } from '../sql/halves.ts'
import { count, halfColumns, halfCountColumns, refusalOf, states } from '../sql/halves.ts'
import type { CountsRow } from '../sql/rows.ts'
import { countsOfRow } from '../sql/rows.ts'
import type { SqliteDatabase } from './database.ts'
import { putWithin } from './put-batches.ts'

const selectRow = `SELECT ${halfColumns} FROM halves WHERE evaluation = $1 AND id = $2`
const selectMeant = 'SELECT id FROM evaluations WHERE id = $1 AND incarnation = $2'
const selectCounts = `SELECT ${halfCountColumns} FROM evaluations WHERE id = $1 AND status <> 'deleted'`
const deleteExpired = 'DELETE FROM halves WHERE evaluation = $1 AND id = $2 AND expires_at <= $3'
const updateCounts = `UPDATE evaluations SET waiting_predictions = $2, waiting_labels = $3, expired = $4, updated_at = $5
  WHERE id = $1`

function insertHalf(half: HalvesWrite['half']): string {
  return `INSERT INTO halves (evaluation, id, state, ${half}_digest, payload, at, expires_at)
    VALUES ($1, $2, ${states[half]}, $3, $4, $5, $6) ON CONFLICT DO NOTHING`
}

function joinHalf(half: HalvesWrite['half']): string {
  const other = half === 'predictions' ? 'labels' : 'predictions'
  return `UPDATE halves SET state = ${states.joined}, ${half}_digest = $3, payload = NULL, at = NULL, expires_at = $5
    WHERE evaluation = $1 AND id = $2 AND ${half}_digest IS NULL AND ${other}_digest = $4`
}

const inserts = { predictions: insertHalf('predictions'), labels: insertHalf('labels') }
const joins = { predictions: joinHalf('predictions'), labels: joinHalf('labels') }

export function readHalves(
  database: SqliteDatabase,
  { id: evaluation, incarnation }: EvaluationKey,
  ids: readonly string[],
): FoundRow[] {
  database.checkReadPlace()
  const isMeant = database.query({ text: selectMeant, values: [evaluation, bytesOf(incarnation)] }).length > 0
  if (!isMeant) return []
  return database.lookUp<FoundRow>(
    selectRow,
    ids.map((id) => [evaluation, id]),
  )
}

/** The store is not as it was read. */
class Changed extends Error {}

/**
 * Writes all in one transaction. Where the store is not as some of them were read, each has a transaction of its own, so that
 * only those are refused: within a savepoint, SQLite would copy each page before it is written to.
 */
export function putHalves(database: SqliteDatabase, writes: readonly HalvesWrite[], rules: PutRules): HalvesResult[] {
  try {
    return database.inTransaction(() => writes.map((write) => putWrite(database, write, rules)))
  } catch (error) {
    if (!(error instanceof Changed)) throw error
    if (writes.length === 1) return [{ outcome: 'changed' }]
    return writes.flatMap((write) => putHalves(database, [write], rules))
  }
}

function putWrite(database: SqliteDatabase, write: HalvesWrite, rules: PutRules): HalvesResult {
  const { evaluation, now } = write
  const [row] = database.query<CountsRow & HalfCounts>({ text: selectCounts, values: [evaluation.id] })
  const counts = row && { ...row, ...countsOfRow(row) }
  const refusal = refusalOf(write, counts, rules)
  if (refusal !== undefined) return { outcome: refusal }
  if (!writeRows(database, { ...write, expiresAt: count(counts, write) })) throw new Changed()
  const batches = putWithin(database, write.batches, { ...rules, now })
  const { waitingPredictions, waitingLabels, expired, updatedAt } = counts
  const values = [evaluation.id, waitingPredictions, waitingLabels, expired, updatedAt]
  database.query({ text: updateCounts, values })
  return { outcome: 'committed', batches }
}

/** @returns whether all rows were as they were read */
function writeRows(database: SqliteDatabase, write: HalvesWrite): boolean {
  const { evaluation, half, now, expiresAt, expired, added, joined } = write
  const { id } = evaluation
  const places = (ids: readonly string[]) => ids.map((each, at) => [each, at] as const)
  const removed = database.change(
    deleteExpired,
    expired.ids.map((each) => [id, each, now]),
  )
  if (removed !== expired.ids.length) return false
  const inserted = database.change(
    inserts[half],
    places(added.ids).map(([each, at]) => [
      id,
      each,
      digestAt(added.digests, at),
      payloadAt(added, at),
      added.times[at],
      expiresAt,
    ]),
  )
  if (inserted !== added.ids.length) return false
  const updated = database.change(
    joins[half],
    places(joined.ids).map(([each, at]) => [
      id,
      each,
      digestAt(joined.digests, at),
      digestAt(joined.others, at),
      expiresAt,
    ]),
  )
  return updated === joined.ids.length
}
