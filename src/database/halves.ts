import type { NewBatch, PutResult } from './batch.ts'
import type { EvaluationKey } from './history.ts'

/** What comes of a row by itself: what was predicted for it, or its label. */
export type Half = 'predictions' | 'labels'

/** The bytes of a digest of a half. */
export const halfDigestBytes = 16

/** What the store has of a row of a joined evaluation. */
export interface FoundRow {
  readonly id: string
  readonly predictionsDigest: Uint8Array | null
  readonly labelsDigest: Uint8Array | null
  /** Of the half that waits; null once both have come. */
  readonly payload: Uint8Array | null
  /** Of predictions that wait: the time of the row. */
  readonly at: number | null
  readonly expiresAt: number
}

/** Halves that begin to wait. What belongs to one stands at the place of its id. */
export interface NewHalves {
  readonly ids: readonly string[]
  /** One behind the other. */
  readonly digests: Uint8Array
  readonly payloads: Uint8Array
  /** Where each payload ends. */
  readonly ends: readonly number[]
  /** The times of the rows; of labels null. */
  readonly times: readonly (number | null)[]
}

/** The digest of a half among those that are one behind the other. */
export function digestAt(digests: Uint8Array, at: number): Uint8Array {
  return digests.subarray(at * halfDigestBytes, (at + 1) * halfDigestBytes)
}

export function payloadAt({ payloads, ends }: Pick<NewHalves, 'payloads' | 'ends'>, at: number): Uint8Array {
  return payloads.subarray(at === 0 ? 0 : ends[at - 1], ends[at])
}

/** Halves whose other half waits. */
export interface JoinedHalves {
  readonly ids: readonly string[]
  readonly digests: Uint8Array
  /** The digests that the other halves had when they were read. */
  readonly others: Uint8Array
}

/** The rows of an evaluation that have expired and whose ids come again. */
export interface ExpiredRows {
  readonly ids: readonly string[]
  readonly waitingPredictions: number
  readonly waitingLabels: number
}

/** What becomes of the halves of a body. It is written as a whole, and only if the store is still as it was read. */
export interface HalvesWrite {
  readonly evaluation: EvaluationKey
  readonly half: Half
  readonly now: number
  /** Of what waits from now on, and of what is known of what has joined. */
  readonly expiresAt: number
  readonly expired: ExpiredRows
  readonly added: NewHalves
  readonly joined: JoinedHalves
  /** Halves of the evaluation that may wait. */
  readonly maxWaiting: number
  /** What the joined rows add up to. */
  readonly batches: readonly NewBatch[]
}

/** changed: the store is not as it was read; crowded: as many halves wait as are allowed; the others as of batches. */
export type HalvesResult =
  | { readonly outcome: 'committed'; readonly batches: readonly PutResult[] }
  | { readonly outcome: 'changed' | 'sealed' | 'full' | 'crowded' | 'gone' }

export interface WaitingHalf {
  readonly id: string
  readonly expiresAt: number
}

export interface WaitingPage {
  readonly half: Half
  /** The last one of the page before. */
  readonly after?: WaitingHalf | undefined
  readonly limit: number
  /** What has expired by then is left out. */
  readonly now: number
}

/** How many halves there are in a store. */
export interface WaitingCounts {
  readonly predictions: number
  readonly labels: number
}
