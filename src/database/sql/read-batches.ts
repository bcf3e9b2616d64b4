import { EvaluationGone } from '../errors.ts'
import type { Batch, BatchPage, CountedBatches, Pair, StatePage } from '../store.ts'
import type { SqlEngine } from './engine.ts'
import { batchColumns } from './schema.ts'
import { statement } from './statement.ts'

const maxStates = 500
const pageBytes = 2 ** 20

export function listBatches(engine: SqlEngine, evaluation: number, { after = 0, limit }: BatchPage): Promise<Batch[]> {
  return engine.query(statement(selectBatches, [evaluation, after, after + limit]))
}

export async function times(engine: SqlEngine, evaluation: number, step: number, last: number): Promise<number[]> {
  const rows = await engine.query<{ time: number | null }>(statement(selectTimes, [evaluation, step, last]))
  return rows.map(({ time }) => {
    if (time === null) throw new EvaluationGone()
    return time
  })
}

export async function* states(
  engine: SqlEngine,
  evaluation: number,
  after = 0,
  last = Number.MAX_SAFE_INTEGER,
): AsyncGenerator<StatePage> {
  for (let from = after; from < last; ) {
    const values = [evaluation, from, Math.min(from + maxStates, last), pageBytes]
    const rows = await engine.query<{ state: Uint8Array }>(statement(selectStates, values))
    if (rows.length === 0) return
    yield { first: from + 1, states: rows.map(({ state }) => state) }
    from += rows.length
  }
}

export async function* pairs(
  engine: SqlEngine,
  first: CountedBatches,
  second: CountedBatches,
): AsyncGenerator<readonly Pair[]> {
  for (let from = 0; from < first.batches; ) {
    const values = [first.id, from, Math.min(from + maxStates, first.batches), pageBytes, second.id, second.batches]
    const rows = await engine.query<PairRow>(statement(selectPairs, values))
    if (rows.length === 0) break
    yield rows.filter(({ same }) => same !== null).map(pairOf)
    from += rows.length
  }
  const [{ count }] = await engine.query<{ count: number }>(statement(countPresent, [first.id, second.id]))
  if (count < new Set([first.id, second.id]).size) throw new EvaluationGone()
}

const countPresent = `SELECT count(*) AS count FROM evaluations WHERE id IN ($1, $2) AND status <> 'deleted'`

// without gaps, a page is a range: no plan of the database can make it read more
const selectBatches = `SELECT ${batchColumns} FROM batches
  WHERE evaluation = $1 AND sequence > $2 AND sequence <= $3 ORDER BY sequence`

const selectTimes = `WITH RECURSIVE ends(sequence) AS (
    SELECT CASE WHEN CAST($2 AS BIGINT) < CAST($3 AS BIGINT) THEN CAST($2 AS BIGINT) ELSE CAST($3 AS BIGINT) END
    UNION ALL
    SELECT CASE WHEN sequence + CAST($2 AS BIGINT) < CAST($3 AS BIGINT) THEN sequence + CAST($2 AS BIGINT) ELSE CAST($3 AS BIGINT) END
    FROM ends WHERE sequence < CAST($3 AS BIGINT))
  SELECT (SELECT created_at FROM batches AS b WHERE b.evaluation = $1 AND b.sequence = ends.sequence) AS time
  FROM ends ORDER BY ends.sequence`

/** At most $3, and where the bytes of all before it stay below $4, so that only the last may exceed them. */
function pageEnd(from: string, bytes: string): string {
  return `a.evaluation = $1 AND a.sequence > $2 AND a.sequence <= $3 AND a.sequence <= 1 +
    (SELECT coalesce(max(sequence), $2) FROM
      (SELECT a.sequence, sum(${bytes}) OVER (ORDER BY a.sequence) AS bytes
       FROM ${from} WHERE a.evaluation = $1 AND a.sequence > $2 AND a.sequence <= $3) AS sizes
     WHERE bytes < $4)
    ORDER BY a.sequence`
}

const selectStates = `SELECT a.state FROM batches AS a WHERE ${pageEnd('batches AS a', 'length(a.state)')}`

interface PairRow {
  readonly name: string
  /** Whether the labels are equal; null without a partner. */
  readonly same: boolean | number | null
  readonly own: Uint8Array | null
  readonly other: Uint8Array | null
}

function pairOf({ name, own, other }: PairRow): Pair {
  return { name, states: own === null || other === null ? undefined : [own, other] }
}

const partnered = `batches AS a LEFT JOIN batches AS b
  ON b.evaluation = $5 AND b.name = a.name AND b.sequence + 0 <= $6`
const same = 'a.labels_digest = b.labels_digest'
const selectPairs = `SELECT a.name, ${same} AS same, CASE WHEN ${same} THEN a.state END AS own,
    CASE WHEN ${same} THEN b.state END AS other
  FROM ${partnered} WHERE ${pageEnd(partnered, 'length(a.state) + coalesce(length(b.state), 0)')}`
