/** Some cells of a column, in order. One is null if it is missing, and undefined if the file does not have what it says it has. */
export type Cells = ArrayLike<unknown>

export interface SourceColumn {
  /** As the file calls it, for errors. */
  readonly type: string
  /** Whether its cells are neither numbers nor texts, such as times, even where they come as numbers. */
  readonly isOther?: boolean
  /** What makes a number of a cell that is not one by itself, such as a decimal; undefined if it is not exactly a double. */
  readonly toNumber?: (cell: unknown) => number | undefined
  /** What makes milliseconds since 1970 of a cell, if it is a time. */
  readonly toTime?: (cell: unknown) => number | undefined
  read(): AsyncIterable<Cells>
}

/** A table that is read column by column. */
export interface Source {
  readonly rows: number
  readonly names: readonly string[]
  /** Bytes that decoding of columns may take, besides the numbers that come out. @throws TableError */
  bytesOf(names: readonly string[]): number
  /** Cells of columns, and the elements of their lists. */
  valuesOf(names: readonly string[]): number
  column(name: string): SourceColumn
}
