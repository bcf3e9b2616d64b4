import type { NewBatch, PutResult } from '../store.ts'

export type SqlValue = string | number | null | Uint8Array

export interface Statement {
  /** SQL with the parameters $1, $2, ... */
  readonly text: string
  readonly values: readonly SqlValue[]
}

/** What differs between databases. Operations reject with `StoreUnavailable`. */
export interface SqlEngine {
  /** Whether `listen` tells of this process's own changes, too. */
  readonly announcesOwn: boolean
  /** Runs one statement. Integers come as numbers, bytes as Uint8Array. */
  query<Row>(statement: Statement): Promise<Row[]>
  /**
   * Runs statements in one transaction.
   *
   * @param lock transactions with the same text run one after the other
   * @returns the rows of each
   */
  transaction<Row>(statements: readonly Statement[], lock?: string): Promise<Row[][]>
  /** Decides and stores a group of batches in one transaction, as `decide` says. */
  putBatches(batches: readonly NewBatch[], rules: PutRules): Promise<PutResult[]>
  /** Calls a listener, from now on, with the id of an evaluation that changed, or without one if any may have. */
  listen(listener: (evaluation?: number) => void): void
  close(): Promise<void>
}

export interface PutRules {
  readonly maxBatches: number
  /** The time to store with them, in milliseconds since 1970. */
  readonly now: number
}
