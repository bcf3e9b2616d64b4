import { Changes } from '../changes.ts'
import { EvaluationGone } from '../errors.ts'
import { GroupCommit } from '../group-commit.ts'
import type {
  Batch,
  BatchPage,
  CountedBatches,
  Declaration,
  DeclareResult,
  Evaluation,
  EvaluationPage,
  Fold,
  NewBatch,
  Pair,
  PutResult,
  SealResult,
  StatePage,
  Store,
  StoreLimits,
} from '../store.ts'
import type { SqlEngine, SqlValue, Statement } from './engine.ts'
import { batchColumns, evaluationColumns } from './schema.ts'

/** Bytes of the batches of one transaction; what a batch has besides its state counts as so many. */
const maxGroupBytes = 2 ** 20
const batchBytes = 512
/** Rows that one step of a sweep changes. */
const maxSwept = 500
const maxStates = 500
/** Bytes of states in a page, without the last batch of it. */
const pageBytes = 2 ** 20

/** A store in any database that has an engine: the SQL that all of them share. */
export class SqlStore implements Store {
  readonly #engine: SqlEngine
  readonly #limits: StoreLimits
  readonly #now: () => number
  readonly #puts: GroupCommit<NewBatch, PutResult>
  readonly #changes = new Changes()
  #listens = false

