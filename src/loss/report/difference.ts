import type { Slice } from '../fold.ts'
import type { Dyadic } from '../numerics/dyadic.ts'
import { add, fromInteger, multiply, subtract, zero } from '../numerics/dyadic.ts'
import { exactSum } from '../numerics/exact-sum.ts'
import { exactSumsOfTriples } from '../numerics/triple-sum.ts'
import type { Spec } from '../spec.ts'
import type { Tally } from '../tally.ts'
import { decisionsPerRow, emptyTally } from '../tally.ts'
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
  /** Where labels can be right or wrong. */
  readonly accuracy?: FigureDifference | undefined
}

/** A figure less that of the baseline, of paired rows. */
export interface FigureDifference {
  readonly value: number | null
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

/** Sums over rows of e_i, the right decisions of one model less those of the other: sum s_i^2 e_i and sum s_i^2 e_i^2. */
export class RightDifferences {
  #first = zero
  #second = zero

  add({ decisions, sampleWeights }: Slice, { decisions: others }: Slice): void {
    if (decisions === undefined || others === undefined) return
    const { length } = decisions.correct
    const differences = new Float64Array(length)
    const squares = new Float64Array(length)
    for (let i = 0; i < length; i++) {
      const difference = decisions.correct[i] - others.correct[i]
      differences[i] = difference
      squares[i] = difference * difference
    }
    const [first, second] =
      sampleWeights === undefined
        ? [exactSum(differences, length), exactSum(squares, length)]
        : exactSumsOfTriples(sampleWeights, sampleWeights, [differences, squares], length)
    this.#first = add(this.#first, first)
    this.#second = add(this.#second, second)
  }

  /** How far the accuracies of both are apart; `undefined` for values. */
  report(one: Tally, other: Tally, spec: Spec, populationSize?: number): FigureDifference | undefined {
    if (spec.decision === 'none') return undefined
    const right = subtract(one.correctWeight, other.correctWeight)
    return accuracyDifference({ ...rightTally(one, right, spec), ...this.#moments(one, spec) }, populationSize)
  }

  #moments({ outputs }: Tally, spec: Spec): Pick<Tally, 'lossSquared' | 'lossTimesWeight'> {
    const decisions = fromInteger(decisionsPerRow(spec, outputs))
    return { lossSquared: this.#second, lossTimesWeight: multiply(decisions, this.#first) }
  }
}

/** Right decisions as losses of rows whose weights are all their decisions: their mean is the accuracy. */
function rightTally(tally: Tally, right: Dyadic, spec: Spec): Tally {
  const { outputs, samples, sampleWeighted, sampleWeight, sampleWeightSquared } = tally
  const decisions = fromInteger(decisionsPerRow(spec, outputs))
  return {
    ...emptyTally,
    outputs,
    samples,
    weighted: sampleWeighted,
    loss: right,
    weight: multiply(decisions, sampleWeight),
    weightSquared: multiply(multiply(decisions, decisions), sampleWeightSquared),
  }
}

/** The difference of right decisions of two tallies of the same rows as one row, for `accuracyDifference`. */
export function batchRightDifference(predictions: Tally, baseline: Tally, spec: Spec): Tally {
  const of = (tally: Tally) => ({ ...rightTally(tally, tally.correctWeight, spec), infinite: 0 })
  return batchDifference(of(predictions), of(baseline))
}

export function accuracyDifference(pairs: Tally, populationSize?: number): FigureDifference {
  const { loss: value, standardError, interval } = differenceOf(pairs, false, populationSize)
  const cut = interval && ([Math.max(-1, interval[0]), Math.min(1, interval[1])] as const)
  return { value, standardError, interval: cut }
}

function intervalOf(mean: number | null, standardError: number | null): [number, number] | null {
  if (mean === null || standardError === null) return null
  const interval: [number, number] = [mean - z * standardError, mean + z * standardError]
  return interval.every(Number.isFinite) ? interval : null
}
