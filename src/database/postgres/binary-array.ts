/** A type in PostgreSQL's binary format: https://www.postgresql.org/docs/current/catalog-pg-type.html */
export interface ElementType<Value> {
  readonly oid: number
  bytesOf(value: Value): number
  write(value: Value, into: Target, at: number): void
}

/** Numbers are written by a view of the same memory, which takes a fraction of the time of a Buffer's methods. */
interface Target {
  readonly buffer: Buffer
  readonly view: DataView
}

export const bigint: ElementType<number> = {
  oid: 20,
  bytesOf: () => 8,
  write(value, { view }, at) {
    view.setInt32(at, Math.floor(value / 2 ** 32))
    view.setUint32(at + 4, value)
  },
}

export const double: ElementType<number> = {
  oid: 701,
  bytesOf: () => 8,
  write: (value, { view }, at) => view.setFloat64(at, value),
}

export const text: ElementType<string> = {
  oid: 25,
  bytesOf: (value) => Buffer.byteLength(value),
  write: (value, { buffer }, at) => buffer.write(value, at),
}

export const bytea: ElementType<Uint8Array> = {
  oid: 17,
  bytesOf: (value) => value.length,
  write: (value, { buffer }, at) => buffer.set(value, at),
}

/** Bytes that are given in hexadecimal. */
export const hexBytea: ElementType<string> = {
  oid: bytea.oid,
  bytesOf: (value) => value.length / 2,
  write: (value, { buffer }, at) => buffer.write(value, at, 'hex'),
}

export interface BinaryArray {
  readonly bytes: number
  write(into: Target, at: number): void
}

const headBytes = 20
const nullLength = -1

/** An array as a parameter in binary format: as text, bytes would be twice as long. */
export function binaryArray<Value>(type: ElementType<Value>, values: readonly (Value | null)[]): BinaryArray {
  let bytes = headBytes
  for (const value of values) bytes += 4 + (value === null ? 0 : type.bytesOf(value))
  return { bytes, write: (into, at) => writeArray(type, values, into, at) }
}

/** The same of one value of each row. */
export function column<Row, Value>(
  rows: readonly Row[],
  type: ElementType<Value>,
  of: (row: Row) => Value | null,
): BinaryArray {
  return binaryArray(type, rows.map(of))
}

/** All in one piece of memory. */
export function buffersOf(arrays: readonly BinaryArray[]): Buffer[] {
  const buffer = Buffer.allocUnsafe(arrays.reduce((sum, { bytes }) => sum + bytes, 0))
  const target = { buffer, view: new DataView(buffer.buffer, buffer.byteOffset, buffer.length) }
  let at = 0
  return arrays.map(({ bytes, write }) => {
    write(target, at)
    at += bytes
    return buffer.subarray(at - bytes, at)
  })
}

function writeArray<Value>(
  type: ElementType<Value>,
  values: readonly (Value | null)[],
  into: Target,
  from: number,
): void {
  const { view } = into
  view.setInt32(from, 1)
  view.setInt32(from + 4, values.includes(null) ? 1 : 0)
  view.setInt32(from + 8, type.oid)
  view.setInt32(from + 12, values.length)
  view.setInt32(from + 16, 1)
  let at = from + headBytes
  for (const value of values) {
    const length = value === null ? nullLength : type.bytesOf(value)
    view.setInt32(at, length)
    at += 4
    if (value === null) continue
    type.write(value, into, at)
    at += length
  }
}
