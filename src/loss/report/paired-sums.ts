import type { Dyadic } from '../numerics/dyadic.ts'
import { add } from '../numerics/dyadic.ts'
import { exactMoments } from '../numerics/exact-sum.ts'
import type { Tally } from '../tally.ts'
import type { IntervalsState } from './intervals.ts'
import type { MetricsReport } from './metrics.ts'

/** One of two models over the same rows. */
export interface Side {
  readonly tally: Tally
  readonly report: MetricsReport
  readonly state: IntervalsState
}

/** Standard errors by path. */
export type Errors = ReadonlyMap<string, number | null>

/** With the squares of s_i times these terms; `undefined` if one is not finite. */
export function addSquares(sum: Dyadic, terms: Float64Array, weights: Float64Array | undefined): Dyadic | undefined {
  if (weights !== undefined)
    for (let i = 0; i < terms.length; i++) terms[i] = weights[i] === 0 ? 0 : terms[i] * weights[i]
  return terms.every(Number.isFinite) ? add(sum, exactMoments(terms, terms.length).squares) : undefined
}
