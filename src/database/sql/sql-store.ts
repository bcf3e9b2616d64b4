import { randomBytes } from 'node:crypto'
import type { TurnLoad } from '../../runtime/turns.ts'
import { Changes } from '../changes.ts'
import { GroupCommit } from '../group-commit.ts'
import type { FoundRow, HalvesResult, HalvesWrite, WaitingCounts, WaitingHalf, WaitingPage } from '../halves.ts'
import type { EvaluationKey, Head, ReadHead } from '../history.ts'
import { bytesOf, hexOf } from '../history.ts'
import type {
  Batch,
  BatchPage,
  Change,
  ChangeResult,
  CountedBatches,
  Declaration,
  DeclareResult,
  Evaluation,
  EvaluationName,
  EvaluationPage,
  EvaluationVersion,
  Fold,
  NewBatch,
  Pair,
  PutResult,
  StatePage,
  Store,
  StoreLimits,
  SweptHalves,
  WindowPart,
  WindowRange,
  WindowTotal,
} from '../store.ts'
import type { EvaluationEngine } from './evaluation-engine.ts'
import { countWaiting, listWaiting } from './halves.ts'
import { folds, listBatches, pairs, states, times } from './read-batches.ts'
import type { EvaluationRow } from './rows.ts'
import { evaluationOfRow } from './rows.ts'
import { evaluationColumns } from './schema.ts'
import { statement } from './statement.ts'
import type { Removal } from './sweep.ts'
import { sweep } from './sweep.ts'
import type { SweepPosition } from './sweep-halves.ts'
import { sweepHalves } from './sweep-halves.ts'
import { keepWindow, windowParts } from './windows.ts'

const maxGroupBytes = 2 ** 20
const batchBytes = 512
const halfBytes = 128
/** Evaluations that are sorted for a page. */
const few = 2000

interface ShownCounts {
  readonly count: number
  readonly shownCount: number
}

