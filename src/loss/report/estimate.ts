import { z as schemas } from 'zod'
import type { Dyadic } from '../numerics/dyadic.ts'
import { fromInteger, multiply, sqrtRatio, subtract } from '../numerics/dyadic.ts'
import type { Tally } from '../tally.ts'
import { z } from './statistics.ts'

export const estimate = schemas
  .object({
    standardError: schemas.number().min(0).nullable(),
    interval: schemas.array(schemas.number()).length(2).nullable(),
  })
  .meta({
    id: 'Estimate',
    description:
      'The precision of a number: its standard error over the rows, and its 95 % interval, the number ± 1.959963984540054 standard errors, limited to its range. Both are null unless it is a number and at least two rows have positive weight.',
  })

export type Estimate = schemas.output<typeof estimate>

/** The least and the largest value that a figure can have. */
export type Range = readonly [least: number, most: number]
export const unit: Range = [0, 1]
export const signed: Range = [-1, 1]
export const positive: Range = [0, Number.POSITIVE_INFINITY]
export const atMostOne: Range = [Number.NEGATIVE_INFINITY, 1]
export const anyValue: Range = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]

export const unknown: Estimate = { standardError: null, interval: null }

export function estimateOf(
  value: number | null | undefined,
  standardError: number | null,
  [least, most]: Range,
): Estimate {
  if (value === null || value === undefined || standardError === null || !Number.isFinite(standardError)) return unknown
  const interval = [Math.max(least, value - z * standardError), Math.min(most, value + z * standardError)]
  return { standardError, interval: interval.every(Number.isFinite) ? interval : null }
}

type Rows = Pick<Tally, 'sampleWeighted'>

/** sqrt(n / (n - 1) squares / scale), the standard error of a sum of `squares` of influences; `null` for fewer than two rows. */
export function errorOf({ sampleWeighted: rows }: Rows, squares: Dyadic, scale: Dyadic): number | null {
  if (rows < 2 || scale.mantissa === 0n) return null
  return sqrtRatio(multiply(fromInteger(rows), squares), multiply(fromInteger(rows - 1), scale))
}

/** Of a sum over n rows: sqrt(n / (n - 1) sum (x_i - mean)^2). @param squares sum x_i^2 */
export function totalErrorOf(rows: Rows, squares: Dyadic, sum: Dyadic): number | null {
  const count = fromInteger(rows.sampleWeighted)
  return errorOf(rows, subtract(multiply(count, squares), multiply(sum, sum)), count)
}
