/**
 * Where evaluations last. Every operation that writes is durable when its promise is fulfilled, and one transaction. Every
 * operation may reject with `StoreUnavailable`.
 *
 * An evaluation is found by its owner and name, which are any well-formed Unicode without U+0000; with other texts every
 * operation rejects with a RangeError. What belongs to it is addressed by its id, a number of this declaration
 * alone, so that nothing meant for a deleted evaluation reaches one that was declared anew under its name.
 */
export interface Store {
  /** Declares an evaluation, or finds the one that has this name; "full" when its owner has as many as are allowed. */
  declare(owner: string, name: string, declaration: Declaration): Promise<DeclareResult>
  find(owner: string, name: string): Promise<Evaluation | undefined>
  /** The newest first. */
  list(owner: string, page: EvaluationPage): Promise<Evaluation[]>
  /** Ends an evaluation whose expectations are met; undefined when there is none. Sealing twice is the same as once. */
  seal(owner: string, name: string): Promise<SealResult | undefined>
  /**
   * Frees the name of an evaluation at once; what it stored goes with the next sweeps.
   *
   * @returns its id; undefined when there is none
   */
  delete(owner: string, name: string): Promise<number | undefined>

  /**
   * Stores batches, which may belong to several evaluations, and answers each in its place. Calls at the same time share a
   * transaction. The first of two batches of one name counts, also within a call.
   */
  putBatches(batches: readonly NewBatch[]): Promise<PutResult[]>
  /** In order of their sequence. */
  listBatches(evaluation: number, page: BatchPage): Promise<Batch[]>
  /**
   * When every `step`-th batch up to the `last` came, and that one itself, in milliseconds since 1970, in order.
   *
   * @param last the sequence of a batch that was there
   * @throws EvaluationGone if the evaluation was deleted meanwhile, and they are gone
   */
  times(evaluation: number, step: number, last: number): Promise<number[]>
  /** The states of the batches with `after` < sequence <= `last`, in order, in pages of some hundred. */
  states(evaluation: number, after?: number, last?: number): AsyncIterable<StatePage>
  /**
   * The batches of one evaluation that another has under the same names, in the order of their sequence in the first, in
   * pages of some hundred or fewer; a page may be empty. Of both evaluations only the batches count that they had when they
   * were found, whatever comes meanwhile, so that all names but these pairs are without a partner: `batches` less the
   * number of pairs, in each of the two. Each batch of the first costs a look-up in the second.
   *
   * @param first as `find` answered; to read less, the one of fewer batches
   * @throws EvaluationGone at the end if one of the two was deleted meanwhile: pairs may be missing then
   */
  pairs(first: CountedBatches, second: CountedBatches): AsyncIterable<readonly Pair[]>

  /**
   * Keeps folded totals, so that they need not be folded again: a cache that can be rebuilt from the states, never the
   * truth. One in a slot replaces an older one unless that covers more batches. Totals of a deleted evaluation are dropped.
   */
  putFolds(evaluation: number, folds: readonly Fold[]): Promise<void>
  /** Those in the slots `from` <= slot <= `to`, in order of their slots. */
  folds(evaluation: number, from: number, to: number): Promise<Fold[]>

  /**
   * Calls a listener soon after anything of an evaluation may have changed, on whichever replica: batches, the status, or
   * that it was deleted. A call says no more than "look again", and one call may stand for many changes.
   *
   * @returns ends it
   */
  subscribe(evaluation: number, listener: () => void): () => void
  /**
   * One small step of cleaning up: expires evaluations not written to since a time, and removes some of what deleted ones
   * stored.
   *
   * @param before in milliseconds since 1970; undefined expires none
   * @returns whether there may be more to do
   */
  sweep(before?: number): Promise<boolean>
  /** Fulfilled when the store can be used. */
  ping(): Promise<void>
  /** Waits for what was begun. */
  close(): Promise<void>
}

export interface StoreLimits {
  /** Evaluations of one owner. */
  readonly maxEvaluations: number
  /** Batches of one evaluation. */
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
  /** How many it has, which is the sequence of the last one; 0 for none. */
  readonly batches: number
  readonly samples: number
  /** In milliseconds since 1970. */
  readonly createdAt: number
  /** When it was declared, sealed or got a batch last, in milliseconds since 1970. */
  readonly updatedAt: number
}

/** What is told of a batch. */
export interface BatchFigures {
  /** Unique in its evaluation. */
  readonly name: string
  readonly samples: number
  /** null when `lossStatus` is not "finite". */
  readonly loss: number | null
  readonly lossStatus: 'finite' | 'infinite' | 'undefined'
  readonly accuracy: number | null
}

export interface NewBatch extends BatchFigures {
  /** The id of its evaluation. */
  readonly evaluation: number
  /** The SHA-256 of its content: 32 bytes. */
  readonly fingerprint: Uint8Array
  /** The SHA-256 of its labels and the weights of its samples: 32 bytes. */
  readonly labelsDigest: Uint8Array
  /** The bytes of its state, as `StateCodec` writes them. */
  readonly state: Uint8Array
}

export interface Batch extends BatchFigures {
  /** 1, 2, ... in the order of commit, without gaps. */
  readonly sequence: number
  /** In milliseconds since 1970. */
  readonly createdAt: number
}

export type DeclareResult =
  | { readonly outcome: 'created' | 'exists'; readonly evaluation: Evaluation }
  | { readonly outcome: 'full' }

export interface SealResult {
  readonly outcome: 'sealed' | 'incomplete'
  readonly evaluation: Evaluation
}

/**
 * What became of a batch: it is stored now (committed), or was before with the same content (replayed); or its name has
 * other content (conflict), the evaluation is sealed, has as many batches as are allowed (full), or was deleted (gone).
 */
export type PutResult =
  | { readonly outcome: 'committed' | 'replayed' | 'conflict'; readonly batch: Batch }
  | { readonly outcome: 'sealed' | 'full' | 'gone' }

export interface EvaluationPage {
  /** Only names that begin with it. */
  readonly prefix?: string | undefined
  /** Only evaluations declared before the one of this id. */
  readonly after?: number | undefined
  readonly limit: number
}

export interface BatchPage {
  /** Only batches of a higher sequence. */
  readonly after?: number | undefined
  readonly limit: number
}

export interface StatePage {
  /** The sequence of the first of them. */
  readonly first: number
  readonly states: readonly Uint8Array[]
}

/** The batches of an evaluation up to a sequence. */
export type CountedBatches = Pick<Evaluation, 'id' | 'batches'>

/** Batches of two evaluations that have one name. */
export interface Pair {
  readonly name: string
  /**
   * Their states, of the first evaluation and of the second, where their labels digests are equal: both are about the same
   * rows. undefined where the labels differ.
   */
  readonly states: readonly [first: Uint8Array, second: Uint8Array] | undefined
}

export interface Fold {
  /** A number that the caller gives a total, from 0. */
  readonly slot: number
  readonly last: number
  readonly state: Uint8Array
}
