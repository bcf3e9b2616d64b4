import { setImmediate } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import { onBehalfOf } from '../database/caller.ts'
import { StoreUnavailable } from '../database/errors.ts'
import type { EvaluationKey, Head } from '../database/history.ts'
import type {
  Batch,
  BatchPage,
  Change,
  Evaluation,
  EvaluationPage,
  PutResult,
  Store,
  WindowRange,
} from '../database/store.ts'
import type { Statistics } from '../loss/report/statistics.ts'
import { statisticsOf } from '../loss/report/statistics.ts'
import type { EvaluationState } from '../loss/state.ts'
import type { Scheduler, Task } from '../runtime/scheduler.ts'
import type { Batches } from './block-ranges.ts'
import { blockBatches, blocksOf, foldOf, keepTally } from './block-ranges.ts'
import type { EvaluationComparison } from './comparison.ts'
import { comparisonOf } from './comparison.ts'
import type { CurvePoint, GroupOfRows } from './curve.ts'
import { curveOf } from './curve.ts'
import type { Declared, Difference } from './declaration.ts'
import { differencesOf, writeDeclaration } from './declaration.ts'
import type { EvaluatedBatch } from './evaluate.ts'
import { newBatch } from './evaluate.ts'
import type { FoldWatch } from './fold-failures.ts'
import { watchFolds } from './fold-failures.ts'
import type { JoinEvents } from './joins.ts'
import { Joins } from './joins.ts'
import { KnownGroups } from './known-groups.ts'
import type { Metadata } from './metadata.ts'
import { has, metadataOf } from './metadata.ts'
import type { DeclaredEvaluation, OpenEvaluation } from './open-evaluation.ts'
import type { Joining, PeriodTotal } from './period-totals.ts'
import { PeriodTotals } from './period-totals.ts'
import { ReadDeclarations } from './read-declarations.ts'
import { RecentTallies } from './recent-tallies.ts'
import { RunningTotals } from './running-totals.ts'
import type { ShownFigures } from './shown.ts'
import { shownFigures } from './shown.ts'
import type { WindowName } from './window.ts'
import type { Window } from './window-totals.ts'
import { windowTotals } from './window-totals.ts'

const mostNames = 10_000
const mostFigures = 20_000

export type DeclareOutcome =
  | { readonly outcome: 'created' | 'exists'; readonly evaluation: OpenEvaluation }
  | { readonly outcome: 'conflict'; readonly differences: readonly Difference[] }
  | { readonly outcome: 'full' }
  | { readonly outcome: 'crowded' }

export interface ChangeOutcome {
  readonly outcome: 'changed' | 'incomplete'
  /** What this call changed. */
  readonly changed: readonly ('seal' | 'metadata')[]
  readonly evaluation: OpenEvaluation
}

export interface ChangeRequest {
  /** Whether it takes no more batches. */
  readonly seals: boolean
  /** What its metadata become. */
  readonly merge?: ((metadata: Metadata) => Metadata) | undefined
}

export type Figures = Pick<Statistics, 'samples' | 'outputs' | 'loss' | 'lossStatus' | 'accuracy'>

export interface EvaluationCounts {
  declared(outcome: DeclareOutcome['outcome']): void
  put(outcome: PutResult['outcome']): void
  joined(rows: number): void
  /** Sums of batches could not be kept. */
  foldFailed(): void
}

export class Evaluations {
  readonly #store: Store
  readonly #totals = new RunningTotals()
  readonly #periods = new PeriodTotals()
  readonly #groups = new KnownGroups()
  readonly #recent = new RecentTallies()
  readonly #figures = new LRUCache<string, { readonly head: Head; readonly figures: Figures }>({ max: mostFigures })
  readonly #read: ReadDeclarations
  readonly #found = new LRUCache<string, EvaluationKey>({ max: mostNames })
  readonly joins: Joins
  readonly #scheduler: Scheduler
  readonly #counts: EvaluationCounts | undefined
  readonly #folds: FoldWatch
  #folding: Promise<unknown> = Promise.resolve()

