export type SqlValue = string | number | null | Uint8Array

export interface Statement {
  readonly text: string
  readonly values: readonly SqlValue[]
}

export interface SqlEngine {
  /** Integers come as numbers, bytes as Uint8Array. */
  query<Row>(statement: Statement): Promise<Row[]>
  /** The same, of a statement that changes something. */
  write<Row>(statement: Statement): Promise<Row[]>
  /** @param lock transactions with the same text run one after the other @returns the rows of each statement */
  transaction<Row>(statements: readonly Statement[], lock?: string): Promise<Row[][]>
  close(): Promise<void>
}
