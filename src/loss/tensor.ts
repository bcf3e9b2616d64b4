/** One element that is no number. `path` are indices from the tensor's root. */
export interface NonNumericElement {
  readonly path: readonly number[]
  readonly received: string | boolean | null
}

/** The first place where the arrays are no tensor of rank 0, 1 or 2. */
export interface ShapeError {
  readonly path: readonly number[]
  readonly detail: string
  readonly received: string
}

/**
 * Dense row-major doubles: shape `[]` one number, `[N]` a list, `[N, K]` rows. Foreign elements are NaN in `data`; the first
 * 20 of them are in `nonNumeric`.
 */
export interface Tensor {
  readonly data: Float64Array
  readonly shape: readonly number[]
  readonly nonNumeric: readonly NonNumericElement[]
  readonly nonNumericCount: number
  readonly shapeError?: ShapeError
}

/** Whether a value is numbers that a body decoder has packed. */
export function isTensor(value: unknown): value is Tensor {
  return typeof value === 'object' && value !== null && 'data' in value && value.data instanceof Float64Array
}
