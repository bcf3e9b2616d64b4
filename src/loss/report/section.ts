import type { Slice } from '../fold.ts'
import type { Tally } from '../tally.ts'

/** Where the rows of a batch come from; `undefined` where every row stands in its own place. */
export interface RowOrigins {
  /** Position of each row among the rows evaluated, those left out by `ignoreIndex` included. */
  readonly positions: Int32Array | undefined
  /** Row of `predictions` as received. */
  readonly origins: Int32Array | undefined
}

/** A part of an answer that is made only when `include` asks for it: it sees every slice of rows, then reports. */
export interface ReportSection<Report> {
  add(slice: Slice, origins: RowOrigins): void
  report(tally: Tally): Report
}
