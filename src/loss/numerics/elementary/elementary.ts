import { instantiate } from '../../web-assembly.ts'
import bytes from './elementary.wasm.json' with { type: 'json' }

type OfOne = (x: number) => number

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly VALUES: { readonly value: number }
  readonly RESULTS: { readonly value: number }
  readonly CLASSES: { readonly value: number }
  readonly CAPACITY: { readonly value: number }
  readonly CLASSES_CAPACITY: { readonly value: number }
  readonly exactCost: { readonly value: number }
  readonly logarithm: OfOne
  readonly logarithmOf1: OfOne
  readonly exponential: OfOne
  readonly exponentialMinus1: OfOne
  readonly softplus: OfOne
  readonly logCosh: OfOne
  readonly power: (x: number, y: number) => number
  readonly negativeLogarithms: (count: number, shift: number) => void
  readonly logSoftmax: (rows: number, outputs: number) => void
  readonly logSoftmaxOfClasses: (rows: number, outputs: number) => void
}

const { memory, VALUES, RESULTS, CLASSES, CAPACITY, CLASSES_CAPACITY, exactCost, negativeLogarithms, ...functions } =
  instantiate(bytes) as Exports
const values = new Float64Array(memory.buffer, VALUES.value, CAPACITY.value)
const results = new Float64Array(memory.buffer, RESULTS.value, CAPACITY.value)
const classesOfRows = new Int32Array(memory.buffer, CLASSES.value, CLASSES_CAPACITY.value)

/**
 * Elementary functions with the same bits in every engine and on every processor. All but `power` are correctly rounded: the
 * double next to the exact value.
 */
export const { logarithm, logarithmOf1, exponential, exponentialMinus1, softplus, logCosh, power } = functions

/** tanh(x), within 2 units in the last place. */
export function hyperbolicTangent(x: number): number {
  const less = exponentialMinus1(-2 * Math.abs(x))
  const size = -less / (2 + less)
  return x === 0 ? x : x < 0 ? -size : size
}

/** What the exact way, which is rare, has cost so far, in numbers of some 2 microseconds. It wraps. */
export function exactCostSoFar(): number {
  return exactCost.value
}

const fewValues = 8
/** What is copied at a time, for the first-level cache. */
const blockNumbers = 2048

/** Puts 0 - log(value + shift), of the sum as a double, in the place of each value. */
export function takeNegativeLogs(numbers: Float64Array, shift = 0): void {
  const { length } = numbers
  if (length < fewValues) {
    for (let i = 0; i < length; i++) numbers[i] = 0 - logarithm(numbers[i] + shift)
    return
  }
  for (let from = 0; from < length; from += blockNumbers) {
    const some = numbers.subarray(from, from + blockNumbers)
    values.set(some)
    negativeLogarithms(some.length, shift)
    some.set(values.subarray(0, some.length))
  }
}

/** Log softmax of the row of K logits that begins at `from`, each result within 0.5000001 units in its last place. */
export function logSoftmax(logits: Float64Array, from: number, outputs: number, out: Float64Array): void {
  for (let k = 0; k < outputs; k++) values[k] = logits[from + k]
  functions.logSoftmax(1, outputs)
  for (let k = 0; k < outputs; k++) out[k] = results[k]
}

/** The same of the class of each row. */
export function logSoftmaxOfClasses(
  logits: Float64Array,
  classes: Int32Array,
  outputs: number,
  out: Float64Array,
): void {
  const { length } = classes
  const most = Math.max(1, Math.floor(blockNumbers / outputs))
  for (let from = 0; from < length; from += most) {
    const count = Math.min(most, length - from)
    values.set(logits.subarray(from * outputs, (from + count) * outputs))
    classesOfRows.set(classes.subarray(from, from + count))
    functions.logSoftmaxOfClasses(count, outputs)
    out.set(results.subarray(0, count), from)
  }
}
