/** Some cells of a column, in order. */
export type Cells = ArrayLike<unknown>

export interface SourceColumn {
  /** As the file calls it, for errors. */
  readonly type: string
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
