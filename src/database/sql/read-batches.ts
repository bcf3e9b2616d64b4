import { EvaluationGone, StoreUnavailable } from '../errors.ts'
import type { Digest, EvaluationKey, Head, ReadHead } from '../history.ts'
import { bytesOf, hexOf } from '../history.ts'
import type { Batch, BatchPage, CountedBatches, Fold, Pair, StatePage } from '../store.ts'
import type { SqlEngine } from './engine.ts'
import type { BatchRow, Row } from './rows.ts'
import { batchOfRow } from './rows.ts'
import { batchColumns } from './schema.ts'
import { statement } from './statement.ts'

const maxStates = 500
export const pageBytes = 2 ** 20

export async function listBatches(
  engine: SqlEngine,
  { id, incarnation }: EvaluationKey,
  { after = 0, limit }: BatchPage,
): Promise<Batch[]> {
  const values = [id, after, after + limit, bytesOf(incarnation)]
  return (await engine.query<BatchRow>(statement(selectBatches, values))).map(batchOfRow)
}

export async function times(
  engine: SqlEngine,
  { id, incarnation }: EvaluationKey,
  step: number,
  last: Head,
): Promise<number[]> {
  const values = [id, step, last.batches, bytesOf(incarnation)]
  const rows = await engine.query<{ time: number | null; digest: Uint8Array | null }>(statement(selectTimes, values))
  const found = rows.map(({ time }) => time).filter((time) => time !== null)
  if (found.length < rows.length) await missing(engine, [{ id, incarnation }])
  check(last.digest, hexOf(rows[rows.length - 1].digest))
  return found
}

/** The names of evaluations of which batches are missing. @throws EvaluationGone, StoreUnavailable */
export async function missing(engine: SqlEngine, keys: readonly EvaluationKey[]): Promise<never> {
  for (const key of keys) if (!(await isThere(engine, key))) throw new EvaluationGone()
  throw new StoreUnavailable('restored')
}

async function isThere(engine: SqlEngine, { id, incarnation }: EvaluationKey): Promise<boolean> {
  const text = `SELECT id FROM evaluations WHERE id = $1 AND incarnation = $2 AND status <> 'deleted'`
  return (await engine.query(statement(text, [id, bytesOf(incarnation)]))).length > 0
}

/** @throws StoreUnavailable "restored" */
export function check(expected: Digest | undefined, found: Digest): void {
  if (expected !== undefined && expected !== found) throw new StoreUnavailable('restored')
}

/** Bytes of a row that a page of rows begins after: in its first row. */
interface After {
  readonly before: Uint8Array | null
  readonly digest: Uint8Array | null
}

export async function* states(
  engine: SqlEngine,
  { id, incarnation }: EvaluationKey,
  after: ReadHead,
  last = Number.MAX_SAFE_INTEGER,
): AsyncGenerator<StatePage> {
  let { batches: from, digest } = after
  while (from < last) {
    const values = [id, from, Math.min(from + maxStates, last), pageBytes, bytesOf(incarnation)]
    const rows = await engine.query<After & { state: Uint8Array }>(statement(selectStates, values))
    if (rows.length === 0) {
      if (last < Number.MAX_SAFE_INTEGER) await missing(engine, [{ id, incarnation }])
      return
    }
    check(digest, hexOf(rows[0].before))
    const page = rows.map(({ state, digest }) => ({ state, digest: hexOf(digest) }))
    yield { states: page }
    from += rows.length
    digest = page[page.length - 1].digest
  }
}

export async function folds(
  engine: SqlEngine,
  { id, incarnation }: EvaluationKey,
  from: number,
  to: number,
  after: ReadHead,
): Promise<Fold[]> {
  const values = [id, from, to, bytesOf(incarnation), after.batches]
  const rows = await engine.query<Row<Fold> & After>(statement(selectFolds, values))
  if (rows[0]?.slot === from) check(after.digest, hexOf(rows[0].before))
  return rows.map(({ slot, last, state, digest }) => ({ slot, last, state, digest: hexOf(digest) }))
}

/** @throws EvaluationGone */
export async function* pairs(
  engine: SqlEngine,
  first: CountedBatches,
  second: CountedBatches,
): AsyncGenerator<readonly Pair[]> {
  let from = 0
  let digest: Digest = null
  const keys = [bytesOf(first.incarnation), bytesOf(second.incarnation)]
  while (from < first.batches) {
    const values = [first.id, from, Math.min(from + maxStates, first.batches), pageBytes, second.id, second.batches]
    const rows = await engine.query<PairRow>(statement(selectPairs, [...values, ...keys]))
    if (rows.length === 0) break
    check(digest, hexOf(rows[0].before))
    check(second.digest, hexOf(rows[0].head))
    yield rows.filter(({ same }) => same !== null).map(pairOf)
    from += rows.length
    digest = hexOf(rows[rows.length - 1].digest)
  }
  if (from < first.batches) await missing(engine, [first, second])
  // pairs may be missing since
  for (const key of [first, second]) if (!(await isThere(engine, key))) throw new EvaluationGone()
  check(first.digest, digest)
}

