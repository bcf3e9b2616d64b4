import type { Dyadic } from '../numerics/dyadic.ts'
import { add, fromInteger, multiply, subtract } from '../numerics/dyadic.ts'
import type { Tally } from '../tally.ts'
import { emptyTally } from '../tally.ts'
import type { LossStatus } from './statistics.ts'
import { lossOf, standardErrorOf, z } from './statistics.ts'

/** Losses are compared by their means. */
export const mean = { reduction: 'mean' } as const

/** A loss less another one of the same labels; negative where the first is better. */
export interface DifferenceReport {
  /** Of the mean losses, whatever the reduction; `null` unless `lossStatus` is finite. */
  readonly loss: number | null
  /** `infinite` where one of the losses is, `undefined` where both are or there is no weight. */
  readonly lossStatus: LossStatus
  /** `null` unless two rows have weight, or for a difference that is not finite. */
  readonly standardError: number | null
  /** The difference -+ 1.959963984540054 standard errors, or `null`. */
  readonly interval: readonly [number, number] | null
}

/** The exact tally of the differences d_i = x_i - y_i of paired rows; all other sums are of the first. @param crossProducts sum x_i y_i */
export function pairedTally(predictions: Tally, baseline: Tally, crossProducts: Dyadic): Tally {
  const squares = add(predictions.lossSquared, baseline.lossSquared)
  return {
    ...predictions,
    infinite: predictions.infinite + baseline.infinite,
    loss: subtract(predictions.loss, baseline.loss),
    lossSquared: subtract(squares, multiply(fromInteger(2), crossProducts)),
    lossTimesWeight: subtract(predictions.lossTimesWeight, baseline.lossTimesWeight),
  }
}

/** The difference of two tallies of the same rows as one row, with d the difference of their sums and w their weight. */
export function batchDifference(predictions: Tally, baseline: Tally): Tally {
  const loss = subtract(predictions.loss, baseline.loss)
  const { weight } = predictions
  return {
    ...emptyTally,
    outputs: predictions.outputs,
    samples: 1,
    weighted: weight.mantissa === 0n ? 0 : 1,
    infinite: predictions.infinite + baseline.infinite,
    loss,
    lossSquared: multiply(loss, loss),
    lossTimesWeight: multiply(loss, weight),
    weight,
    weightSquared: multiply(weight, weight),
  }
}

/**
 * What the differences of pairs say. @param areBothInfinite whether their difference is not defined
 * @param populationSize rows that a sample without replacement was drawn from
 */
export function differenceOf(pairs: Tally, areBothInfinite: boolean, populationSize?: number): DifferenceReport {
  if (areBothInfinite) return { loss: null, lossStatus: 'undefined', standardError: null, interval: null }
  const { loss, lossStatus } = lossOf(pairs, mean)
  const standardError = lossStatus === 'finite' ? standardErrorOf(pairs, populationSize) : null
  return { loss, lossStatus, standardError, interval: intervalOf(loss, standardError) }
}

function intervalOf(mean: number | null, standardError: number | null): [number, number] | null {
  if (mean === null || standardError === null) return null
  const interval: [number, number] = [mean - z * standardError, mean + z * standardError]
  return interval.every(Number.isFinite) ? interval : null
}
