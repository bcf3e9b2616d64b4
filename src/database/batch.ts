import type { Digest, EvaluationKey } from './history.ts'

export interface BatchFigures {
  readonly name: string
  readonly samples: number
  readonly loss: number | null
  readonly lossStatus: 'finite' | 'infinite' | 'undefined'
  readonly accuracy: number | null
  /** When its window begins, in milliseconds since 1970; null where the evaluation has none. */
  readonly window: number | null
}

export interface NewBatch extends BatchFigures {
  readonly evaluation: EvaluationKey
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
  /** Of all batches up to this one. */
  readonly digest: Digest
}

/** full: the evaluation has as many batches as are allowed; gone: it was deleted. */
export type PutResult =
  | { readonly outcome: 'committed'; readonly batch: Batch; readonly previous: Digest }
  | { readonly outcome: 'replayed' | 'conflict'; readonly batch: Batch }
  | { readonly outcome: 'sealed' | 'full' | 'gone' }
