/** A type in PostgreSQL's binary format: https://www.postgresql.org/docs/current/catalog-pg-type.html */
export interface ElementType<Value> {
  readonly oid: number
  bytesOf(value: Value): number
  write(value: Value, into: Buffer, at: number): void
}

export const bigint: ElementType<number> = {
  oid: 20,
  bytesOf: () => 8,
  write(value, into, at) {
    into.writeInt32BE(Math.floor(value / 2 ** 32), at)
    into.writeUInt32BE(value >>> 0, at + 4)
  },
}

export const double: ElementType<number> = {
  oid: 701,
  bytesOf: () => 8,
  write: (value, into, at) => into.writeDoubleBE(value, at),
}

export const text: ElementType<string> = {
  oid: 25,
  bytesOf: (value) => Buffer.byteLength(value),
  write: (value, into, at) => into.write(value, at),
}

export const bytea: ElementType<Uint8Array> = {
  oid: 17,
  bytesOf: (value) => value.length,
  write: (value, into, at) => into.set(value, at),
}

const headBytes = 20
const nullLength = -1

/** An array as a parameter in binary format: as text, bytes would be twice as long. */
export function binaryArray<Value>(type: ElementType<Value>, values: readonly (Value | null)[]): Buffer {
  const bytes = values.reduce((sum, value) => sum + 4 + (value === null ? 0 : type.bytesOf(value)), headBytes)
  const array = Buffer.allocUnsafe(bytes)
  array.writeInt32BE(1, 0)
  array.writeInt32BE(values.includes(null) ? 1 : 0, 4)
  array.writeInt32BE(type.oid, 8)
  array.writeInt32BE(values.length, 12)
  array.writeInt32BE(1, 16)
  let at = headBytes
  for (const value of values) {
    const length = value === null ? nullLength : type.bytesOf(value)
    array.writeInt32BE(length, at)
    at += 4
    if (value === null) continue
    type.write(value, array, at)
    at += length
  }
  return array
}

/** The same of one value of each row. */
export function column<Row, Value>(
  rows: readonly Row[],
  type: ElementType<Value>,
  of: (row: Row) => Value | null,
): Buffer {
  return binaryArray(type, rows.map(of))
}
