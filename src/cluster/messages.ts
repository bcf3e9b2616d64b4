import type { MetricsSnapshot } from '../operation/metrics-snapshot.ts'
import type { Ask, Grant } from '../quotas/ledger.ts'

/**
 * What a worker asks when it ends: `mayStop`, to end its listening; `trip`, whether all connections that were taken by then are
 * on their way to it or there; `stopped`, now that it takes none any more, whether the others have stopped, too.
 */
export type Question = 'mayStop' | 'trip' | 'stopped'

/** What a worker asks of the primary, besides questions: what it needs of quotas, or the metrics of all as a text. */
export type Need = { readonly asks: readonly Ask[] } | { readonly needs: 'metrics' }

export type Answer = { readonly grants: readonly Grant[] } | { readonly metrics: string } | { readonly failure: string }

/**
 * A worker to the primary: a question; `isLeaving`, that it ends, and not because it was told to; what it needs, numbered; its
 * metrics.
 */
export type ToPrimary =
  | { readonly question: Question }
  | { readonly isLeaving: true }
  | ({ readonly number: number } & Need)
  | { readonly snapshot: MetricsSnapshot }

export interface CloseOrder {
  readonly delayMs: number
  readonly isAll: boolean
}

/** The primary to a worker: besides orders and answers, that it wants its metrics. */
export type ToWorker =
  | { readonly close: CloseOrder }
  | { readonly answer: Question; readonly isLast: boolean }
  | ({ readonly number: number } & Answer)
  | { readonly wantsSnapshot: true }
