import type pg from 'pg'
import type { ClientBase } from 'pg'
import type { StoredBatch } from '../sql/decide.ts'
import { decide } from '../sql/decide.ts'
import type { PutRules } from '../sql/evaluation-engine.ts'
import type { Counts, CountsRow } from '../sql/rows.ts'
import { countsOfRow } from '../sql/rows.ts'
import { batchColumns, headDigest } from '../sql/schema.ts'
import type { NewBatch, PutResult } from '../store.ts'
import type { BinaryArray } from './binary-array.ts'
import { bigint, buffersOf, bytea, column, double, hexBytea, text } from './binary-array.ts'
import type { ExpectedCounts } from './expected-counts.ts'
import { PutRows } from './put-rows.ts'

export async function put(
  client: ClientBase,
  batches: readonly NewBatch[],
  rules: PutRules,
  expected: ExpectedCounts,
): Promise<PutResult[]> {
  const ids = batches.map(({ evaluation }) => evaluation.id)
  const names = batches.map(({ name }) => name)
  // each statement sees what was committed before it began: the second one all that came before the locks
  const [, evaluations, stored] = await inOnePiece(client, () =>
    Promise.all([
      client.query('BEGIN'),
      client.query<CountsRow>({ ...lockEvaluations, values: [[...new Set(ids)]] }),
      client.query<StoredBatch>({ ...findStored, values: [ids, names] }),
    ]),
  )
  const found = evaluations.rows.map(countsOfRow)
  const rows = new PutRows(stored.rows, rules.now)
  const { results, changed } = decide(batches, found, rows, rules)
  await inOnePiece(client, () => {
    const writes = changed.length > 0 ? [writeDecided(client, rows, changed, rules)] : []
    return Promise.all([...writes, client.query('COMMIT')])
  })
  expected.note(found, changed)
  return results
}

/** Writes what was decided, in a transaction that has begun. */
export async function writeDecided(
  client: ClientBase,
  rows: PutRows,
  changed: readonly Counts[],
  rules: PutRules,
): Promise<void> {
  await client.query({ ...writeBatches, values: valuesOf(rows, changed, rules) })
}

/**
 * Puts batches without asking first, which saves a round trip.
 *
 * @returns undefined, and nothing is written, where counts or names were not as expected
 */
export async function putAsExpected(
  client: ClientBase,
  batches: readonly NewBatch[],
  rules: PutRules,
  expected: ExpectedCounts,
): Promise<PutResult[] | undefined> {
  const ids = [...new Set(batches.map(({ evaluation }) => evaluation.id))]
  const counts = expected.of(ids)
  if (counts === undefined) return undefined
  const rows = new PutRows([], rules.now)
  const { results, changed } = decide(batches, counts, rows, rules)
  const values = valuesOf(rows, changed, rules, counts)
  const { rowCount } = await client.query({ ...writeAsExpected, values })
  if (rowCount === 0) {
    expected.forget(ids)
    return undefined
  }
  expected.note(counts, changed)
  return results
}

export function inOnePiece<Result>(client: pg.ClientBase, ask: () => Result): Result {
  const { stream } = (client as pg.Client).connection
  stream.cork()
  try {
    return ask()
  } finally {
    stream.uncork()
  }
}

const lockEvaluations = {
  name: 'lock evaluations',
  // in one order, so that two replicas cannot wait for each other
  text: `SELECT id, incarnation, status, batches, samples, ${headDigest} FROM evaluations
    WHERE id = ANY($1::bigint[]) AND status <> 'deleted' ORDER BY id FOR NO KEY UPDATE`,
}

const findStored = {
  name: 'find stored',
  text: `SELECT stored.* FROM unnest($1::bigint[], $2::text[]) AS put (evaluation, name) CROSS JOIN LATERAL
    (SELECT evaluation, fingerprint, ${batchColumns} FROM batches
     WHERE batches.evaluation = put.evaluation AND batches.name = put.name LIMIT 1) AS stored`,
}

/** @param conditions tables made before, of which `condition` has a row if the batches are to be written */
function writing(conditions?: string): string {
  const [first, from] = conditions === undefined ? ['', ''] : [`${conditions}, `, 'condition, ']
  return `WITH ${first}inserted AS (
      INSERT INTO batches
        (evaluation, sequence, name, fingerprint, labels_digest, samples, loss, loss_status, accuracy, state, digest, window_start, created_at)
      SELECT put.*, $1::bigint FROM ${from}unnest($2::bigint[], $3::bigint[], $4::text[], $5::bytea[], $6::bytea[],
        $7::bigint[], $8::double precision[], $9::text[], $10::double precision[], $11::bytea[], $12::bytea[],
        $13::bigint[]) AS put)
    UPDATE evaluations SET batches = put.batches, samples = put.samples, digest = put.digest, digested = put.batches,
      updated_at = greatest(evaluations.updated_at, $1)
    FROM ${from}unnest($14::bigint[], $15::bigint[], $16::bigint[], $17::bytea[]) AS put (id, batches, samples, digest)
    WHERE evaluations.id = put.id`
}

const writeBatches = { name: 'write batches', text: writing() }

// a new batch changes the digest of its evaluation: while that is as expected under the lock, all names are seen
const writeAsExpected = {
  name: 'write as expected',
  text: writing(`found AS (
      SELECT evaluations.id FROM unnest($18::bigint[], $19::bytea[]) AS expected (id, digest)
        JOIN evaluations USING (id, digest) WHERE digested = batches AND status = 'open'
        ORDER BY id FOR NO KEY UPDATE OF evaluations),
    condition AS (SELECT WHERE (SELECT count(*) FROM found) = cardinality($18)
      AND NOT EXISTS (SELECT FROM unnest($2::bigint[], $4::text[]) AS put (evaluation, name)
        JOIN batches USING (evaluation, name)))`),
}

/** @param expected heads, after which the batches are to be written */
function valuesOf(
  { inserts }: PutRows,
  changed: readonly Counts[],
  { now }: PutRules,
  expected: readonly Counts[] = [],
): unknown[] {
  const arrays = [
    column(inserts, bigint, ({ batch }) => batch.evaluation.id),
    column(inserts, bigint, ({ sequence }) => sequence),
    column(inserts, text, ({ batch }) => batch.name),
    column(inserts, bytea, ({ batch }) => batch.fingerprint),
    column(inserts, bytea, ({ batch }) => batch.labelsDigest),
    column(inserts, bigint, ({ batch }) => batch.samples),
    column(inserts, double, ({ batch }) => batch.loss),
    column(inserts, text, ({ batch }) => batch.lossStatus),
    column(inserts, double, ({ batch }) => batch.accuracy),
    column(inserts, bytea, ({ batch }) => batch.state),
    column(inserts, hexBytea, ({ digest }) => digest),
    column(inserts, bigint, ({ batch }) => batch.window),
    ...columnsOf(changed),
    ...(expected.length > 0 ? headsOf(expected) : []),
  ]
  return [now, ...buffersOf(arrays)]
}

function columnsOf(changed: readonly Counts[]): BinaryArray[] {
  const [ids, digests] = headsOf(changed)
  return [
    ids,
    column(changed, bigint, ({ batches }) => batches),
    column(changed, bigint, ({ samples }) => samples),
    digests,
  ]
}

function headsOf(evaluations: readonly Counts[]): BinaryArray[] {
  return [column(evaluations, bigint, ({ id }) => id), column(evaluations, hexBytea, ({ digest }) => digest)]
}
