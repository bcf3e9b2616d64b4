import type { FoundRow, WaitingCounts } from '../halves.ts'
import type { EvaluationKey } from '../history.ts'
import { bytesOf, hexOf } from '../history.ts'
import type { Batch, Evaluation, Fold, NewBatch, WindowPart } from '../store.ts'
import type { SqlEngine, Statement } from './engine.ts'
import { halfColumns, states } from './halves.ts'
import { pageBytes, pageEnd } from './read-batches.ts'
import type { BatchRow, EvaluationRow, Row } from './rows.ts'
import { batchOfRow, evaluationOfRow } from './rows.ts'
import { batchColumns, evaluationColumns } from './schema.ts'
import { statement } from './statement.ts'

const pageRows = 200

/** All that is kept of a batch. */
export type WholeBatch = Batch & Omit<NewBatch, 'evaluation'>

/** What was imported of an evaluation belongs to it until all is there. No key can have this name. */
const importing = '(import)'

/** Evaluations of all owners, the oldest first. @param first those of larger ids */
export async function* allEvaluations(engine: SqlEngine, first = 0): AsyncGenerator<Evaluation> {
  for (let after = first; ; ) {
    const text = `SELECT ${evaluationColumns} FROM evaluations
      WHERE status <> 'deleted' AND owner <> $3 AND id > $1 ORDER BY id LIMIT $2`
    const rows = await engine.query<EvaluationRow>(statement(text, [after, pageRows, importing]))
    yield* rows.map(evaluationOfRow)
    if (rows.length < pageRows) return
    after = rows[rows.length - 1].id
  }
}

/** All batches up to the last, in order. */
export async function* allBatches(engine: SqlEngine, { id }: EvaluationKey, last: number): AsyncGenerator<WholeBatch> {
  const text = `SELECT ${batchColumns}, fingerprint, labels_digest AS "labelsDigest", state FROM batches AS a
    WHERE ${pageEnd('batches AS a', 'length(a.state)')} ORDER BY a.sequence`
  for (let from = 0; from < last; ) {
    const values = [id, from, Math.min(from + pageRows, last), pageBytes]
    const rows = await engine.query<BatchRow & Omit<NewBatch, 'evaluation'>>(statement(text, values))
    yield* rows.map((row) => ({ ...row, ...batchOfRow(row) }))
    // where batches are missing, their page ends early
    from = rows.length === 0 ? from + pageRows : rows[rows.length - 1].sequence
  }
}

/** All that is kept of a row of a joined evaluation. */
export interface WholeRow extends Omit<FoundRow, 'expiresAt'> {
  readonly state: number
  readonly expiresAt: number
}

/** The rows of a joined evaluation, in the order of their ids. */
export async function* allRows(engine: SqlEngine, { id }: EvaluationKey): AsyncGenerator<WholeRow> {
  const text = `SELECT state, ${halfColumns} FROM halves WHERE evaluation = $1 AND id > $2 ORDER BY id LIMIT $3`
  for (let after = ''; ; ) {
    const rows = await engine.query<WholeRow>(statement(text, [id, after, pageRows]))
    yield* rows
    if (rows.length < pageRows) return
    after = rows[rows.length - 1].id
  }
}

/** How many halves wait. */
export async function countRows(engine: SqlEngine, { id }: EvaluationKey): Promise<WaitingCounts> {
  const text = `SELECT state, count(*) AS count FROM halves WHERE evaluation = $1 AND state <> ${states.joined} GROUP BY state`
  const rows = await engine.query<{ state: number; count: number }>(statement(text, [id]))
  const of = (wanted: number) => rows.find(({ state }) => state === wanted)?.count ?? 0
  return { predictions: of(states.predictions), labels: of(states.labels) }
}

export async function importRows(engine: SqlEngine, evaluation: number, rows: readonly WholeRow[]): Promise<void> {
  const text = `INSERT INTO halves (evaluation, id, state, predictions_digest, labels_digest, payload, at, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`
  await engine.transaction(
    rows.map(({ id, state, predictionsDigest, labelsDigest, payload, at, expiresAt }) =>
      statement(text, [evaluation, id, state, predictionsDigest, labelsDigest, payload, at, expiresAt]),
    ),
  )
}

/** Also those that are of other batches than the stored ones. */
export async function allFolds(engine: SqlEngine, { id }: EvaluationKey, last: number): Promise<Fold[]> {
  const text = 'SELECT slot, last, state, digest FROM folds WHERE evaluation = $1 AND last <= $2 ORDER BY slot'
  const rows = await engine.query<Row<Fold>>(statement(text, [id, last]))
  return rows.map((row) => ({ ...row, digest: hexOf(row.digest) }))
}

type StateOfBatch = Pick<WholeBatch, 'sequence' | 'digest' | 'state'>

