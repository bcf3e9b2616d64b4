import type { MetricsSnapshot } from '../operation/metrics-snapshot.ts'
import type { Ask, Grant } from '../quotas/ledger.ts'

/**
 * What a worker asks when it ends: `turn`, to end its listening; `trip`, whether all connections that were taken by then are
 * on their way to it or there; `stopped`, now that it takes none any more, whether the others have stopped, too.
 */
export type Question = 'turn' | 'trip' | 'stopped'

/**
 * A worker to the primary: a question; `isLeaving` that it ends, and not because it was told to; what it needs of quotas; that it
 * wants the metrics of all; its own.
 */
export type ToPrimary =
  | { readonly question: Question }
  | { readonly isLeaving: true }
  | { readonly number: number; readonly asks: readonly Ask[] }
  | { readonly scrape: number }
  | { readonly metrics: MetricsSnapshot }

/** That a worker has to end. */
export interface CloseOrder {
  /** Time in which it still takes connections. */
  readonly delayMs: number
  /** Whether all workers end. */
  readonly isAll: boolean
}

/** The primary to a worker: besides orders and answers, that it wants its metrics. */
export type ToWorker =
  | { readonly close: CloseOrder }
  | { readonly answer: Question; readonly isLast: boolean }
  | { readonly number: number; readonly grants: readonly Grant[] }
  | { readonly scrape: number; readonly text: string }
  | { readonly wantsMetrics: true }
