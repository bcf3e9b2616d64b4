/**
 * Where evaluations last. A write is durable when its promise is fulfilled, and one transaction. Every operation may reject
 * with `StoreUnavailable`, and with a RangeError for texts that are not well-formed Unicode without U+0000.
 */
export interface Store {
  /** "full" when its owner has as many as are allowed. */
  declare(owner: string, name: string, declaration: Declaration): Promise<DeclareResult>
  find(owner: string, name: string): Promise<Evaluation | undefined>
  /** The newest first. */
  list(owner: string, page: EvaluationPage): Promise<Evaluation[]>
  /** Ends an evaluation whose expectations are met; undefined when there is none. */
  seal(owner: string, name: string): Promise<SealResult | undefined>
  /** Frees the name at once; what it stored goes with the next sweeps. @returns its id; undefined when there is none */
  delete(owner: string, name: string): Promise<number | undefined>

  /** Answers each in its place. The first of two batches of one name counts, also within a call. */
  putBatches(batches: readonly NewBatch[]): Promise<PutResult[]>
  listBatches(evaluation: number, page: BatchPage): Promise<Batch[]>
  /** When every `step`-th batch up to the `last` came, and that one itself. @throws EvaluationGone */
  times(evaluation: number, step: number, last: number): Promise<number[]>
  /** The batches with `after` < sequence <= `last`, in order. */
  states(evaluation: number, after?: number, last?: number): AsyncIterable<StatePage>
  /**
   * The batches that two evaluations have under the same names, in the order of the first, of those they had when they were
   * found. A page may be empty.
   *
   * @param first to read less, the one of fewer batches
   * @throws EvaluationGone at the end if one of the two was deleted meanwhile: pairs may be missing then
   */
  pairs(first: CountedBatches, second: CountedBatches): AsyncIterable<readonly Pair[]>

  /** A cache that can be rebuilt from the states. In a slot, the one that covers more batches is kept. */
  putFolds(evaluation: number, folds: readonly Fold[]): Promise<void>
  folds(evaluation: number, from: number, to: number): Promise<Fold[]>

  /** Calls a listener soon after anything of an evaluation may have changed, on whichever replica. @returns ends it */
  subscribe(evaluation: number, listener: () => void): () => void
  /**
   * One small step of cleaning up.
   *
   * @param before expires evaluations not written to since; undefined expires none
   * @returns whether there may be more to do
   */
  sweep(before?: number): Promise<boolean>
  ping(): Promise<void>
  close(): Promise<void>
}

export interface StoreLimits {
  readonly maxEvaluations: number
  readonly maxBatches: number
}

export interface Declaration {
  /** Opaque to the store. */
  readonly declaration: string
  readonly expectedBatches: number | null
  readonly expectedSamples: number | null
}

export interface Evaluation extends Declaration {
  readonly id: number
  readonly owner: string
  readonly name: string
  readonly status: 'open' | 'sealed'
  /** The sequence of the last one; 0 for none. */
  readonly batches: number
  readonly samples: number
  /** In milliseconds since 1970. */
  readonly createdAt: number
  readonly updatedAt: number
}

export interface BatchFigures {
  readonly name: string
  readonly samples: number
  readonly loss: number | null
  readonly lossStatus: 'finite' | 'infinite' | 'undefined'
  readonly accuracy: number | null
}

export interface NewBatch extends BatchFigures {
  readonly evaluation: number
  /** The SHA-256 of its content. */
  readonly fingerprint: Uint8Array
  /** The SHA-256 of its labels and the weights of its samples. */
  readonly labelsDigest: Uint8Array
  /** As `StateCodec` writes it. */
  readonly state: Uint8Array
}

export interface Batch extends BatchFigures {
  /** 1, 2, ... in the order of commit, without gaps. */
  readonly sequence: number
  readonly createdAt: number
}

export type DeclareResult =
  | { readonly outcome: 'created' | 'exists'; readonly evaluation: Evaluation }
  | { readonly outcome: 'full' }

export interface SealResult {
  readonly outcome: 'sealed' | 'incomplete'
  readonly evaluation: Evaluation
}

/** full: the evaluation has as many batches as are allowed; gone: it was deleted. */
export type PutResult =
  | { readonly outcome: 'committed' | 'replayed' | 'conflict'; readonly batch: Batch }
  | { readonly outcome: 'sealed' | 'full' | 'gone' }

export interface EvaluationPage {
  readonly prefix?: string | undefined
  /** The id of the last one of the page before. */
  readonly after?: number | undefined
  readonly limit: number
}

export interface BatchPage {
  readonly after?: number | undefined
  readonly limit: number
}

export interface StatePage {
  readonly first: number
  readonly states: readonly Uint8Array[]
}

export type CountedBatches = Pick<Evaluation, 'id' | 'batches'>

export interface Pair {
  readonly name: string
  /** undefined where the labels differ. */
  readonly states: readonly [first: Uint8Array, second: Uint8Array] | undefined
}

export interface Fold {
  readonly slot: number
  readonly last: number
  readonly state: Uint8Array
}
