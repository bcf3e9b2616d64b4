import type { Datatype } from '../../src/formats/datatypes.ts'
import type { Input } from './support.ts'

export type Numbers = readonly number[]

/** Little-endian bytes of numbers that the type holds exactly. */
const written: Record<Datatype, (numbers: Numbers) => ArrayBufferView> = {
  FP64: (numbers) => Float64Array.from(numbers),
  FP32: (numbers) => Float32Array.from(numbers),
  FP16: (numbers) => Float16Array.from(numbers),
  BF16: (numbers) => new Uint16Array(Float32Array.from(numbers).buffer).filter((_, at) => at % 2 === 1),
  INT8: (numbers) => Int8Array.from(numbers),
  INT16: (numbers) => Int16Array.from(numbers),
  INT32: (numbers) => Int32Array.from(numbers),
  INT64: (numbers) => BigInt64Array.from(numbers, BigInt),
  UINT8: (numbers) => Uint8Array.from(numbers),
  UINT16: (numbers) => Uint16Array.from(numbers),
  UINT32: (numbers) => Uint32Array.from(numbers),
  UINT64: (numbers) => BigUint64Array.from(numbers, BigInt),
  BOOL: (numbers) => Uint8Array.from(numbers),
}

export function inputOf(name: string, shape: Numbers, datatype: Datatype, numbers: Numbers): Input {
  const { buffer, byteOffset, byteLength } = written[datatype](numbers)
  return { name, shape, datatype, bytes: new Uint8Array(buffer, byteOffset, byteLength) }
}

export function sized(shape: readonly unknown[], size: unknown, datatype = 'FP64'): object {
  return { name: 'predictions', shape, datatype, parameters: { binary_data_size: size } }
}

/** One number, as bytes that follow. */
export const good = { name: 'predictions', shape: [1], datatype: 'FP64', parameters: { binary_data_size: 8 } }
export const eight = new Uint8Array(8)
