import type { z } from 'zod'
import type { Dyadic } from '../numerics/dyadic.ts'
import { add, fromDouble, fromInteger, multiply, ratio, subtract, zero } from '../numerics/dyadic.ts'
import { quadraticForm } from '../numerics/quadratic-form.ts'
import type { Tally } from '../tally.ts'
import type { Estimate } from './estimate.ts'
import { anyValue, atMostOne, errorOf, estimate, estimateOf, positive, unknown } from './estimate.ts'
import { valueShape } from './interval-shapes.ts'
import { mostAveraged, pairOf } from './label-moments.ts'
import type { ValueMetrics } from './value-metrics.ts'
import type { ValueMoments } from './value-moments.ts'
import { ownPlace, ownValueSums, rowSums, valueTerms } from './value-moments.ts'

export const valueIntervals = valueShape(estimate, 'Intervals')
export type ValueIntervals = z.output<typeof valueIntervals>

/** A row's influence on a figure of an output is the sum over terms u of slope[u] (u - mean of u); these are times all weight W. */
export type Slopes = readonly Dyadic[]

export function* reportValueIntervals(
  { own, pairs, rows }: ValueMoments,
  report: ValueMetrics,
  tally: Tally,
): Generator<void, ValueIntervals> {
  const { outputs, sampleWeight: weight } = tally
  const { counts, sums: ofRows } = rows.get(0) ?? nothingOfRows
  const all: OutputSums[] = []
  for (let k = 0; k < outputs; k++) all.push(new OutputSums(own.get(k)?.sums ?? nothing, weight))
  const perOutput: Estimate[] = []
  if (counts[0] > 0 || weight.mantissa === 0n) {
    return {
      ...{ rmse: unknown, explainedVariance: unknown, maxError: unknown, meanError: unknown },
      r2: { uniformAverage: unknown, perOutput: all.map(() => unknown) },
    }
  }
  for (const [k, sums] of all.entries()) {
    const variance = yield* varianceOf([sums], [sums.ofR2(1)], noPairs, tally)
    perOutput.push(estimateOf(report.r2.perOutput[k], variance, atMostOne))
    yield
  }
  const averaged = function* (value: number | null, slopesOf: (sums: OutputSums) => Slopes | undefined) {
    if (outputs > mostAveraged) return unknown
    const between = (first: number, second: number, u: number, v: number) =>
      pairs.get(pairOf(first, second))?.sums[valueTerms * u + v] ?? zero
    return estimateOf(value, yield* varianceOf(all, all.map(slopesOf), between, tally), atMostOne)
  }
  const rowError = (value: number | null, at: number, slope: number): number | null => {
    const [sum, timesWeight, squares] = [at, 2 + at, 4 + at].map((place) => ofRows[place])
    return value === null || !Number.isFinite(slope) ? null : totalError(sum, timesWeight, squares, slope, tally)
  }
  const { rmse, meanError } = report
  return {
    rmse: estimateOf(rmse, rowError(rmse, 0, rmse === 0 ? 0 : 1 / (2 * outputs * (rmse ?? 1))), positive),
    r2: {
      uniformAverage: yield* averaged(report.r2.uniformAverage, (sums) => sums.ofR2(outputs)),
      perOutput,
    },
    explainedVariance: yield* averaged(report.explainedVariance, (sums) => sums.ofExplainedVariance(outputs)),
    maxError: unknown,
    meanError: estimateOf(meanError, rowError(meanError, 1, 1 / outputs), anyValue),
  }
}

const nothing: readonly Dyadic[] = new Array<Dyadic>(ownValueSums).fill(zero)
const nothingOfRows = { counts: [0], sums: new Array<Dyadic>(rowSums).fill(zero) }
const noPairs = () => zero

/** The sums of one output, and the slopes of its figures. */
export class OutputSums {
  readonly sums: readonly Dyadic[]
  readonly #weight: Dyadic

  constructor(sums: readonly Dyadic[], weight: Dyadic) {
    this.sums = sums
    this.#weight = weight
  }

