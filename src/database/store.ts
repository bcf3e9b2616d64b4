import type { TurnLoad } from '../runtime/turns.ts'
import type { Batch, NewBatch, PutResult } from './batch.ts'
import type { FoundRow, HalvesResult, HalvesWrite, WaitingCounts, WaitingHalf, WaitingPage } from './halves.ts'
import type { Digest, EvaluationKey, Head, ReadHead } from './history.ts'

export type { Batch, BatchFigures, NewBatch, PutResult } from './batch.ts'

/**
 * Where evaluations last. A write is durable when its promise is fulfilled, and one transaction. Every operation may reject
 * with `StoreUnavailable`, and with a RangeError for texts that are not well-formed Unicode without U+0000.
 *
 * A store may be put back to an earlier state at any time. What is read after a head is what came after just these batches,
 * else the operation rejects with the reason "restored".
 */
export interface Store {
  /** "full" when its owner has as many as are allowed, "crowded" when as many as are allowed are shown. */
  declare(owner: string, name: string, declaration: Declaration): Promise<DeclareResult>
  find(owner: string, name: string): Promise<Evaluation | undefined>
  /** Those of all owners that have this name and are drawn for everybody, the oldest first. @param owner only that one's */
  findPublic(name: string, owner: string | undefined, limit: number): Promise<Evaluation[]>
  /** The newest first. */
  list(owner: string, page: EvaluationPage): Promise<Evaluation[]>
  /** Those of all owners that are shown, by owner and age. */
  listShown(limit: number): Promise<Evaluation[]>
  /** Makes all of a change, or nothing of it; undefined when there is no evaluation. @param only if it is still in this state */
  change(owner: string, name: string, change: Change, only?: EvaluationVersion): Promise<ChangeResult | undefined>
  /**
   * Frees the name at once; what it stored goes with the next sweeps.
   *
   * @param only if it is still in this state
   * @returns undefined when there is none
   */
  delete(owner: string, name: string, only?: EvaluationVersion): Promise<EvaluationKey | undefined>

  /** Answers each in its place. The first of two batches of one name counts, also within a call. */
  putBatches(batches: readonly NewBatch[]): Promise<PutResult[]>
  listBatches(evaluation: EvaluationKey, page: BatchPage): Promise<Batch[]>
  /** When every `step`-th batch up to the `last` came, and that one itself. @throws EvaluationGone */
  times(evaluation: EvaluationKey, step: number, last: Head): Promise<number[]>
  /** The batches with `after` < sequence <= `last`, in order. */
  states(evaluation: EvaluationKey, after?: ReadHead, last?: number): AsyncIterable<StatePage>
  /**
   * The batches that two evaluations have under the same names, in the order of the first, of those they had when they were
   * found. A page may be empty.
   *
   * @param first to read less, the one of fewer batches
   * @throws EvaluationGone, at the latest at the end, if one of the two was deleted meanwhile
   */
  pairs(first: CountedBatches, second: CountedBatches): AsyncIterable<readonly Pair[]>

  /** The rows of a joined evaluation of these ids that are there, in any order. Those that have expired may be among them. */
  readHalves(evaluation: EvaluationKey, ids: readonly string[]): Promise<FoundRow[]>
  putHalves(write: HalvesWrite): Promise<HalvesResult>
  /** The oldest first. */
  listWaiting(evaluation: EvaluationKey, page: WaitingPage): Promise<WaitingHalf[]>
  /** Of all evaluations. */
  countWaiting(): Promise<WaitingCounts>

  /** A cache that can be rebuilt from the states. Totals of other batches than those in the store are dropped. */
  putFolds(evaluation: EvaluationKey, folds: readonly Fold[]): Promise<void>
  /** Those in the slots `from` <= slot <= `to`, in order. */
  folds(evaluation: EvaluationKey, from: number, to: number, after?: ReadHead): Promise<Fold[]>

  /**
   * What is kept of windows, and the batches that came since, up to a head: pages of them in the order of the windows.
   *
   * @throws EvaluationGone, StoreUnavailable
   */
  windowParts(evaluation: EvaluationKey, range: WindowRange, head: Head): AsyncIterable<readonly WindowPart[]>
  /** The start of the last window with batches that begins no later. */
  lastWindow(evaluation: EvaluationKey, latest: number): Promise<number | undefined>
  /** A cache, as folds are. */
  putWindows(evaluation: EvaluationKey, windows: readonly WindowTotal[]): Promise<void>

