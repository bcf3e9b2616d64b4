import type { Slice } from '../fold.ts'
import type { Tally } from '../tally.ts'

/** Where the rows of a batch come from; `undefined` where every row stands in its own place. */
export interface Places {
  /** Position of each row among the rows evaluated, those left out by `ignoreIndex` included. */
  readonly positions: Int32Array | undefined
  /** Row of `predictions` as received. */
  readonly origins: Int32Array | undefined
}

/** A part of an answer that is made only when `include` asks for it: it sees every slice of rows, then reports. */
export interface Part<Report> {
  add(slice: Slice, places: Places): void
  report(tally: Tally): Report
}