  /** R^2 = 1 - E / V with E = mean e^2, V = variance of t: its slopes are those of -e^2 / V and (t - mean)^2 E / V^2. @param count of outputs in the mean */
  ofR2(count: number): Slopes | undefined {
    const [, , , squares] = this.sums
    return this.#slopes(ratio(squares, this.#weight), zero, count)
  }

  /** 1 - D / V with D the variance of e: likewise, of -(e - mean)^2 / V and (t - mean)^2 D / V^2. */
  ofExplainedVariance(count: number): Slopes | undefined {
    const [, , errors, squares] = this.sums
    const spread = subtract(multiply(this.#weight, squares), multiply(errors, errors))
    return this.#slopes(ratio(spread, multiply(this.#weight, this.#weight)), errors, count)
  }

  /** @param left E or D  @param errors sum of e that the mean is of */
  #slopes(left: number, errors: Dyadic, count: number): Slopes | undefined {
    const [labels, squares] = this.sums
    const weight = this.#weight
    const spread = subtract(multiply(weight, squares), multiply(labels, labels))
    if (spread.mantissa === 0n) return undefined
    const variance = ratio(spread, multiply(weight, weight))
    const ofErrors = -1 / variance / count
    const ofLabels = left / variance / variance / count
    if (!Number.isFinite(ofErrors) || !Number.isFinite(ofLabels)) return undefined
    // those of slope (u - mean)^2, with the mean as it is, sum / W
    const around = (sum: Dyadic, slope: number) => [
      multiply(fromInteger(-2), multiply(fromDouble(slope), sum)),
      multiply(fromDouble(slope), weight),
    ]
    return [...around(labels, ofLabels), ...around(errors, ofErrors)]
  }
}

/** The standard error of the sum of figures of outputs whose influences are clustered by row; `null` where one has no slopes. */
function* varianceOf(
  outputs: readonly OutputSums[],
  slopes: readonly (Slopes | undefined)[],
  between: (first: number, second: number, u: number, v: number) => Dyadic,
  tally: Tally,
): Generator<void, number | null> {
  const { sampleWeight: weight, sampleWeightSquared } = tally
  const coefficients: Dyadic[] = []
  let constant = zero
  for (const [k, each] of slopes.entries()) {
    if (each === undefined) return null
    for (const [u, slope] of each.entries()) {
      // all times W once more, so that the means are exact
      coefficients.push(multiply(slope, weight))
      constant = subtract(constant, multiply(slope, outputs[k].sums[u]))
    }
  }
  const squares = yield* quadraticForm([constant, ...coefficients], (f, g) => {
    if (g === 0) return sampleWeightSquared
    const [second, v] = [Math.floor((g - 1) / valueTerms), (g - 1) % valueTerms]
    if (f === 0) return outputs[second].sums[valueTerms + v]
    const [first, u] = [Math.floor((f - 1) / valueTerms), (f - 1) % valueTerms]
    return first === second ? outputs[first].sums[ownPlace(u, v)] : between(first, second, u, v)
  })
  return errorOf(tally, squares, multiply(fourthPower(weight), multiply(weight, weight)))
}

function fourthPower(weight: Dyadic): Dyadic {
  const squared = multiply(weight, weight)
  return multiply(squared, squared)
}

/** Of slope times the weighted mean of a number of each row: W^2 sum s^2 u^2 - 2 W U sum s^2 u + U^2 sum s^2, over W^4. */
function totalError(sum: Dyadic, timesWeight: Dyadic, squares: Dyadic, slope: number, tally: Tally): number | null {
  const { sampleWeight: weight, sampleWeightSquared } = tally
  const twice = multiply(fromInteger(2), multiply(weight, sum))
  const spread = subtract(
    add(multiply(multiply(weight, weight), squares), multiply(multiply(sum, sum), sampleWeightSquared)),
    multiply(twice, timesWeight),
  )
  const factor = fromDouble(slope)
  return errorOf(tally, multiply(multiply(factor, factor), spread), fourthPower(weight))
}
