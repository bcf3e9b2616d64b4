import { setImmediate } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import { StoreUnavailable } from '../database/errors.ts'
import type {
  Batch,
  BatchPage,
  Evaluation,
  EvaluationPage,
  NewBatch,
  PutResult,
  SealResult,
  Store,
} from '../database/store.ts'
import type { EvaluationState } from '../loss/state.ts'
import type { Scheduler, Task } from '../runtime/scheduler.ts'
import type { Batches } from './block-ranges.ts'
import { blockBatches, blocksOf, foldBlock, foldOf } from './block-ranges.ts'
import { StateCodec } from './codec.ts'
import type { EvaluationComparison } from './comparison.ts'
import { comparisonOf } from './comparison.ts'
import type { CurvePoint, GroupOfRows } from './curve.ts'
import { curveOf } from './curve.ts'
import type { Declared, Difference } from './declaration.ts'
import { differencesOf, readDeclaration, writeDeclaration } from './declaration.ts'
import type { EvaluatedBatch } from './evaluate.ts'
import { foldFailures } from './fold-failures.ts'
import { KnownGroups } from './known-groups.ts'
import type { DeclaredEvaluation, OpenEvaluation } from './open-evaluation.ts'
import { RecentTallies } from './recent-tallies.ts'
import { RunningTotals } from './running-totals.ts'

/** Characters of the cached declarations. */
const mostDeclared = 2 ** 24
const mostNames = 10_000

export type DeclareOutcome =
  | { readonly outcome: 'created' | 'exists'; readonly evaluation: OpenEvaluation }
  | { readonly outcome: 'conflict'; readonly differences: readonly Difference[] }
  | { readonly outcome: 'full' }

export interface SealOutcome {
  readonly outcome: SealResult['outcome']
  readonly evaluation: OpenEvaluation
}

export interface EvaluationCounts {
  declared(outcome: DeclareOutcome['outcome']): void
  put(outcome: PutResult['outcome']): void
}

/** Evaluations that last: their batches come one by one, to any replica, and each counts once. */
export class Evaluations {
  readonly #store: Store
  readonly #totals = new RunningTotals()
  readonly #groups = new KnownGroups()
  readonly #recent = new RecentTallies()
  /** Parsed declarations by the id of the evaluation. */
  readonly #read = new LRUCache<number, DeclaredEvaluation>({ maxSize: mostDeclared })
  /** Ids by owner and name, as they were last found. */
  readonly #ids = new LRUCache<string, number>({ max: mostNames })
  readonly #scheduler: Scheduler
  readonly #counts: EvaluationCounts | undefined
  readonly #foldFailed: (error: unknown) => void
  #folding: Promise<unknown> = Promise.resolve()

  /** @param log is told of failures that no request is answered with */
  constructor(store: Store, scheduler: Scheduler, counts?: EvaluationCounts, log?: Parameters<typeof foldFailures>[0]) {
    this.#store = store
    this.#scheduler = scheduler
    this.#counts = counts
    this.#foldFailed = foldFailures(log)
  }