  constructor(engine: SqlEngine, limits: StoreLimits, now: () => number = Date.now) {
    this.#engine = engine
    this.#limits = limits
    this.#now = now
    const { maxBatches } = limits
    this.#puts = new GroupCommit(
      (batches) => engine.putBatches(batches, { maxBatches, now: now() }),
      ({ state }) => batchBytes + state.length,
      maxGroupBytes,
    )
  }

  async declare(owner: string, name: string, declaration: Declaration): Promise<DeclareResult> {
    const { declaration: text, expectedBatches, expectedSamples } = declaration
    const { maxEvaluations } = this.#limits
    const [[created], [found], [{ count }]] = await this.#engine.transaction<Evaluation & { count: number }>(
      [
        statement(
          `INSERT INTO evaluations (owner, name, declaration, expected_batches, expected_samples, status, created_at, updated_at)
           SELECT $1, $2, $3, $4, $5, 'open', $6, $6
           WHERE (SELECT count(*) FROM evaluations WHERE owner = $1 AND status <> 'deleted') < $7
           ON CONFLICT DO NOTHING RETURNING ${evaluationColumns}`,
          [owner, name, text, expectedBatches, expectedSamples, this.#now(), maxEvaluations],
        ),
        findStatement(owner, name),
        statement(`SELECT count(*) AS count FROM evaluations WHERE owner = $1 AND status <> 'deleted'`, [owner]),
      ],
      owner,
    )
    if (created !== undefined) return { outcome: 'created', evaluation: created }
    if (found !== undefined) return { outcome: 'exists', evaluation: found }
    // it was there, but was deleted at this moment
    if (count < maxEvaluations) return this.declare(owner, name, declaration)
    return { outcome: 'full' }
  }

  async find(owner: string, name: string): Promise<Evaluation | undefined> {
    const [evaluation] = await this.#engine.query<Evaluation>(findStatement(owner, name))
    return evaluation
  }

  async list(
    owner: string,
    { prefix = '', after = Number.MAX_SAFE_INTEGER, limit }: EvaluationPage,
  ): Promise<Evaluation[]> {
    return this.#query(
      `SELECT ${evaluationColumns} FROM evaluations
       WHERE owner = $1 AND status <> 'deleted' AND id < $2 AND substr(name, 1, length($3)) = $3
       ORDER BY id DESC LIMIT $4`,
      [owner, after, prefix, limit],
    )
  }

  async seal(owner: string, name: string): Promise<SealResult | undefined> {
    const isMet = `(expected_batches IS NULL OR expected_batches = batches)
      AND (expected_samples IS NULL OR expected_samples = samples)`
    const [evaluation] = await this.#query<Evaluation>(
      `UPDATE evaluations
       SET status = CASE WHEN ${isMet} THEN 'sealed' ELSE status END,
         updated_at = CASE WHEN status = 'open' AND ${isMet} THEN $3 ELSE updated_at END
       WHERE owner = $1 AND name = $2 AND status <> 'deleted' RETURNING ${evaluationColumns}`,
      [owner, name, this.#now()],
    )
    if (evaluation === undefined) return undefined
    this.#changed(evaluation.id)
    return { outcome: evaluation.status === 'sealed' ? 'sealed' : 'incomplete', evaluation }
  }

  async delete(owner: string, name: string): Promise<number | undefined> {
    const [deleted] = await this.#query<{ id: number }>(
      `UPDATE evaluations SET status = 'deleted' WHERE owner = $1 AND name = $2 AND status <> 'deleted' RETURNING id`,
      [owner, name],
    )
    if (deleted === undefined) return undefined
    this.#changed(deleted.id)
    return deleted.id
  }

  async putBatches(batches: readonly NewBatch[]): Promise<PutResult[]> {
    if (batches.length === 0) return []
    const results = await this.#puts.add(batches)
    const changed = batches.filter((_, at) => results[at].outcome === 'committed')
    for (const evaluation of new Set(changed.map((batch) => batch.evaluation))) this.#changed(evaluation)
    return results
  }

  listBatches(evaluation: number, { after = 0, limit }: BatchPage): Promise<Batch[]> {
    return this.#query(`SELECT ${batchColumns} ${inRange}`, [evaluation, after, after + limit])
  }

  async times(evaluation: number, step: number, last: number): Promise<number[]> {
    const rows = await this.#query<{ time: number | null }>(selectTimes, [evaluation, step, last])
    return rows.map(({ time }) => {
      if (time === null) throw new EvaluationGone()
      return time
    })
  }

  async *states(evaluation: number, after = 0, last = Number.MAX_SAFE_INTEGER): AsyncGenerator<StatePage> {
    for (let from = after; from < last; ) {
      const values = [evaluation, from, Math.min(from + maxStates, last), pageBytes]
      const rows = await this.#query<{ state: Uint8Array }>(selectStates, values)
      // the last one was before, or the evaluation has been deleted since
      if (rows.length === 0) return
      yield { first: from + 1, states: rows.map(({ state }) => state) }
      from += rows.length
    }
  }

  async *pairs(first: CountedBatches, second: CountedBatches): AsyncGenerator<readonly Pair[]> {
    for (let from = 0; from < first.batches; ) {
      const to = Math.min(from + maxStates, first.batches)
      const rows = await this.#query<PairRow>(selectPairs, [first.id, from, to, pageBytes, second.id, second.batches])
      if (rows.length === 0) break
      yield rows.filter(({ same }) => same !== null).map(pairOf)
      from += rows.length
    }
    const [{ count }] = await this.#query<{ count: number }>(
      `SELECT count(*) AS count FROM evaluations WHERE id IN ($1, $2) AND status <> 'deleted'`,
      [first.id, second.id],
    )
    if (count < new Set([first.id, second.id]).size) throw new EvaluationGone()
  }

  async putFolds(evaluation: number, folds: readonly Fold[]): Promise<void> {
    if (folds.length === 0) return
    await this.#engine.transaction(
      folds.map(({ slot, last, state }) =>
        statement(
          `INSERT INTO folds (evaluation, slot, last, state)
           SELECT id, $2, $3, $4 FROM evaluations WHERE id = $1 AND status <> 'deleted'
           ON CONFLICT (evaluation, slot) DO UPDATE SET last = excluded.last, state = excluded.state
           WHERE excluded.last >= folds.last`,
          [evaluation, slot, last, state],
        ),
      ),
    )
  }

  folds(evaluation: number, from: number, to: number): Promise<Fold[]> {
    return this.#query(
      'SELECT slot, last, state FROM folds WHERE evaluation = $1 AND slot >= $2 AND slot <= $3 ORDER BY slot',
      [evaluation, from, to],
    )
  }

  subscribe(evaluation: number, listener: () => void): () => void {
    if (!this.#listens) this.#engine.listen((changed) => this.#changes.emit(changed))
    this.#listens = true
    return this.#changes.subscribe(evaluation, listener)
  }

  async sweep(before?: number): Promise<boolean> {
    const expired = before === undefined ? 0 : await this.#expire(before)
    const [evaluation] = await this.#query<{ id: number; batches: number }>(
      `SELECT id, batches FROM evaluations WHERE status = 'deleted' ORDER BY id LIMIT 1`,
      [],
    )
    if (evaluation === undefined) return expired === maxSwept
    const { id, batches } = evaluation
    if (batches === 0) {
      await this.#query(`DELETE FROM evaluations WHERE id = $1 AND status = 'deleted'`, [id])
    } else {
      // from the end, so that the count tells what is left
      const left = Math.max(0, batches - maxSwept)
      await this.#engine.transaction([
        statement('DELETE FROM batches WHERE evaluation = $1 AND sequence > $2', [id, left]),
        statement(`UPDATE evaluations SET batches = $2 WHERE id = $1 AND status = 'deleted'`, [id, left]),
      ])
    }
    return true
  }

  /** @returns how many */
  async #expire(before: number): Promise<number> {
    // the age is checked again in the outer condition: a batch may come in between
    const expired = await this.#query<{ id: number }>(
      `UPDATE evaluations SET status = 'deleted' WHERE status <> 'deleted' AND updated_at < $1 AND id IN
         (SELECT id FROM evaluations WHERE status <> 'deleted' AND updated_at < $1 LIMIT ${maxSwept})
       RETURNING id`,
      [before],
    )
    for (const { id } of expired) this.#changed(id)
    return expired.length
  }

  async ping(): Promise<void> {
    await this.#query('SELECT id FROM evaluations LIMIT 1', [])
  }

  async close(): Promise<void> {
    await this.#puts.idle()
    await this.#engine.close()
  }

  #changed(evaluation: number): void {
    if (!this.#engine.announcesOwn) this.#changes.emit(evaluation)
  }

  #query<Row>(text: string, values: readonly SqlValue[]): Promise<Row[]> {
    return this.#engine.query(statement(text, values))
  }
}

