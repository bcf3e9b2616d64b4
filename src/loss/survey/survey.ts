import { instantiate } from '../web-assembly.ts'
import bytes from './survey.wasm.json' with { type: 'json' }

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly ROWS: { readonly value: number }
  readonly RESULTS: { readonly value: number }
  readonly CAPACITY: { readonly value: number }
  readonly survey: (count: number, outputs: number, low: number, high: number, tolerance: number) => number
  readonly ones: (count: number, outputs: number) => number
}

const { memory, survey, ones, ROWS, RESULTS, CAPACITY } = instantiate(bytes) as Exports
const capacity = CAPACITY.value
const rows = new Float64Array(memory.buffer, ROWS.value, capacity)
const results = new Int32Array(memory.buffer, RESULTS.value, capacity)

const fewNumbers = 256

/** Whether there are enough numbers to be looked at two at a time, and rows fit. */
export function isSurveyed(samples: number, outputs: number): boolean {
  return outputs > 1 && outputs <= capacity && samples * outputs >= fewNumbers
}

/**
 * Whether all numbers of the rows are in `[low, high]` and each row sums to 1 within `tolerance`, for certain. Writes the place
 * of the largest number of each row, below 0 where that needs a closer look.
 */
export function surveyRows(
  data: Float64Array,
  outputs: number,
  from: number,
  to: number,
  low: number,
  high: number,
  tolerance: number,
  largest: Int32Array,
): boolean {
  // sums in two orders, of numbers that are not negative and come to 1 + tolerance at most, differ by less
  const certain = Number.isFinite(tolerance) ? tolerance - outputs * (1 + tolerance) * 2 ** -51 : tolerance
  const most = Math.floor(capacity / outputs)
  let doubtful = 0
  for (let row = from; row < to; row += most) {
    const count = Math.min(most, to - row)
    rows.set(data.subarray(row * outputs, (row + count) * outputs))
    doubtful += survey(count, outputs, low, high, certain)
    largest.set(results.subarray(0, count), row)
  }
  return doubtful === 0
}

/** Writes the classes of rows up to the first that is not one 1 among zeros, and returns that row, or `to`. */
export function readOnes(data: Float64Array, outputs: number, from: number, to: number, classes: Int32Array): number {
  const most = Math.floor(capacity / outputs)
  for (let row = from; row < to; row += most) {
    const count = Math.min(most, to - row)
    rows.set(data.subarray(row * outputs, (row + count) * outputs))
    const right = ones(count, outputs)
    classes.set(results.subarray(0, right), row)
    if (right < count) return row + right
  }
  return to
}