  /** Calls a listener soon after anything of an evaluation may have changed, on whichever replica. @returns ends it */
  subscribe(evaluation: number, listener: () => void): () => void
  /**
   * One small step of cleaning up.
   *
   * @param before expires evaluations not written to since; undefined expires none
   * @param expired is told of each of them
   * @returns whether there may be more to do
   */
  sweep(before?: number, expired?: (evaluation: EvaluationName) => void): Promise<boolean>
  /** Likewise, of halves of rows that have waited too long. */
  sweepHalves(): Promise<SweptHalves>
  ping(): Promise<void>
  readonly load: TurnLoad
  close(): Promise<void>
}

export interface SweptHalves {
  /** Halves that have waited in vain. */
  readonly expired: number
  readonly isMore: boolean
}

export interface StoreLimits {
  readonly maxEvaluations: number
  readonly maxShownEvaluations?: number
  readonly maxBatches: number
}

export interface Declaration {
  /** Opaque to the store. */
  readonly declaration: string
  readonly expectedBatches: number | null
  readonly expectedSamples: number | null
  /** 1 where the metrics show the figures. */
  readonly shown?: number
  /** 1 where the badge is drawn for clients without a key, too. */
  readonly isPublic?: number
}

export type EvaluationName = Pick<Evaluation, 'owner' | 'name'>

export interface Evaluation extends Declaration, EvaluationKey, Head {
  readonly owner: string
  readonly name: string
  readonly status: 'open' | 'sealed'
  /** As JSON, where it was changed after the declaration. */
  readonly metadata: string | null
  readonly samples: number
  /** Halves of rows that wait for the other half, or have expired and were not yet swept. */
  readonly waitingPredictions: number
  readonly waitingLabels: number
  /** Halves that have waited in vain. */
  readonly expired: number
  /** In milliseconds since 1970. */
  readonly createdAt: number
  readonly updatedAt: number
}

/** A state of an evaluation, which no other has: batches are only added. */
export type EvaluationVersion = Pick<Evaluation, 'incarnation' | 'batches' | 'status' | 'metadata'>

export type DeclareResult =
  | { readonly outcome: 'created' | 'exists'; readonly evaluation: Evaluation }
  | { readonly outcome: 'full' }
  | { readonly outcome: 'crowded' }

export interface Change {
  /** Whether it takes no more batches. */
  readonly seals: boolean
  /** What its `metadata` must be, and what it becomes. */
  readonly metadata?: { readonly before: string | null; readonly after: string | null } | undefined
}

/** incomplete: it lacks batches or samples that it was declared with; overtaken: its `metadata` is no longer what it must be. */
export interface ChangeResult {
  readonly outcome: 'changed' | 'incomplete' | 'overtaken'
  readonly evaluation: Evaluation
}

export interface EvaluationPage {
  readonly prefix?: string | undefined
  /** What their metadata, or else their declaration, must contain as JSON. */
  readonly containing?: string | undefined
  /** The id of the last one of the page before. */
  readonly after?: number | undefined
  readonly limit: number
}

export interface BatchPage {
  readonly after?: number | undefined
  readonly limit: number
}

export interface StatePage {
  readonly states: readonly { readonly state: Uint8Array; readonly digest: Digest }[]
}

export type CountedBatches = EvaluationKey & Head

export interface Pair {
  readonly name: string
  /** undefined where the labels differ. */
  readonly states: readonly [first: Uint8Array, second: Uint8Array] | undefined
}

/** Windows that begin at `from` <= start < `to`. */
export interface WindowRange {
  readonly from: number
  readonly to: number
  /** So many windows at most are wanted. */
  readonly most: number
}

/** A batch of a window, or what is kept of the first ones. */
export interface WindowPart {
  readonly start: number
  /** How many batches it is. */
  readonly batches: number
  /** The sequence of the last one, and the digest of all batches up to it. */
  readonly last: number
  readonly digest: Digest
  readonly state: Uint8Array
}

export interface WindowTotal extends WindowPart {
  readonly digest: string
}

export interface Fold {
  readonly slot: number
  readonly last: number
  /** Of the batches up to the last. */
  readonly digest: Digest
  readonly state: Uint8Array
}
