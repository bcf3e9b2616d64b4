/**
 * What a worker asks when it ends: `turn`, to end its listening; `trip`, whether all connections that were taken by then are
 * on their way to it or there; `stopped`, now that it takes none any more, whether the others have stopped, too.
 */
export type Question = 'turn' | 'trip' | 'stopped'

/** A worker to the primary; `isLeaving` that it ends, and not because it was told to. */
export type ToPrimary = { readonly question: Question } | { readonly isLeaving: true }

/** That a worker has to end. */
export interface CloseOrder {
  /** Time in which it still takes connections. */
  readonly delayMs: number
  /** Whether all workers end. */
  readonly isAll: boolean
}

/** The primary to a worker. */
export type ToWorker = { readonly close: CloseOrder } | { readonly answer: Question; readonly isLast: boolean }