/** Whether the evaluation of an id is the one that is meant. */
export function isMeant(id: string, incarnation: string): string {
  return `EXISTS (SELECT 1 FROM evaluations AS e WHERE e.id = ${id} AND e.incarnation = ${incarnation})`
}

export function digestAt(evaluation: string, sequence: string): string {
  return `(SELECT d.digest FROM batches AS d WHERE d.evaluation = ${evaluation} AND d.sequence = ${sequence})`
}

// without gaps, a page is a range: no plan of the database can make it read more
const selectBatches = `SELECT ${batchColumns} FROM batches
  WHERE evaluation = $1 AND sequence > $2 AND sequence <= $3 AND ${isMeant('$1', '$4')} ORDER BY sequence`

/** Recursive, so that every planner looks the batches up one by one. */
const selectTimes = `WITH RECURSIVE ends(sequence) AS (
    SELECT CASE WHEN CAST($2 AS BIGINT) < CAST($3 AS BIGINT) THEN CAST($2 AS BIGINT) ELSE CAST($3 AS BIGINT) END
    UNION ALL
    SELECT CASE WHEN sequence + CAST($2 AS BIGINT) < CAST($3 AS BIGINT) THEN sequence + CAST($2 AS BIGINT) ELSE CAST($3 AS BIGINT) END
    FROM ends WHERE sequence < CAST($3 AS BIGINT))
  SELECT b.created_at AS time, b.digest FROM ends LEFT JOIN batches AS b
    ON b.evaluation = $1 AND b.sequence = ends.sequence AND ${isMeant('$1', '$4')}
  ORDER BY ends.sequence`

/** At most $3, and where the bytes of all before it stay below $4, so that only the last may exceed them. */
export function pageEnd(from: string, bytes: string): string {
  return `a.evaluation = $1 AND a.sequence > $2 AND a.sequence <= $3 AND a.sequence <= 1 +
    (SELECT coalesce(max(sequence), $2) FROM
      (SELECT a.sequence, sum(${bytes}) OVER (ORDER BY a.sequence) AS bytes
       FROM ${from} WHERE a.evaluation = $1 AND a.sequence > $2 AND a.sequence <= $3) AS sizes
     WHERE bytes < $4)`
}

/** The digest of the batch that a page begins after, in the first row of it. */
const before = `CASE WHEN a.sequence = CAST($2 AS BIGINT) + 1 THEN ${digestAt('$1', '$2')} END AS before`

const selectStates = `SELECT a.state, a.digest, ${before} FROM batches AS a
  WHERE ${pageEnd('batches AS a', 'length(a.state)')} AND ${isMeant('$1', '$5')} ORDER BY a.sequence`

const selectFolds = `SELECT f.slot, f.last, f.state, f.digest,
    CASE WHEN f.slot = $2 THEN ${digestAt('$1', '$5')} END AS before
  FROM folds AS f JOIN batches AS b
    ON b.evaluation = f.evaluation AND b.sequence = f.last AND b.digest IS NOT DISTINCT FROM f.digest
  WHERE f.evaluation = $1 AND f.slot >= $2 AND f.slot <= $3 AND ${isMeant('$1', '$4')} ORDER BY f.slot`

interface PairRow extends After {
  readonly name: string
  /** Whether the labels are equal; null without a partner. */
  readonly same: boolean | number | null
  readonly own: Uint8Array | null
  readonly other: Uint8Array | null
  readonly head: Uint8Array | null
}

function pairOf({ name, own, other }: PairRow): Pair {
  return { name, states: own === null || other === null ? undefined : [own, other] }
}

const partnered = `batches AS a LEFT JOIN batches AS b
  ON b.evaluation = $5 AND b.name = a.name AND b.sequence + 0 <= $6`
const same = 'a.labels_digest = b.labels_digest'
const selectPairs = `SELECT a.name, ${same} AS same, CASE WHEN ${same} THEN a.state END AS own,
    CASE WHEN ${same} THEN b.state END AS other, a.digest, ${before},
    CASE WHEN a.sequence = CAST($2 AS BIGINT) + 1 THEN ${digestAt('$5', '$6')} END AS head
  FROM ${partnered} WHERE ${pageEnd(partnered, 'length(a.state) + coalesce(length(b.state), 0)')}
    AND ${isMeant('$1', '$7')} AND ${isMeant('$5', '$8')} ORDER BY a.sequence`