  /**
   * Declares an evaluation, or finds that it was declared before: in the same way, or in another.
   *
   * @param declaration what `writeDeclaration` makes of what is declared, where that is known
   */
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
    })
    if (result.outcome === 'full') return result
    const evaluation = this.open(result.evaluation)
    this.#ids.set(keyOf(owner, name), evaluation.stored.id)
    const differences = differencesOf(evaluation.declared, declared)
    return differences.length > 0 ? { outcome: 'conflict', differences } : { outcome: result.outcome, evaluation }
  }

  async find(owner: string, name: string): Promise<OpenEvaluation | undefined> {
    const stored = await this.#store.find(owner, name)
    if (stored === undefined) return undefined
    this.#ids.set(keyOf(owner, name), stored.id)
    return this.open(stored)
  }

  /**
   * Works on the evaluation of a name without asking the store what the name stands for, if that was found before. It may
   * have been deleted since, and declared anew in another way. So where the work fails, the name is looked up, and if it
   * stands for another evaluation, the work is done with that one.
   *
   * @param work fails if the evaluation was deleted
   * @returns undefined when there is no evaluation of this name
   */
  async withRemembered<Result>(
    owner: string,
    name: string,
    work: (evaluation: DeclaredEvaluation) => Promise<Result>,
  ): Promise<Result | undefined> {
    const id = this.#ids.get(keyOf(owner, name))
    const remembered = id === undefined ? undefined : this.#read.get(id)
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
    if (failure !== undefined && found?.stored.id === id) throw failure.error
    return found && work(found)
  }

  /** The newest first. Not opened: a declaration may be of a newer release. */
  list(owner: string, page: EvaluationPage): Promise<Evaluation[]> {
    return this.#store.list(owner, page)
  }

  /**
   * Reads what an evaluation was declared with.
   *
   * @throws StoreUnavailable for what only a newer release knows
   */
  open(stored: Evaluation): OpenEvaluation {
    const known = this.#read.get(stored.id)
    if (known !== undefined) return { stored, ...known }
    const declared = readDeclaration(stored.declaration)
    const codec = new StateCodec(declared.spec, declared.outputs)
    const batches = { store: this.#store, evaluation: stored.id, codec, foldFailed: this.#foldFailed }
    const opened = { declared, batches }
    this.#read.set(stored.id, opened, { size: stored.declaration.length })
    return { stored, ...opened }
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

  /** Stores batches of one evaluation; a batch is in no report before its answer, and in every report after it. */
  async put({ batches }: DeclaredEvaluation, evaluated: readonly EvaluatedBatch[]): Promise<PutResult[]> {
    const { evaluation } = batches
    const results = await this.#store.putBatches(evaluated.map((batch) => newBatch(evaluation, batch)))
    for (const [at, result] of results.entries()) {
      this.#counts?.put(result.outcome)
      if (result.outcome !== 'committed') continue
      const { sequence } = result.batch
      const { tally } = evaluated[at]
      if (tally !== undefined) this.#recent.add(evaluation, sequence, tally)
      if (sequence % blockBatches === 0) this.#foldLater(batches, sequence / blockBatches - 1)
    }
    return results
  }

  /** The state of a batch that is stored. */
  stateOf({ batches }: DeclaredEvaluation, { sequence }: Batch, task: Task): Promise<EvaluationState> {
    return foldOf(batches, sequence - 1, sequence, task)
  }

  listBatches({ stored }: OpenEvaluation, page: BatchPage): Promise<Batch[]> {
    return this.#store.listBatches(stored.id, page)
  }

  /** Uses what all batches add up to: those there were when the evaluation was found, and perhaps some that came since. */
  report<Result>(
    { stored, declared, batches }: OpenEvaluation,
    task: Task,
    use: (total: EvaluationState, batches: number) => Promise<Result>,
  ): Promise<Result> {
    return this.#totals.use(batches, declared.outputs, stored.batches, task, use)
  }

  /** @param group of rows, if it is the curve of one */
  curve({ stored, batches }: OpenEvaluation, points: number, task: Task, group?: GroupOfRows): Promise<CurvePoint[]> {
    return curveOf(batches, stored.batches, points, task, group)
  }

  /** @throws EvaluationGone, StoreUnavailable */
  compare(one: OpenEvaluation, other: OpenEvaluation, task: Task): Promise<EvaluationComparison> {
    return comparisonOf(this.#store, one, other, task)
  }

  /** Ends an evaluation whose expectations are met; undefined when there is none. */
  async seal(owner: string, name: string): Promise<SealOutcome | undefined> {
    const result = await this.#store.seal(owner, name)
    return result && { outcome: result.outcome, evaluation: this.open(result.evaluation) }
  }

  async delete(owner: string, name: string): Promise<boolean> {
    const id = await this.#store.delete(owner, name)
    if (id === undefined) return false
    this.#totals.forget(id)
    this.#groups.forget(id)
    this.#read.delete(id)
    return true
  }

  /** Calls a listener soon after anything of the evaluation may have changed. @returns ends it */
  subscribe({ stored }: OpenEvaluation, listener: () => void): () => void {
    return this.#store.subscribe(stored.id, listener)
  }

  /** Fulfilled when the store can be used. */
  ping(): Promise<void> {
    return this.#store.ping()
  }

  /** Folds one block after the other, between requests. Where that fails, the next reader folds the block. */
  #foldLater(batches: Batches, block: number): void {
    // a new task for each block: the scheduler puts a task back the longer it has computed
    const task = this.#scheduler.task(Number.POSITIVE_INFINITY, () => new Error('never'))
    this.#folding = this.#folding
      .then(async () => {
        // other calls of the same commit are answered first
        await setImmediate()
        task.start()
        const tally = this.#recent.take(batches.evaluation, block)
        if (tally !== undefined) await foldBlock(batches, block, task, tally)
        // a reader may have folded it meanwhile
        else
          for await (const _ of blocksOf(batches, block, block + 1, (state) => batches.codec.readTally(state), task));
      })
      .catch(this.#foldFailed)
      .finally(() => task.stop())
  }
}

function newBatch(
  evaluation: number,
  { name, fingerprint, labelsDigest, state, samples, loss, lossStatus, accuracy }: EvaluatedBatch,
): NewBatch {
  return { evaluation, name, fingerprint, labelsDigest, state, samples, loss, lossStatus, accuracy }
}

/** No name has a space. */
function keyOf(owner: string, name: string): string {
  return `${name} ${owner}`
}
