export type SqlValue = string | number | null | Uint8Array

export interface Statement {
  /** SQL with the parameters $1, $2, ... */
  readonly text: string
  readonly values: readonly SqlValue[]
}

/** A database that runs SQL. Operations reject with `StoreUnavailable`. */
export interface SqlEngine {
  /** Runs one statement. Integers come as numbers, bytes as Uint8Array. */
  query<Row>(statement: Statement): Promise<Row[]>
  /**
   * Runs statements in one transaction.
   *
   * @param lock transactions with the same text run one after the other
   * @returns the rows of each
   */
  transaction<Row>(statements: readonly Statement[], lock?: string): Promise<Row[][]>
  close(): Promise<void>
}