/** The batches of a window up to the last, in order. */
export async function* batchesOfWindow(
  engine: SqlEngine,
  { id }: EvaluationKey,
  start: number,
  last: number,
): AsyncGenerator<StateOfBatch> {
  const text = `SELECT sequence, digest, state FROM batches
    WHERE evaluation = $1 AND window_start = $2 AND sequence > $3 AND sequence <= $4 ORDER BY sequence LIMIT $5`
  for (let from = 0; ; ) {
    const rows = await engine.query<Row<StateOfBatch>>(statement(text, [id, start, from, last, pageRows]))
    yield* rows.map((row) => ({ ...row, digest: hexOf(row.digest) }))
    if (rows.length < pageRows) return
    from = rows[rows.length - 1].sequence
  }
}

/** What is kept of windows, in their order, also if it is of other batches than the stored ones. */
export async function allWindows(engine: SqlEngine, { id }: EvaluationKey, last: number): Promise<WindowPart[]> {
  const text = `SELECT start, batches, last, digest, state FROM windows WHERE evaluation = $1 AND last <= $2 ORDER BY start`
  const rows = await engine.query<Row<WindowPart>>(statement(text, [id, last]))
  return rows.map((row) => ({ ...row, digest: hexOf(row.digest) }))
}

export async function deleteWindow(engine: SqlEngine, { id }: EvaluationKey, start: number): Promise<void> {
  await engine.write(statement('DELETE FROM windows WHERE evaluation = $1 AND start = $2', [id, start]))
}

export async function deleteFold(engine: SqlEngine, { id }: EvaluationKey, slot: number): Promise<void> {
  await engine.write(statement('DELETE FROM folds WHERE evaluation = $1 AND slot = $2', [id, slot]))
}

/** Begins to import an evaluation, which no client sees before it ends. @returns its id */
export async function beginImport(engine: SqlEngine, evaluation: Evaluation, now: number): Promise<number> {
  const { incarnation, declaration, expectedBatches, expectedSamples, metadata } = evaluation
  // what an import left that was cut off
  await engine.write(
    statement(`UPDATE evaluations SET status = 'deleted' WHERE owner = $1 AND name = $2 AND status <> 'deleted'`, [
      importing,
      incarnation,
    ]),
  )
  const text = `INSERT INTO evaluations
      (owner, name, incarnation, declaration, expected_batches, expected_samples, status, created_at, updated_at, metadata,
       shown, is_public)
    VALUES ($1, $2, $3, $4, $5, $6, 'open', $7, $7, $8, $9, $10) RETURNING id`
  const declared = [declaration, expectedBatches, expectedSamples]
  const flags = [evaluation.shown ?? 0, evaluation.isPublic ?? 0]
  const values = [importing, incarnation, bytesOf(incarnation), ...declared, now, metadata, ...flags]
  const [{ id }] = await engine.write<{ id: number }>(statement(text, values))
  return id
}

/** @param last the sequence of the last one */
export async function importBatches(engine: SqlEngine, id: number, batches: readonly WholeBatch[]): Promise<void> {
  const last = batches[batches.length - 1].sequence
  // what is deleted is swept as far as its count says
  const count = statement('UPDATE evaluations SET batches = $2 WHERE id = $1', [id, last])
  await engine.transaction([count, ...batches.map((batch) => insertOf(id, batch))])
}

function insertOf(id: number, batch: WholeBatch): Statement {
  const { sequence, name, fingerprint, labelsDigest, samples, loss, lossStatus, accuracy, state, createdAt, window } =
    batch
  const figures = [samples, loss, lossStatus, accuracy]
  const text = `INSERT INTO batches (evaluation, sequence, name, fingerprint, labels_digest, samples, loss, loss_status,
      accuracy, state, created_at, digest, window_start)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`
  const values = [
    id,
    sequence,
    name,
    fingerprint,
    labelsDigest,
    ...figures,
    state,
    createdAt,
    bytesOf(batch.digest),
    window,
  ]
  return statement(text, values)
}

/** Has an imported evaluation take its place. @returns false if there is one of its name, and nothing is imported then */
export async function endImport(engine: SqlEngine, id: number, evaluation: Evaluation): Promise<boolean> {
  const { owner, name, status, batches, samples, digest, createdAt, updatedAt } = evaluation
  const text = `UPDATE evaluations SET owner = $2, name = $3, status = $4, batches = $5, samples = $6, digest = $7,
      digested = $5, created_at = $8, updated_at = $9, waiting_predictions = $10, waiting_labels = $11, expired = $12
    WHERE id = $1 AND NOT EXISTS
      (SELECT 1 FROM evaluations AS e WHERE e.owner = $2 AND e.name = $3 AND e.status <> 'deleted') RETURNING id`
  const { waitingPredictions = 0, waitingLabels = 0, expired = 0 } = evaluation
  const counts = [waitingPredictions, waitingLabels, expired]
  const values = [id, owner, name, status, batches, samples, bytesOf(digest), createdAt, updatedAt, ...counts]
  return (await engine.write(statement(text, values))).length > 0
}

export async function dropImport(engine: SqlEngine, id: number): Promise<void> {
  await engine.write(
    statement(`UPDATE evaluations SET status = 'deleted' WHERE id = $1 AND owner = $2`, [id, importing]),
  )
}