// without gaps, a page is a range: no plan of the database can make it read more
const inRange = 'FROM batches WHERE evaluation = $1 AND sequence > $2 AND sequence <= $3 ORDER BY sequence'

/** Looked up one by one, whatever a planner would think. */
const selectTimes = `WITH RECURSIVE ends(sequence) AS (
    SELECT CASE WHEN CAST($2 AS BIGINT) < CAST($3 AS BIGINT) THEN CAST($2 AS BIGINT) ELSE CAST($3 AS BIGINT) END
    UNION ALL
    SELECT CASE WHEN sequence + CAST($2 AS BIGINT) < CAST($3 AS BIGINT) THEN sequence + CAST($2 AS BIGINT) ELSE CAST($3 AS BIGINT) END
    FROM ends WHERE sequence < CAST($3 AS BIGINT))
  SELECT (SELECT created_at FROM batches AS b WHERE b.evaluation = $1 AND b.sequence = ends.sequence) AS time
  FROM ends ORDER BY ends.sequence`

/**
 * The end of a page of batches of $1 above $2: at most $3, and where the bytes of all before it stay below $4, so that only
 * the last may exceed them.
 */
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
  /** Whether both have the same labels; null without a partner. */
  readonly same: boolean | number | null
  readonly own: Uint8Array | null
  readonly other: Uint8Array | null
}

function pairOf({ name, own, other }: PairRow): Pair {
  return { name, states: own === null || other === null ? undefined : [own, other] }
}

/** The batches of one evaluation, each with its partner in the second, which is $5, up to its batch $6: looked up by its name. */
const partnered = `batches AS a LEFT JOIN batches AS b
  ON b.evaluation = $5 AND b.name = a.name AND b.sequence + 0 <= $6`
const same = 'a.labels_digest = b.labels_digest'
const selectPairs = `SELECT a.name, ${same} AS same, CASE WHEN ${same} THEN a.state END AS own,
    CASE WHEN ${same} THEN b.state END AS other
  FROM ${partnered} WHERE ${pageEnd(partnered, 'length(a.state) + coalesce(length(b.state), 0)')}`

/** @throws RangeError for texts that not every database can keep; an owner, above all, comes from elsewhere */
function statement(text: string, values: readonly SqlValue[]): Statement {
  for (const value of values) {
    if (typeof value === 'string' && (value.includes('\0') || !value.isWellFormed())) {
      throw new RangeError('A text for the store must be well-formed Unicode without U+0000.')
    }
  }
  return { text, values }
}

function findStatement(owner: string, name: string): Statement {
  return statement(
    `SELECT ${evaluationColumns} FROM evaluations WHERE owner = $1 AND name = $2 AND status <> 'deleted'`,
    [owner, name],
  )
}
