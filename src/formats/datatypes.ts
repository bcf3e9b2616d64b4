import type { Meanings } from '../loss/meanings.ts'
import type { Numbers } from '../loss/numbers.ts'
import { numbersPerBlock } from '../loss/numbers.ts'

/** The datatypes of the Open Inference Protocol whose values are numbers, each with an array that has its elements. */
export const arrays = {
  FP64: Float64Array,
  FP32: Float32Array,
  FP16: Float16Array,
  BF16: Uint16Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  UINT64: BigUint64Array,
  BOOL: Uint8Array,
} as const

export type Datatype = keyof typeof arrays

export const datatypeMeanings: Meanings<Datatype | 'BYTES'> = {
  FP64: 'floating point, 64 bits (float64)',
  FP32: 'floating point, 32 bits (float32)',
  FP16: 'floating point, 16 bits (float16)',
  BF16: 'floating point, 16 bits (bfloat16)',
  INT8: 'signed integer, 8 bits',
  INT16: 'signed integer, 16 bits',
  INT32: 'signed integer, 32 bits',
  INT64: 'signed integer, 64 bits; only integers that a double can represent',
  UINT8: 'unsigned integer, 8 bits',
  UINT16: 'unsigned integer, 16 bits',
  UINT32: 'unsigned integer, 32 bits',
  UINT64: 'unsigned integer, 64 bits; only integers that a double can represent',
  BOOL: 'one byte, 0 or 1',
  BYTES:
    'text, for columns of groups and for labels that are names of classes; each element is preceded by its length in 4 bytes',
}

/** A type of arrays of numbers. */
export interface NumbersType {
  readonly BYTES_PER_ELEMENT: number
  new (buffer: ArrayBuffer, at: number, length: number): Numbers<ArrayBuffer>
}

/** The types in which numbers are kept: their own, or the narrowest that has all of them exactly and that loops read fast. */
const keptTypes: Readonly<Record<Datatype, NumbersType>> = {
  ...arrays,
  FP16: Float32Array,
  BF16: Float32Array,
  INT64: Float64Array,
  UINT64: Float64Array,
}

/** What so many elements are kept as: a few as doubles, like those of JSON. */
export function keptAs(datatype: Datatype, elements: number): NumbersType {
  return elements <= numbersPerBlock ? Float64Array : keptTypes[datatype]
}

export const datatypes = Object.keys(arrays) as [Datatype, ...Datatype[]]

export function bytesOf(datatype: Datatype): number {
  return arrays[datatype].BYTES_PER_ELEMENT
}

/** Fills `out` with little-endian elements, each exactly; returns the first that has no double, or -1. */
export function widen(datatype: Datatype, buffer: ArrayBuffer, out: Numbers): number {
  const { length } = out
  switch (datatype) {
    case 'INT64':
      return widenLongs(new Uint32Array(buffer, 0, 2 * length), new Int32Array(buffer, 0, 2 * length), out)
    case 'UINT64':
      return widenLongs(new Uint32Array(buffer, 0, 2 * length), new Uint32Array(buffer, 0, 2 * length), out)
    case 'BF16':
      out.set(fromBrainFloats(new Uint16Array(buffer, 0, length)))
      return -1
    case 'BOOL':
      return widenTruths(new Uint8Array(buffer, 0, length), out)
    default:
      out.set(new arrays[datatype](buffer, 0, length))
      return -1
  }
}

function widenTruths(bytes: Uint8Array, out: Numbers): number {
  out.set(bytes)
  return firstNoTruth(bytes)
}

/** The place of the first byte that is not a truth value, or -1. */
export function firstNoTruth(bytes: Uint8Array): number {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] > 1) return i
  return -1
}

export function valueAt(datatype: Datatype, buffer: ArrayBuffer, index: number): bigint | number {
  return new arrays[datatype](buffer, 0, index + 1)[index]
}

function fromBrainFloats(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length)
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i] << 16
  return new Float32Array(bits.buffer)
}

function widenLongs(lower: Uint32Array, upper: Uint32Array | Int32Array, out: Numbers): number {
  for (let i = 0; i < out.length; i++) {
    const high = upper[2 * i + 1] * 2 ** 32
    const low = lower[2 * i]
    out[i] = high + low
    // the sum is rounded once, and what of `low` came into it is exact (Dekker 1971)
    if (out[i] - high !== low) return i
  }
  return -1
}
