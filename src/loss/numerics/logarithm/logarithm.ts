import { instantiate } from '../../web-assembly.ts'
import bytes from './logarithm.wasm.json' with { type: 'json' }

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly VALUES: { readonly value: number }
  readonly CAPACITY: { readonly value: number }
  readonly negativeLogarithms: (count: number, shift: number) => void
  readonly logarithm: (value: number) => number
}

const { memory, VALUES, CAPACITY, negativeLogarithms, logarithm } = instantiate(bytes) as Exports
const capacity = CAPACITY.value
const room = new Float64Array(memory.buffer, VALUES.value, capacity)

/** log(value) with the bits of Math.log compiled without fused operations: the same alone, among others, on any machine. */
export { logarithm }

const fewValues = 8

/** Puts 0 - log(value + shift) in the place of each value, the very double that Math.log leads to. */
export function takeNegativeLogs(values: Float64Array, shift = 0): void {
  const { length } = values
  if (length < fewValues) {
    for (let i = 0; i < length; i++) values[i] = 0 - logarithm(values[i] + shift)
    return
  }
  for (let from = 0; from < length; from += capacity) {
    const some = values.subarray(from, from + capacity)
    room.set(some)
    negativeLogarithms(some.length, shift)
    some.set(room.subarray(0, some.length))
  }
}
