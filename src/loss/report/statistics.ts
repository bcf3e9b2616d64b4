import type { Dyadic } from '../numerics/dyadic.ts'
import { add, fromInteger, multiply, ratio, sqrtRatio, subtract, toDouble } from '../numerics/dyadic.ts'
import type { Spec } from '../spec.ts'
import type { Tally } from '../tally.ts'
import { decisionsPerRow } from '../tally.ts'

/** Infinite terms make a loss infinite, no weight makes it undefined. */
export const lossStatuses = ['finite', 'infinite', 'undefined'] as const
export type LossStatus = (typeof lossStatuses)[number]

export interface Statistics {
  /** By the reduction: the sum of x_i, or their sum over the sum of weights; `null` unless `lossStatus` is finite. */
  readonly loss: number | null
  readonly lossStatus: LossStatus
  /** Share of right decisions in [0, 1], weighted by s_i; `null` for values and without weight. */
  readonly accuracy: number | null
  /** Rows evaluated, ignored ones included. */
  readonly samples: number
  readonly outputs: number
  /** Right decisions: rows, or binary outputs; `null` for values. */
  readonly correct: number | null
  readonly ties: number
  readonly ignored: number
  readonly clipped: number
  readonly lossSum: number | null
  readonly weightSum: number
  /** Of the mean; `null` unless two rows have weight, or for a loss that is not finite. */
  readonly standardError: number | null
  /** 95 % interval of the accuracy (Wilson 1927), of several binary outputs clustered by row, or `null`. */
  readonly accuracyInterval: readonly [number, number] | null
}

/** @param populationSize rows that a sample without replacement was drawn from */
export function statisticsOf(tally: Tally, spec: Spec, populationSize?: number): Statistics {
  const { outputs, samples, ties, ignored, clipped } = tally
  const { loss, lossStatus, lossSum } = lossOf(tally, spec)
  const accuracy = accuracyOf(tally, spec)
  return {
    loss,
    lossStatus,
    accuracy,
    samples,
    outputs,
    correct: spec.decision === 'none' ? null : tally.correct,
    ties,
    ignored,
    clipped,
    lossSum,
    weightSum: toDouble(tally.weight),
    standardError: lossStatus === 'finite' ? standardErrorOf(tally, populationSize) : null,
    accuracyInterval: accuracy === null ? null : accuracyInterval(accuracy, tally, spec),
  }
}

/** The members as JSON.stringify writes them, in a third of its time: `npm run bench`, "one row of 10". */
export function membersOf(statistics: Statistics): string {
  const { loss, lossStatus, accuracy, samples, outputs, correct, ties, ignored, clipped } = statistics
  const { lossSum, weightSum, standardError, accuracyInterval: interval } = statistics
  const counts = `"samples":${samples},"outputs":${outputs},"correct":${correct},"ties":${ties},"ignored":${ignored},"clipped":${clipped}`
  const sums = `"lossSum":${lossSum},"weightSum":${Number.isFinite(weightSum) ? weightSum : null}`
  const uncertainty = `"standardError":${standardError},"accuracyInterval":${interval && `[${interval[0]},${interval[1]}]`}`
  return `"loss":${loss},"lossStatus":"${lossStatus}","accuracy":${accuracy},${counts},${sums},${uncertainty}`
}

export function lossOf(
  tally: Tally,
  { reduction }: Pick<Spec, 'reduction'>,
): Pick<Statistics, 'loss' | 'lossStatus' | 'lossSum'> {
  const lossSum = tally.infinite > 0 ? Number.POSITIVE_INFINITY : toDouble(tally.loss)
  const isDefined = tally.weight.mantissa !== 0n
  const loss = tally.infinite > 0 || reduction === 'sum' ? lossSum : isDefined ? ratio(tally.loss, tally.weight) : 0
  const lossStatus = !Number.isFinite(loss) ? 'infinite' : isDefined ? 'finite' : 'undefined'
  return { loss: lossStatus === 'finite' ? loss : null, lossStatus, lossSum: Number.isFinite(lossSum) ? lossSum : null }
}

/** Share of right decisions, weighted by s_i; `null` where there is none or no weight. */
export function accuracyOf(tally: Tally, spec: Spec): number | null {
  if (spec.decision === 'none' || tally.sampleWeight.mantissa === 0n) return null
  return ratio(tally.correctWeight, multiply(tally.sampleWeight, fromInteger(decisionsPerRow(spec, tally.outputs))))
}

