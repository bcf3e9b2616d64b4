/** The datatypes of the Open Inference Protocol whose values are numbers. */
export const datatypes = [
  'FP64',
  'FP32',
  'FP16',
  'BF16',
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
  'BOOL',
] as const
export type Datatype = (typeof datatypes)[number]

/** Bytes of one element. */
export const bytesOf: Record<Datatype, number> = {
  FP64: 8,
  FP32: 4,
  FP16: 2,
  BF16: 2,
  INT8: 1,
  INT16: 2,
  INT32: 4,
  INT64: 8,
  UINT8: 1,
  UINT16: 2,
  UINT32: 4,
  UINT64: 8,
  BOOL: 1,
}

/** Numbers as doubles, and the first one that no double is exactly (or that is no truth value). */
export interface Widened {
  readonly data: Float64Array
  readonly inexact?: { readonly index: number; readonly value: bigint | number }
}

/** Widens `count` little-endian elements; FP64 stays where it is. */
export function widen(datatype: Datatype, buffer: ArrayBuffer, count: number): Widened {
  switch (datatype) {
    case 'FP64':
      return { data: new Float64Array(buffer, 0, count) }
    case 'FP32':
      return { data: new Float64Array(new Float32Array(buffer, 0, count)) }
    case 'FP16':
      return { data: new Float64Array(new Float16Array(buffer, 0, count)) }
    case 'BF16':
      return { data: fromBrainFloats(new Uint16Array(buffer, 0, count)) }
    case 'INT8':
      return { data: new Float64Array(new Int8Array(buffer, 0, count)) }
    case 'INT16':
      return { data: new Float64Array(new Int16Array(buffer, 0, count)) }
    case 'INT32':
      return { data: new Float64Array(new Int32Array(buffer, 0, count)) }
    case 'INT64':
      return fromBigIntegers(new BigInt64Array(buffer, 0, count))
    case 'UINT8':
      return { data: new Float64Array(new Uint8Array(buffer, 0, count)) }
    case 'UINT16':
      return { data: new Float64Array(new Uint16Array(buffer, 0, count)) }
    case 'UINT32':
      return { data: new Float64Array(new Uint32Array(buffer, 0, count)) }
    case 'UINT64':
      return fromBigIntegers(new BigUint64Array(buffer, 0, count))
    case 'BOOL':
      return fromTruthValues(new Uint8Array(buffer, 0, count))
  }
}

/** A bfloat16 is the upper half of a float32. */
function fromBrainFloats(halves: Uint16Array): Float64Array {
  const bits = new Uint32Array(halves.length)
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i] << 16
  return new Float64Array(new Float32Array(bits.buffer))
}

function fromBigIntegers(values: BigInt64Array | BigUint64Array): Widened {
  const data = new Float64Array(values.length)
  let inexact: Widened['inexact']
  for (let i = 0; i < values.length; i++) {
    data[i] = Number(values[i])
    if (inexact === undefined && BigInt(data[i]) !== values[i]) inexact = { index: i, value: values[i] }
  }
  return inexact === undefined ? { data } : { data, inexact }
}

function fromTruthValues(values: Uint8Array): Widened {
  const index = values.findIndex((value) => value > 1)
  const data = new Float64Array(values)
  return index < 0 ? { data } : { data, inexact: { index, value: values[index] } }
}
