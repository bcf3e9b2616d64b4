import { z } from 'zod'
import type { Slice } from '../fold.ts'
import type { Dyadic } from '../numerics/dyadic.ts'
import { add, fromInteger, multiply, ratio, sqrtRatio, subtract, zero } from '../numerics/dyadic.ts'
import { exactSum, exactSumOfProducts } from '../numerics/exact-sum.ts'
import { exactSumsOfTriples } from '../numerics/triple-sum.ts'
import type { Tally } from '../tally.ts'
import type { Groups } from './groups.ts'
import { share, totalsAt } from './groups.ts'
import { anyNumber } from './schemas.ts'

export const valueMetrics = z
  .object({
    rmse: anyNumber.meta({ description: 'Root of the mean of (y-t)² over samples and outputs.' }),
    r2: z
      .object({ uniformAverage: anyNumber, perOutput: z.array(anyNumber) })
      .meta({ description: 'R²; null for an output whose labels are all equal, and then the average is also null.' }),
    explainedVariance: anyNumber.meta({
      description: '1 - variance of y-t / variance of t, averaged over the outputs.',
    }),
    maxError: anyNumber.meta({ description: 'Largest |y-t| among the samples with positive weight.' }),
    meanError: anyNumber.meta({ description: 'Mean of y-t over samples and outputs.' }),
  })
  .meta({
    id: 'ValueMetrics',
    description: 'How far predictions are from labels that are values; null where a number cannot be computed.',
  })

export type ValueMetrics = z.output<typeof valueMetrics>

/** Of each output, exactly: sum s y, sum s t, sum s y^2, sum s y t, sum s t^2. */
export const valueSums = 5
export const valueFactors = 13

const outputsPerStep = 32

/** Adds the sums of some rows, in steps. @returns the largest |y - t| of the rows that have weight, `Infinity` beyond a double */
export function* foldValues(groups: Groups, { rows, sampleWeights }: Slice): Generator<void, number> {
  const { count, outputs, predictions, targets } = rows
  const y = new Float64Array(count)
  const t = new Float64Array(count)
  const sumOf = (values: Float64Array) =>
    sampleWeights === undefined ? exactSum(values, count) : exactSumOfProducts(sampleWeights, values, count)
  let largest = 0
  for (let k = 0; k < outputs; k++) {
    for (let i = 0, at = k; i < count; i++, at += outputs) {
      y[i] = predictions[at]
      t[i] = targets[at]
      if (sampleWeights === undefined || sampleWeights[i] !== 0) largest = Math.max(largest, Math.abs(y[i] - t[i]))
    }
    const ofPredictions = exactSumsOfTriples(sampleWeights, y, [y, t], count)
    const ofLabels = exactSumsOfTriples(sampleWeights, t, [t], count)
    addTo(groups, k, [sumOf(y), sumOf(t), ...ofPredictions, ...ofLabels])
    if (k % outputsPerStep === outputsPerStep - 1) yield
  }
  return largest
}

/** Sums that are all 0 are left out, so that equal states have equal bytes. */
function addTo(groups: Groups, group: number, added: readonly Dyadic[]): void {
  if (added.every(({ mantissa }) => mantissa === 0n)) return
  const { sums } = totalsAt(groups, group, 0, valueSums)
  for (const [at, sum] of added.entries()) sums[at] = add(sums[at], sum)
}

export function* reportValues(groups: Groups, maxError: number, tally: Tally): Generator<void, ValueMetrics> {
  const { outputs, sampleWeight: weight } = tally
  const perOutput: (number | null)[] = []
  const explained: (number | null)[] = []
  let squares = zero
  let errors = zero
  for (let k = 0; k < outputs; k++) {
    const sums = groups.get(k)?.sums ?? nothing
    const [y, t, , , ofLabels] = sums
    const [error, squared] = [subtract(y, t), squaredErrors(sums)]
    errors = add(errors, error)
    squares = add(squares, squared)
    // both times the weight: nothing is rounded before the quotient
    const spread = subtract(multiply(weight, ofLabels), multiply(t, t))
    const left = multiply(weight, squared)
    perOutput.push(numberOrNull(share(subtract(spread, left), spread)))
    explained.push(numberOrNull(share(subtract(spread, subtract(left, multiply(error, error))), spread)))
    if (k % outputsPerStep === outputsPerStep - 1) yield
  }
  const numbers = multiply(fromInteger(outputs), weight)
  const hasWeight = numbers.mantissa !== 0n
  return {
    rmse: hasWeight ? numberOrNull(sqrtRatio(squares, numbers)) : null,
    r2: { uniformAverage: meanOf(perOutput), perOutput },
    explainedVariance: meanOf(explained),
    maxError: hasWeight ? numberOrNull(maxError) : null,
    meanError: hasWeight ? numberOrNull(ratio(errors, numbers)) : null,
  }
}

const nothing: readonly Dyadic[] = new Array<Dyadic>(valueSums).fill(zero)

/** sum s (y - t)^2 */
function squaredErrors([, , ofPredictions, ofBoth, ofLabels]: readonly Dyadic[]): Dyadic {
  return subtract(add(ofPredictions, ofLabels), add(ofBoth, ofBoth))
}

function numberOrNull(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null
}

/** `null` unless each is a number. */
function meanOf(values: readonly (number | null)[]): number | null {
  const numbers = values.filter((value) => value !== null)
  if (numbers.length === 0 || numbers.length < values.length) return null
  return numberOrNull(ratio(exactSum(Float64Array.from(numbers), numbers.length), fromInteger(numbers.length)))
}