function accuracyInterval(accuracy: number, tally: Tally, spec: Spec): [number, number] {
  const { sampleWeight, sampleWeightSquared } = tally
  // the effective number of rows (Kish 1965)
  const rows = ratio(multiply(sampleWeight, sampleWeight), sampleWeightSquared)
  const decisions = decisionsPerRow(spec, tally.outputs)
  return wilson(accuracy, decisions === 1 ? rows : effectiveDecisions(tally, decisions, rows))
}

/**
 * The number of decisions over their design effect: a (1 - a) over the variance of the accuracy a clustered by row,
 * sum s_i^2 (r_i / K - a)^2 / (sum s_i)^2. With A = sum s_i r_i and S = sum s_i that is A (S K - A) S^2 / sum s_i^2 (S r_i - A)^2.
 * Where that says nothing, for one row, or if all decisions are right or all wrong, each row counts once. There are never more
 * than all decisions (Korn and Graubard 1998).
 */
function effectiveDecisions(tally: Tally, decisions: number, rows: number): number {
  const { sampleWeight: weight, correctWeight: right } = tally
  const wrong = subtract(multiply(weight, fromInteger(decisions)), right)
  if (tally.sampleWeighted < 2 || right.mantissa === 0n || wrong.mantissa === 0n) return rows
  const squares = multiply(weight, weight)
  const spread = add(
    subtract(
      multiply(squares, tally.correctSquaredWeightSquared),
      multiply(fromInteger(2), multiply(multiply(right, weight), tally.correctWeightSquared)),
    ),
    multiply(multiply(right, right), tally.sampleWeightSquared),
  )
  const all = rows * decisions
  // all rows are alike
  if (spread.mantissa <= 0n) return all
  return Math.min(ratio(multiply(multiply(right, wrong), squares), spread), all)
}

/**
 * sqrt(n/(n-1) sum (x_i - m w_i)^2) / W with m = X / W, multiplied out so that nothing is rounded before the end:
 * sum (x_i - m w_i)^2 = (W^2 sum x^2 - 2 X W sum x w + X^2 sum w^2) / W^2. Where all weights are 1 that is
 * (n sum x^2 - X^2) / n; they are where their sum and that of their squares are both n.
 */
export function standardErrorOf(tally: Tally, populationSize: number | undefined): number | null {
  const { weighted: rows } = tally
  if (rows < 2) return null
  const { loss, weight } = tally
  const left = populationSize === undefined ? 1 : populationSize - tally.samples
  const others = (rows - 1) * (populationSize ?? 1)
  const count = fromInteger(rows)
  if (isInteger(weight, count.mantissa) && isInteger(tally.weightSquared, count.mantissa)) {
    const spread = subtract(multiply(count, tally.lossSquared), multiply(loss, loss))
    return finiteOrNull(
      sqrtRatio(multiply(fromInteger(left), spread), multiply(fromInteger(others), multiply(count, count))),
    )
  }
  const squaredWeight = multiply(weight, weight)
  const spread = add(
    subtract(
      multiply(squaredWeight, tally.lossSquared),
      multiply(fromInteger(2), multiply(multiply(loss, weight), tally.lossTimesWeight)),
    ),
    multiply(multiply(loss, loss), tally.weightSquared),
  )
  return finiteOrNull(
    sqrtRatio(
      multiply(fromInteger(rows * left), spread),
      multiply(fromInteger(others), multiply(squaredWeight, squaredWeight)),
    ),
  )
}

/** Whether a sum of ones was written down as this integer. */
function isInteger({ mantissa, exponent }: Dyadic, integer: bigint): boolean {
  return exponent === 0 && mantissa === integer
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null
}

/** Quantile of the normal distribution that leaves 2.5 % above. */
export const z = 1.959963984540054

function wilson(share: number, count: number): [number, number] {
  const squared = (z * z) / count
  const centre = share + squared / 2
  const reach = z * Math.sqrt((share * (1 - share)) / count + squared / (4 * count))
  // rounding must not miss the share itself
  const [low, high] = [(centre - reach) / (1 + squared), (centre + reach) / (1 + squared)]
  return [Math.min(share, Math.max(0, low)), Math.max(share, Math.min(1, high))]
}
