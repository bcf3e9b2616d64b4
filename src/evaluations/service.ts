import { LRUCache } from 'lru-cache'
import type { EvaluationState } from '../loss/state.ts'
import type { Scheduler, Task } from '../runtime/scheduler.ts'
import { StateCodec } from './codec.ts'
import type { CurvePoint } from './curve.ts'
import { curveOf } from './curve.ts'
import type { Declared, Difference } from './declaration.ts'
import { differencesOf, readDeclaration, writeDeclaration } from './declaration.ts'
import { RunningTotals } from './running-totals.ts'
import type { Batches } from './runs.ts'
import { blockBatches, foldBlock, foldOf } from './runs.ts'
import type { Batch, BatchPage, Evaluation, EvaluationPage, NewBatch, PutResult, SealResult, Store } from './store.ts'

/** Characters of the declarations that are kept read. */
const mostDeclared = 2 ** 24

/** An evaluation as it is stored, and what its declaration says. */
export interface OpenEvaluation {
  readonly stored: Evaluation
  readonly declared: Declared
  readonly batches: Batches
}

export type DeclareOutcome =
  | { readonly outcome: 'created' | 'exists'; readonly evaluation: OpenEvaluation }
  | { readonly outcome: 'conflict'; readonly differences: readonly Difference[] }
  | { readonly outcome: 'full' }

/** What is kept of a batch that was evaluated. */
export type EvaluatedBatch = Omit<NewBatch, 'evaluation'>

/** Evaluations that last: their batches come one by one, to any replica, and each counts once. */
export class Evaluations {
  readonly #store: Store
  readonly #totals = new RunningTotals()
  /** What is not stored with each request anew: declarations by the id of the evaluation. */
  readonly #read = new LRUCache<number, Pick<OpenEvaluation, 'declared' | 'batches'>>({ maxSize: mostDeclared })
  readonly #scheduler: Scheduler
  #folding: Promise<unknown> = Promise.resolve()

  constructor(store: Store, scheduler: Scheduler) {
    this.#store = store
    this.#scheduler = scheduler
  }

  /** Declares an evaluation, or finds that it was declared before: in the same way, or in another. */
  async declare(owner: string, name: string, declared: Declared): Promise<DeclareOutcome> {
    const result = await this.#store.declare(owner, name, {
      declaration: writeDeclaration(declared),
      expectedBatches: declared.expectedBatches ?? null,
      expectedSamples: declared.expectedSamples ?? null,
    })
    if (result.outcome === 'full') return result
    const evaluation = this.#open(result.evaluation)
    const differences = differencesOf(evaluation.declared, declared)
    return differences.length > 0 ? { outcome: 'conflict', differences } : { outcome: result.outcome, evaluation }
  }

  async find(owner: string, name: string): Promise<OpenEvaluation | undefined> {
    const stored = await this.#store.find(owner, name)
    return stored && this.#open(stored)
  }

  /** The newest first. */
  async list(owner: string, page: EvaluationPage): Promise<OpenEvaluation[]> {
    return (await this.#store.list(owner, page)).map((stored) => this.#open(stored))
  }

  /** Stores batches of one evaluation; a batch is in no report before its answer, and in every report after it. */
  async put({ stored, batches }: OpenEvaluation, evaluated: readonly EvaluatedBatch[]): Promise<PutResult[]> {
    const { id } = stored
    const results = await this.#store.putBatches(evaluated.map((batch) => ({ ...batch, evaluation: id })))
    for (const result of results) {
      if (result.outcome !== 'committed' || result.batch.sequence % blockBatches !== 0) continue
      this.#foldLater(batches, result.batch.sequence / blockBatches - 1)
    }
    return results
  }

  /** The state of a batch that is stored. */
  stateOf({ batches }: OpenEvaluation, { sequence }: Batch, task: Task): Promise<EvaluationState> {
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

  curve({ stored, batches }: OpenEvaluation, points: number, task: Task): Promise<CurvePoint[]> {
    return curveOf(batches, stored.batches, points, task)
  }

  seal(owner: string, name: string): Promise<SealResult | undefined> {
    return this.#store.seal(owner, name)
  }

  async delete(owner: string, name: string): Promise<boolean> {
    const stored = await this.#store.find(owner, name)
    const wasThere = await this.#store.delete(owner, name)
    if (stored !== undefined) {
      this.#totals.forget(stored.id)
      this.#read.delete(stored.id)
    }
    return wasThere
  }

  /** Calls a listener soon after anything of the evaluation may have changed. @returns ends it */
  subscribe({ stored }: OpenEvaluation, listener: () => void): () => void {
    return this.#store.subscribe(stored.id, listener)
  }

  /** Fulfilled when the store can be used. */
  ping(): Promise<void> {
    return this.#store.ping()
  }

  #open(stored: Evaluation): OpenEvaluation {
    const known = this.#read.get(stored.id)
    if (known !== undefined) return { stored, ...known }
    const declared = readDeclaration(stored.declaration)
    const codec = new StateCodec(declared.spec, declared.outputs)
    const opened = { declared, batches: { store: this.#store, evaluation: stored.id, codec } }
    this.#read.set(stored.id, opened, { size: stored.declaration.length })
    return { stored, ...opened }
  }

  /** One block after the other, between requests. Where it fails, the next reader folds the block. */
  #foldLater(batches: Batches, block: number): void {
    // a task of its own: one that had computed for long would be the last to have its turn, again and again
    const task = this.#scheduler.task(Number.POSITIVE_INFINITY, () => new Error('never'))
    this.#folding = this.#folding
      .then(() => {
        task.start()
        return foldBlock(batches, block, task)
      })
      .catch(() => undefined)
      .finally(() => task.stop())
  }
}
