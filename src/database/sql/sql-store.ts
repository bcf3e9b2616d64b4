import { Changes } from '../changes.ts'
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
import type { EvaluationEngine } from './evaluation-engine.ts'
import { listBatches, pairs, states, times } from './read-batches.ts'
import { evaluationColumns } from './schema.ts'
import { statement } from './statement.ts'
import { sweep } from './sweep.ts'

const maxGroupBytes = 2 ** 20
const batchBytes = 512
export class SqlStore implements Store {
  readonly #engine: EvaluationEngine
  readonly #limits: StoreLimits
  readonly #now: () => number
  readonly #puts: GroupCommit<NewBatch, PutResult>
  readonly #changes = new Changes()
  #listens = false

  constructor(engine: EvaluationEngine, limits: StoreLimits, now: () => number = Date.now) {
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
    // it existed and was deleted just now
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

  listBatches(evaluation: number, page: BatchPage): Promise<Batch[]> {
    return listBatches(this.#engine, evaluation, page)
  }

  times(evaluation: number, step: number, last: number): Promise<number[]> {
    return times(this.#engine, evaluation, step, last)
  }

  states(evaluation: number, after?: number, last?: number): AsyncGenerator<StatePage> {
    return states(this.#engine, evaluation, after, last)
  }

  pairs(first: CountedBatches, second: CountedBatches): AsyncGenerator<readonly Pair[]> {
    return pairs(this.#engine, first, second)
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

  sweep(before?: number): Promise<boolean> {
    return sweep(this.#engine, before, (evaluation) => this.#changed(evaluation))
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

  #query<Row>(...parts: Parameters<typeof statement>): Promise<Row[]> {
    return this.#engine.query(statement(...parts))
  }
}

function findStatement(owner: string, name: string) {
  return statement(
    `SELECT ${evaluationColumns} FROM evaluations WHERE owner = $1 AND name = $2 AND status <> 'deleted'`,
    [owner, name],
  )
}
