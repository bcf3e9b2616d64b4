import type { NewBatch, PutResult } from '../store.ts'
import type { SqlEngine } from './engine.ts'

/** What databases do for evaluations, each in its own way. Operations reject with `StoreUnavailable`. */
export interface EvaluationEngine extends SqlEngine {
  /** Whether `listen` tells of this process's own changes, too. */
  readonly announcesOwn: boolean
  /** Decides and stores a group of batches in one transaction, as `decide` says. */
  putBatches(batches: readonly NewBatch[], rules: PutRules): Promise<PutResult[]>
  /** Calls a listener, from now on, with the id of an evaluation that changed, or without one if any may have. */
  listen(listener: (evaluation?: number) => void): void
}

export interface PutRules {
  readonly maxBatches: number
  /** The time to store with them, in milliseconds since 1970. */
  readonly now: number
}