  constructor(
    store: Store,
    scheduler: Scheduler,
    counts?: EvaluationCounts,
    log?: Parameters<typeof watchFolds>[0],
    now: () => number = Date.now,
  ) {
    this.#store = store
    this.#scheduler = scheduler
    this.#counts = counts
    this.#folds = watchFolds(log, () => counts?.foldFailed())
    this.#read = new ReadDeclarations(store, this.#folds, scheduler)
    const events: JoinEvents = {
      put: ({ batches }, evaluated, results) => this.#noted(batches, evaluated, results),
      joined: (rows) => counts?.joined(rows),
    }
    this.joins = new Joins(store, events, now)
  }

  /** @param declaration what `writeDeclaration` makes of what is declared */
  async declare(
    owner: string,
    name: string,
    declared: Declared,
    declaration = writeDeclaration(declared),
  ): Promise<DeclareOutcome> {
    const result = await this.#declare(owner, name, declared, declaration)
    this.#counts?.declared(result.outcome)
    return result
  }

  async #declare(owner: string, name: string, declared: Declared, declaration: string): Promise<DeclareOutcome> {
    const result = await this.#store.declare(owner, name, {
      declaration,
      expectedBatches: declared.expectedBatches ?? null,
      expectedSamples: declared.expectedSamples ?? null,
      shown: declared.metrics ? 1 : 0,
      isPublic: declared.badge === 'public' ? 1 : 0,
    })
    if (!('evaluation' in result)) return result
    const evaluation = await this.#read.openInTurn(result.evaluation)
    this.#remember(owner, name, evaluation.stored)
    if (evaluation.stored.declaration === declaration) return { outcome: result.outcome, evaluation }
    const differences = await this.#scheduler.inSlice(() => differencesOf(evaluation.declared, declared))
    return differences.length > 0 ? { outcome: 'conflict', differences } : { outcome: result.outcome, evaluation }
  }

  async find(owner: string, name: string): Promise<OpenEvaluation | undefined> {
    const stored = await this.#store.find(owner, name)
    if (stored === undefined) return undefined
    this.#remember(owner, name, stored)
    return this.#read.openInTurn(stored)
  }

  #remember(owner: string, name: string, { id, incarnation }: EvaluationKey): void {
    this.#found.set(keyOf(owner, name), { id, incarnation })
  }

  /** Those whose badge everybody may see, of all owners or of one, the oldest first. */
  async findPublic(name: string, owner: string | undefined, most: number): Promise<OpenEvaluation[]> {
    const found = await this.#store.findPublic(name, owner, most)
    return Promise.all(found.map((stored) => this.#read.openInTurn(stored)))
  }

  /**
   * Works on the evaluation that a name stood for last. Where that fails, the name is looked up, and if it stands for another
   * evaluation, the work is done with that one.
   *
   * @param work fails if the evaluation was deleted
   * @returns undefined when there is no evaluation of this name
   */
  async withRemembered<Result>(
    owner: string,
    name: string,
    work: (evaluation: DeclaredEvaluation) => Promise<Result>,
  ): Promise<Result | undefined> {
    const known = this.#found.get(keyOf(owner, name))
    const remembered = known && this.#read.find(known)
    let failure: { readonly error: unknown } | undefined
    if (remembered !== undefined) {
      try {
        return await work(remembered)
      } catch (error) {
        if (error instanceof StoreUnavailable) throw error
        failure = { error }
      }
    }
    const found = await this.find(owner, name)
    if (failure !== undefined && found?.stored.incarnation === known?.incarnation) throw failure.error
    return found && work(found)
  }

  /** The newest first. Not opened: a declaration may be of a newer release. */
  list(owner: string, page: EvaluationPage): Promise<Evaluation[]> {
    return this.#store.list(owner, page)
  }

  /** @throws StoreUnavailable for what only a newer release knows */
  open(stored: Evaluation): OpenEvaluation {
    return this.#read.open(stored)
  }

  /**
   * Refuses a batch with whose groups an evaluation would have more than `maxGroups`, as far as its batches were acknowledged.
   *
   * @param settle commits what is under way, of which account is to be taken
   * @throws LimitExceeded, StoreUnavailable
   */
  async checkGroups(
    owner: string,
    name: string,
    { batches }: DeclaredEvaluation,
    state: EvaluationState,
    maxGroups: number,
    task: Task,
    settle?: () => Promise<void>,
  ): Promise<void> {
    await this.#groups.check(batches.evaluation, state, maxGroups, async () => {
      task.stop()
      await settle?.()
      const found = await this.find(owner, name)
      task.start()
      return found === undefined ? [] : this.report(found, task, async ({ groups }) => groups)
    })
  }

  /** A batch is in no report before its answer, and in every report after it. */
  async put({ batches }: DeclaredEvaluation, evaluated: readonly EvaluatedBatch[]): Promise<PutResult[]> {
    const { evaluation } = batches
    const results = await this.#store.putBatches(evaluated.map((batch) => newBatch(evaluation, batch)))
    this.#noted(batches, evaluated, results)
    return results
  }

  #noted(batches: Batches, evaluated: readonly EvaluatedBatch[], results: readonly PutResult[]): void {
    const { evaluation } = batches
    for (const [at, result] of results.entries()) {
      this.#counts?.put(result.outcome)
      if (result.outcome !== 'committed') continue
      const { sequence, digest } = result.batch
      const { tally } = evaluated[at]
      if (tally !== undefined) {
        this.#recent.add(evaluation.incarnation, { batches: sequence, digest }, result.previous, tally)
      }
      if (sequence % blockBatches === 0) this.#foldLater(batches, sequence / blockBatches - 1)
    }
  }

  async stateOf({ batches }: DeclaredEvaluation, { sequence, digest }: Batch, task: Task): Promise<EvaluationState> {
    const { head, total } = await foldOf(batches, { batches: sequence - 1 }, sequence, task)
    if (head.digest !== digest) throw new StoreUnavailable('restored')
    return total
  }

  listBatches({ stored }: OpenEvaluation, page: BatchPage): Promise<Batch[]> {
    return this.#store.listBatches(stored, page)
  }

  /** Those batches that there were when the evaluation was found, and perhaps some that came since. */
  report<Result>(
    { stored, declared, batches }: OpenEvaluation,
    task: Task,
    use: (total: EvaluationState, head: Head) => Promise<Result>,
  ): Promise<Result> {
    return this.#totals.use(batches, declared.outputs, stored, task, use)
  }

  /** As a report has them, remembered until a batch comes. */
  async figures(found: OpenEvaluation, task: Task): Promise<Figures> {
    const { incarnation, digest, batches } = found.stored
    const known = this.#figures.get(incarnation)
    if (known !== undefined && known.head.batches === batches && known.head.digest === digest) return known.figures
    const { spec, outputs } = found.declared
    return this.report(found, task, async ({ tally }, head) => {
      const { samples, loss, lossStatus, accuracy } = statisticsOf(tally, spec)
      const figures = { samples, outputs, loss, lossStatus, accuracy }
      this.#figures.set(incarnation, { head: { batches: head.batches, digest: head.digest }, figures })
      return figures
    })
  }

  /** What the metrics show, of all owners. What cannot be read is left out. @param most evaluations that are shown */
  shown(most: number, now: number, task: Task): Promise<ShownFigures[]> {
    return shownFigures(this, this.#store, most, now, task)
  }

  /** @throws EvaluationGone, StoreUnavailable */
  windows({ stored, batches }: OpenEvaluation, range: WindowRange, task: Task): AsyncGenerator<Window, void> {
    return windowTotals(batches, range, stored, task)
  }

  /** Windows that are joined, up to when the evaluation was found, and perhaps with what came since. @throws as `windows` does */
  joinedWindows(
    { stored, batches }: OpenEvaluation,
    window: WindowName,
    range: WindowRange,
    joining: Joining,
    task: Task,
  ): AsyncGenerator<Window, void> {
    return this.#periods.joined(batches, window, range, joining, stored, task)
  }

  /** Of those batches that there were when the evaluation was found, and perhaps some that came since. */
  period({ stored, batches, declared }: OpenEvaluation, range: WindowRange, task: Task): Promise<PeriodTotal> {
    return this.#periods.total(batches, declared.window, range, stored, task)
  }

  /** @param group of rows, if it is the curve of one */
  curve({ stored, batches }: OpenEvaluation, points: number, task: Task, group?: GroupOfRows): Promise<CurvePoint[]> {
    return curveOf(batches, stored, points, task, group)
  }

  /** @throws EvaluationGone, StoreUnavailable */
  compare(one: OpenEvaluation, other: OpenEvaluation, task: Task): Promise<EvaluationComparison> {
    return comparisonOf(this.#store, one, other, task)
  }

  /**
   * Makes all of a change, or nothing of it.
   *
   * @param check throws where the evaluation is not to be changed; what it has seen is what is changed
   */
  async change(
    owner: string,
    name: string,
    { seals, merge }: ChangeRequest,
    check?: (found: OpenEvaluation) => void,
  ): Promise<ChangeOutcome | undefined> {
    for (;;) {
      const found = await this.find(owner, name)
      if (found === undefined) return undefined
      check?.(found)
      const metadata = merge && changeOf(found, merge)
      const result = await this.#store.change(owner, name, { seals, metadata }, check && found.stored)
      // what was checked may be there no more
      if (result === undefined && check !== undefined) continue
      if (result === undefined) return undefined
      const { outcome, evaluation } = result
      if (outcome === 'overtaken') continue
      const changed: ('seal' | 'metadata')[] = []
      if (seals && evaluation.status !== found.stored.status) changed.push('seal')
      if (merge !== undefined && evaluation.metadata !== found.stored.metadata) changed.push('metadata')
      return { outcome, changed, evaluation: await this.#read.openInTurn(evaluation) }
    }
  }

  /** @param check throws where it is not to be deleted; what it has seen is what is deleted @returns whether there was one */
  async delete(owner: string, name: string, check?: (found: OpenEvaluation) => void): Promise<boolean> {
    let deleted = check === undefined ? await this.#store.delete(owner, name) : undefined
    while (check !== undefined && deleted === undefined) {
      const found = await this.find(owner, name)
      if (found === undefined) return false
      check(found)
      deleted = await this.#store.delete(owner, name, found.stored)
    }
    if (deleted === undefined) return false
    this.#totals.forget(deleted)
    this.#periods.forget(deleted)
    this.#groups.forget(deleted)
    this.#figures.delete(deleted.incarnation)
    this.#read.forget(deleted)
    return true
  }

  subscribe({ stored }: OpenEvaluation, listener: () => void): () => void {
    return this.#store.subscribe(stored.id, listener)
  }

  ping(): Promise<void> {
    return this.#store.ping()
  }

  /** Where that fails, the next reader folds the block. */
  #foldLater(batches: Batches, block: number): void {
    // a new task for each block: the scheduler puts a task back the longer it has computed
    const task = this.#scheduler.task(Number.POSITIVE_INFINITY, () => new Error('never'))
    // the request is soon over, and its turns with it
    this.#folding = onBehalfOf(undefined, () =>
      this.#folding
        .then(async () => {
          // other calls of the same commit are answered first
          await setImmediate()
          task.start()
          const recent = this.#recent.take(batches.evaluation.incarnation, block)
          const after = { batches: block * blockBatches }
          if (recent !== undefined) await keepTally(batches, recent.head, recent.tally, task)
          // a reader may have folded it meanwhile
          else
            for await (const _ of blocksOf(batches, after, block + 1, (state) => batches.codec.readTally(state), task));
        })
        .catch(this.#folds.failed)
        .finally(() => task.stop()),
    )
  }
}

/** A change that changes nothing leaves the metadata as they were declared. */
function changeOf(found: OpenEvaluation, merge: (metadata: Metadata) => Metadata): Change['metadata'] {
  const before = found.stored.metadata
  const metadata = metadataOf(found)
  const merged = merge(metadata)
  const isSame = Object.keys(merged).length === Object.keys(metadata).length && has(merged, metadata)
  return { before, after: isSame ? before : JSON.stringify(merged) }
}

/** No name has a space. */
function keyOf(owner: string, name: string): string {
  return `${name} ${owner}`
}