export class SqlStore implements Store {
  readonly #engine: EvaluationEngine
  readonly #limits: StoreLimits
  readonly #now: () => number
  readonly #puts: GroupCommit<NewBatch, PutResult>
  readonly #halves: GroupCommit<HalvesWrite, HalvesResult>
  readonly #changes = new Changes()
  /** The evaluation whose halves are swept next. */
  #swept: SweepPosition = { done: 0 }
  #removal: Removal | undefined
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
    this.#halves = new GroupCommit(
      (writes) => engine.putHalves(writes, { maxBatches, now: now() }),
      ({ added, joined }) => added.payloads.length + halfBytes * (added.ids.length + joined.ids.length),
      maxGroupBytes,
    )
  }

  async declare(owner: string, name: string, declaration: Declaration): Promise<DeclareResult> {
    const { declaration: text, expectedBatches, expectedSamples, shown = 0, isPublic = 0 } = declaration
    const { maxEvaluations, maxShownEvaluations = maxEvaluations } = this.#limits
    const [[created], [found], [{ count, shownCount }]] = await this.#engine.transaction<EvaluationRow & ShownCounts>(
      [
        statement(
          `INSERT INTO evaluations (owner, name, declaration, expected_batches, expected_samples, status, created_at, updated_at,
             incarnation, shown, is_public)
           SELECT $1, $2, $3, $4, $5, 'open', $6, $6, $8, CAST($9 AS BIGINT), CAST($11 AS BIGINT)
           WHERE (SELECT count(*) FROM evaluations WHERE owner = $1 AND status <> 'deleted') < $7
             AND (CAST($9 AS BIGINT) = 0 OR (SELECT count(*) FROM evaluations WHERE owner = $1 AND shown = 1 AND status <> 'deleted') < $10)
           ON CONFLICT DO NOTHING RETURNING ${evaluationColumns}`,
          [
            owner,
            name,
            text,
            expectedBatches,
            expectedSamples,
            this.#now(),
            maxEvaluations,
            newIncarnation(),
            shown,
            maxShownEvaluations,
            isPublic,
          ],
        ),
        findStatement(owner, name),
        statement(
          `SELECT (SELECT count(*) FROM evaluations WHERE owner = $1 AND status <> 'deleted') AS count,
             (SELECT count(*) FROM evaluations WHERE owner = $1 AND shown = 1 AND status <> 'deleted') AS "shownCount"`,
          [owner],
        ),
      ],
      owner,
    )
    if (created !== undefined) return { outcome: 'created', evaluation: evaluationOfRow(created) }
    if (found !== undefined) return { outcome: 'exists', evaluation: evaluationOfRow(found) }
    if (count >= maxEvaluations) return { outcome: 'full' }
    if (shown === 1 && shownCount >= maxShownEvaluations) return { outcome: 'crowded' }
    // it existed and was deleted just now
    return this.declare(owner, name, declaration)
  }

  async listShown(limit: number): Promise<Evaluation[]> {
    const rows = await this.#query<EvaluationRow>(
      `SELECT ${evaluationColumns} FROM evaluations WHERE shown = 1 AND status <> 'deleted' ORDER BY owner, id LIMIT $1`,
      [limit],
    )
    return rows.map(evaluationOfRow)
  }

  async find(owner: string, name: string): Promise<Evaluation | undefined> {
    const [row] = await this.#engine.query<EvaluationRow>(findStatement(owner, name))
    return row && evaluationOfRow(row)
  }

  async findPublic(name: string, owner: string | undefined, limit: number): Promise<Evaluation[]> {
    const rows = await this.#query<EvaluationRow>(
      `SELECT ${evaluationColumns} FROM evaluations WHERE name = $1 AND is_public = 1 AND status <> 'deleted'
         ${owner === undefined ? '' : 'AND owner = $3'} ORDER BY id LIMIT $2`,
      owner === undefined ? [name, limit] : [name, limit, owner],
    )
    return rows.map(evaluationOfRow)
  }

  async list(
    owner: string,
    { prefix = '', containing, after = Number.MAX_SAFE_INTEGER, limit }: EvaluationPage,
  ): Promise<Evaluation[]> {
    const isRange = prefix !== '' && (await this.#areFew(owner, prefix))
    // of few the index by name reads nothing else; of many the one by age soon has a page
    const age = isRange ? 'id + 0' : 'id'
    const begins = isRange ? this.#inRange('$3') : 'substr(name, 1, length($3)) = $3'
    const contains = containing && `AND ${this.#engine.position}(COALESCE(metadata, declaration), $5) > 0`
    const rows = await this.#query<EvaluationRow>(
      `SELECT ${evaluationColumns} FROM evaluations
       WHERE owner = $1 AND status <> 'deleted' AND ${age} < $2 AND ${begins} ${contains ?? ''}
       ORDER BY ${age} DESC LIMIT $4`,
      [owner, after, prefix, limit, ...(contains ? [containing] : [])],
    )
    return rows.map(evaluationOfRow)
  }

  async #areFew(owner: string, prefix: string): Promise<boolean> {
    const text = `SELECT id FROM evaluations WHERE owner = $1 AND status <> 'deleted' AND ${this.#inRange('$2')}
      LIMIT 1 OFFSET ${few}`
    return (await this.#query(text, [owner, prefix])).length === 0
  }

  #inRange(prefix: string): string {
    const { binaryName } = this.#engine
    return `${binaryName} >= ${prefix} AND ${binaryName} < ${prefix} || '\u{10ffff}'`
  }

  async change(
    owner: string,
    name: string,
    { seals, metadata }: Change,
    only?: EvaluationVersion,
  ): Promise<ChangeResult | undefined> {
    const isComplete = `(expected_batches IS NULL OR expected_batches = batches)
      AND (expected_samples IS NULL OR expected_samples = samples)`
    const isExpected = '($5 = 0 OR metadata IS NOT DISTINCT FROM $6)'
    const isDone = `(($4 = 0 OR status = 'sealed' OR (${isComplete})) AND ${isExpected})`
    const changes = `($4 = 1 AND status = 'open' OR $5 = 1 AND metadata IS DISTINCT FROM $7)`
    const [row] = await this.#write<EvaluationRow>(
      `UPDATE evaluations
       SET status = CASE WHEN $4 = 1 AND ${isDone} THEN 'sealed' ELSE status END,
         metadata = CASE WHEN $5 = 1 AND ${isDone} THEN $7 ELSE metadata END,
         updated_at = CASE WHEN ${changes} AND ${isDone} AND updated_at < $3 THEN $3 ELSE updated_at END
       WHERE owner = $1 AND name = $2 AND status <> 'deleted' AND ${isVersion(8)} RETURNING ${evaluationColumns}`,
      [
        owner,
        name,
        this.#now(),
        seals ? 1 : 0,
        metadata === undefined ? 0 : 1,
        metadata?.before ?? null,
        metadata?.after ?? null,
        ...versionValues(only),
      ],
    )
    if (row === undefined) return undefined
    const evaluation = evaluationOfRow(row)
    const isAsAsked = metadata === undefined || evaluation.metadata === metadata.after
    if (isAsAsked && (!seals || evaluation.status === 'sealed')) {
      this.#changed(evaluation.id)
      return { outcome: 'changed', evaluation }
    }
    const isOvertaken = metadata !== undefined && evaluation.metadata !== metadata.before
    return { outcome: isOvertaken ? 'overtaken' : 'incomplete', evaluation }
  }

  async delete(owner: string, name: string, only?: EvaluationVersion): Promise<EvaluationKey | undefined> {
    const [deleted] = await this.#write<{ id: number; incarnation: Uint8Array }>(
      `UPDATE evaluations SET status = 'deleted' WHERE owner = $1 AND name = $2 AND status <> 'deleted'
         AND ${isVersion(3)} RETURNING id, incarnation`,
      [owner, name, ...versionValues(only)],
    )
    if (deleted === undefined) return undefined
    this.#changed(deleted.id)
    return { id: deleted.id, incarnation: hexOf(deleted.incarnation) }
  }

  async putBatches(batches: readonly NewBatch[]): Promise<PutResult[]> {
    if (batches.length === 0) return []
    const results = await this.#puts.add(batches)
    let changed: number | undefined
    for (const [at, { evaluation }] of batches.entries()) {
      if (results[at].outcome !== 'committed' || evaluation.id === changed) continue
      changed = evaluation.id
      this.#changed(changed)
    }
    return results
  }

  listBatches(evaluation: EvaluationKey, page: BatchPage): Promise<Batch[]> {
    return listBatches(this.#engine, evaluation, page)
  }

  times(evaluation: EvaluationKey, step: number, last: Head): Promise<number[]> {
    return times(this.#engine, evaluation, step, last)
  }

  states(evaluation: EvaluationKey, after: ReadHead = { batches: 0 }, last?: number): AsyncGenerator<StatePage> {
    return states(this.#engine, evaluation, after, last)
  }

  pairs(first: CountedBatches, second: CountedBatches): AsyncGenerator<readonly Pair[]> {
    return pairs(this.#engine, first, second)
  }

  async putFolds({ id, incarnation }: EvaluationKey, folds: readonly Fold[]): Promise<void> {
    if (folds.length === 0) return
    await this.#engine.transaction(
      folds.map(({ slot, last, digest, state }) =>
        statement(insertFold, [id, slot, last, state, bytesOf(digest), bytesOf(incarnation)]),
      ),
    )
  }

  folds(evaluation: EvaluationKey, from: number, to: number, after: ReadHead = { batches: 0 }): Promise<Fold[]> {
    return folds(this.#engine, evaluation, from, to, after)
  }

  readHalves(evaluation: EvaluationKey, ids: readonly string[]): Promise<FoundRow[]> {
    return this.#engine.readHalves(evaluation, ids)
  }

  async putHalves(write: HalvesWrite): Promise<HalvesResult> {
    const [result] = await this.#halves.add([write])
    if (result.outcome === 'committed') this.#changed(write.evaluation.id)
    return result
  }

  listWaiting(evaluation: EvaluationKey, page: WaitingPage): Promise<WaitingHalf[]> {
    return listWaiting(this.#engine, evaluation, page)
  }

  countWaiting(): Promise<WaitingCounts> {
    return countWaiting(this.#engine)
  }

  async sweepHalves(): Promise<SweptHalves> {
    const { position, expired } = await sweepHalves(this.#engine, this.#swept, this.#now())
    this.#swept = position ?? { done: 0 }
    return { expired, isMore: position !== undefined }
  }

  windowParts(evaluation: EvaluationKey, range: WindowRange, head: Head): AsyncGenerator<readonly WindowPart[]> {
    return windowParts(this.#engine, evaluation, range, head)
  }

  async lastWindow({ id, incarnation }: EvaluationKey, latest: number): Promise<number | undefined> {
    const [row] = await this.#query<{ start: number }>(
      `SELECT window_start AS start FROM batches WHERE evaluation = $1 AND window_start <= $2
         AND EXISTS (SELECT 1 FROM evaluations AS e WHERE e.id = $1 AND e.incarnation = $3)
       ORDER BY window_start DESC LIMIT 1`,
      [id, latest, bytesOf(incarnation)],
    )
    return row?.start
  }

  async putWindows(evaluation: EvaluationKey, windows: readonly WindowTotal[]): Promise<void> {
    if (windows.length > 0) await this.#engine.transaction(windows.map((window) => keepWindow(evaluation, window)))
  }

  subscribe(evaluation: number, listener: () => void): () => void {
    if (!this.#listens) this.#engine.listen((changed) => this.#changes.emit(changed))
    this.#listens = true
    return this.#changes.subscribe(evaluation, listener)
  }

  async sweep(before?: number, expired?: (evaluation: EvaluationName) => void): Promise<boolean> {
    const { removal, isMore } = await sweep(this.#engine, this.#removal, before, ({ id, owner, name }) => {
      this.#changed(id)
      expired?.({ owner, name })
    })
    this.#removal = removal
    return isMore
  }

  get load(): TurnLoad {
    return this.#engine.load
  }

  async ping(): Promise<void> {
    await this.#query('SELECT id FROM evaluations LIMIT 1', [])
    await this.#engine.ping()
  }

  async close(): Promise<void> {
    await Promise.all([this.#puts.idle(), this.#halves.idle()])
    await this.#engine.close()
  }

  #changed(evaluation: number): void {
    this.#changes.emit(evaluation)
    this.#engine.announce(evaluation)
  }

  #write<Row>(...parts: Parameters<typeof statement>): Promise<Row[]> {
    return this.#engine.write(statement(...parts))
  }

  #query<Row>(...parts: Parameters<typeof statement>): Promise<Row[]> {
    return this.#engine.query(statement(...parts))
  }
}

const insertFold = `INSERT INTO folds (evaluation, slot, last, state, digest)
  SELECT e.id, $2, $3, $4, $5 FROM evaluations AS e JOIN batches AS b ON b.evaluation = e.id
  WHERE e.id = $1 AND e.incarnation = $6 AND e.status <> 'deleted'
    AND b.sequence = $3 AND b.digest IS NOT DISTINCT FROM $5
  ON CONFLICT (evaluation, slot) DO UPDATE SET last = excluded.last, state = excluded.state, digest = excluded.digest`

/** Whether a row is in the state of `versionValues`, which are the parameters from `first` on. */
function isVersion(first: number): string {
  const [isAny, incarnation, batches, status, metadata] = [0, 1, 2, 3, 4].map((at) => `$${first + at}`)
  return `(${isAny} = 1 OR (incarnation = ${incarnation} AND batches = ${batches} AND status = ${status}
    AND metadata IS NOT DISTINCT FROM ${metadata}))`
}

function versionValues(version: EvaluationVersion | undefined) {
  if (version === undefined) return [1, null, null, null, null]
  const { incarnation, batches, status, metadata } = version
  return [0, bytesOf(incarnation), batches, status, metadata]
}

function newIncarnation(): Uint8Array {
  return new Uint8Array(randomBytes(16))
}

function findStatement(owner: string, name: string) {
  return statement(
    `SELECT ${evaluationColumns} FROM evaluations WHERE owner = $1 AND name = $2 AND status <> 'deleted'`,
    [owner, name],
  )
}
