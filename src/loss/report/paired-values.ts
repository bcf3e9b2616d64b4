import type { Dyadic } from '../numerics/dyadic.ts'
import { multiply, ratio, subtract, zero } from '../numerics/dyadic.ts'
import { errorOf } from './estimate.ts'
import { mostAveraged } from './label-moments.ts'
import type { PairedChunk } from './paired-rows.ts'
import type { Errors, Side } from './paired-sums.ts'
import { addSquares } from './paired-sums.ts'

/** Means and variances of an output of one model. */
interface OutputMeans {
  readonly label: number
  readonly error: number
  /** Of t, and of e = y - t. */
  readonly variance: number
  readonly errorVariance: number
  /** Of e^2. */
  readonly squares: number
}

/** Standard errors of the differences of figures of values; none for numbers that were out of range. */
export function* valueErrors(chunks: readonly PairedChunk[], sides: readonly [Side, Side]): Generator<void, Errors> {
  const [{ tally }] = sides
  const sums = new Map<string, Dyadic | undefined>()
  if (sides.some(({ state }) => (state.rows.get(0)?.counts[0] ?? 0) > 0)) return new Map()
  const means: OutputMeans[][] = [[], []]
  for (const [side, { state }] of sides.entries()) {
    for (let k = 0; k < tally.outputs; k++) {
      means[side].push(meansOf(state.own.get(k)?.sums ?? nothing, tally.sampleWeight))
      if (k % outputsPerStep === outputsPerStep - 1) yield
    }
    yield
  }
  const roots = rootsOf(sides)
  for (const chunk of chunks) {
    let left = outputsPerStep
    for (const [path, terms] of termsOf(chunk, means, roots)) {
      const sum = sums.has(path) ? sums.get(path) : zero
      sums.set(path, sum && addSquares(sum, terms, chunk.sampleWeights))
      if (--left > 0) continue
      left = outputsPerStep
      yield
    }
    yield
  }
  const squared = multiply(tally.sampleWeight, tally.sampleWeight)
  const errors = new Map<string, number | null>()
  for (const [path, sum] of sums) {
    errors.set(path, sum === undefined ? null : errorOf(tally, sum, squared))
    if (errors.size % outputsPerStep === 0) yield
  }
  return errors
}

const outputsPerStep = 64
const nothing: readonly Dyadic[] = [zero, zero, zero, zero]

function meansOf([labels, labelSquares, errors, squares]: readonly Dyadic[], weight: Dyadic): OutputMeans {
  const squared = multiply(weight, weight)
  const varianceOf = (sum: Dyadic, ofSquares: Dyadic) =>
    ratio(subtract(multiply(weight, ofSquares), multiply(sum, sum)), squared)
  return {
    label: ratio(labels, weight),
    error: ratio(errors, weight),
    variance: varianceOf(labels, labelSquares),
    errorVariance: varianceOf(errors, squares),
    squares: ratio(squares, weight),
  }
}

function rootsOf(sides: readonly Side[]): number[] {
  return sides.map(({ report }) => ('rmse' in report ? report.rmse : null) ?? 0)
}

/** The influence of each row on each figure of the model, less that on the baseline's. */
function* termsOf(
  { count, outputs, targets, predictions }: PairedChunk,
  means: readonly (readonly OutputMeans[])[],
  roots: readonly number[],
): Generator<[path: string, terms: Float64Array]> {
  const [ofR2, explained, root, error] = [0, 1, 2, 3].map(() => new Float64Array(count))
  for (let k = 0; k < outputs; k++) {
    const ofOutput = new Float64Array(count)
    for (const [side, sign] of [1, -1].entries()) {
      const mean = means[side][k]
      const { variance } = mean
      const rate = mean.squares / variance
      const errorRate = mean.errorVariance / variance
      const slope = roots[side] === 0 ? 0 : sign / (2 * outputs * roots[side])
      for (let i = 0, at = k; i < count; i++, at += outputs) {
        const e = predictions[side][at] - targets[at]
        const [ofLabel, ofError] = [targets[at] - mean.label, e - mean.error]
        const spread = ofLabel * ofLabel - variance
        const term = (sign * (rate * spread - (e * e - mean.squares))) / variance
        ofOutput[i] += term
        ofR2[i] += term / outputs
        explained[i] += (sign * (errorRate * spread - (ofError * ofError - mean.errorVariance))) / variance / outputs
        root[i] += slope * (e * e - mean.squares)
        error[i] += (sign * ofError) / outputs
      }
    }
    yield [`r2.perOutput.${k}`, ofOutput]
  }
  if (outputs <= mostAveraged) {
    yield ['r2.uniformAverage', ofR2]
    yield ['explainedVariance', explained]
  }
  yield ['rmse', root]
  yield ['meanError', error]
}
