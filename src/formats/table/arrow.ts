import type { Data, DataType } from 'apache-arrow'
import { DataType as Types, Vector } from 'apache-arrow'
import type { ArrowColumns } from './arrow-columns.ts'
import { readColumns } from './arrow-columns.ts'
import { decimals } from './decimal.ts'
import { TableError } from './errors.ts'
import type { Cells, Source, SourceColumn } from './source.ts'

/** Bits: each row of a column that is not null has at least one. */
const leastPerRow = 1

/**
 * Opens an Arrow IPC file or stream.
 *
 * @param asked the columns that will be read
 * @param most bytes that their compressed buffers may have together
 * @throws TableError
 */
export function openArrow(bytes: ArrayBuffer, asked: readonly string[], most: number): Source {
  const { rows, fields, data } = columnsOf(bytes, asked, most)
  const taken = Array.from(data.values()).reduce(
    (sum, batches) => batches.reduce((sum, { byteLength }) => sum + byteLength, sum),
    0,
  )
  if (rows * leastPerRow > 8 * Math.max(taken, bytes.byteLength))
    throw broken(`it cannot hold the ${rows} rows that it announces`)
  const types = new Map(fields.map(({ name, type }): [string, DataType] => [name, type]))
  return {
    rows,
    names: fields.map(({ name }) => String(name)),
    bytesOf: () => taken,
    valuesOf: (names) => names.reduce((sum, name) => sum + valuesIn(data.get(name)), 0),
    column: (name) => columnOf(name, types.get(name), data.get(name)),
  }
}

function valuesIn(batches: readonly Data[] = []): number {
  return batches.reduce((sum, { length, children }) => sum + Math.max(length, children[0]?.length ?? 0), 0)
}

function columnsOf(bytes: ArrayBuffer, asked: readonly string[], most: number): ArrowColumns {
  try {
    return readColumns(new Uint8Array(bytes), new Set(asked), most)
  } catch (error) {
    throw broken((error as Error).message)
  }
}

function columnOf(name: string, type: DataType | undefined, batches: readonly Data[] = []): SourceColumn {
  if (type === undefined) throw broken(`column "${name}" is not there`)
  return {
    type: String(type).toLowerCase(),
    isOther: isTemporal(Types.isList(type) || Types.isFixedSizeList(type) ? type.children[0].type : type),
    ...(Types.isDecimal(type) && { toNumber: exactly(decimals(type.scale)) }),
    ...(Types.isTimestamp(type) && {
      toTime: (cell: unknown) => (typeof cell === 'number' ? Math.floor(cell) : undefined),
    }),
    async *read() {
      for (const data of batches) yield cellsOf(name, data)
    },
  }
}

function isTemporal(type: DataType): boolean {
  const is = [Types.isTimestamp, Types.isDate, Types.isTime, Types.isDuration, Types.isInterval]
  return is.some((check) => check(type))
}

function cellsOf(name: string, data: Data): Cells {
  const { type, length, values, nullCount } = data
  if (!isWhole(data)) throw broken(`column "${name}" does not have the values that it announces`)
  const isPlain = (Types.isFloat(type) && type.precision > 0) || Types.isInt(type)
  if (isPlain && nullCount === 0) return values.subarray(0, length)
  const vector = new Vector([data])
  try {
    return Array.from({ length }, (_, row) => plain(vector.get(row)))
  } catch (error) {
    throw broken(`column "${name}": ${(error as Error).message}`)
  }
}

/** Whether the buffers have all that they should: apache-arrow takes what is missing for false, for zero, or for what lies behind. */
function isWhole({ type, length, nullCount, nullBitmap, values, valueOffsets, children, stride }: Data): boolean {
  if (nullCount > 0 && nullBitmap.length < length / 8) return false
  const child = children[0]
  if (Types.isBool(type)) return values.length >= length / 8
  if (Types.isList(type)) return areInOrder(valueOffsets, length, child.length) && isWhole(child)
  if (Types.isFixedSizeList(type)) return child.length >= length * type.listSize && isWhole(child)
  if (Types.isUtf8(type) || Types.isLargeUtf8(type) || Types.isBinary(type) || Types.isLargeBinary(type))
    return areInOrder(valueOffsets, length, values.length)
  // structures are refused when they are read
  return values === undefined || values.length >= length * stride
}

function areInOrder(offsets: ArrayLike<number | bigint>, length: number, most: number): boolean {
  if (length > 0 && offsets.length <= length) return false
  let last = 0
  for (let at = 0; at <= length && at < offsets.length; at++) {
    const offset = Number(offsets[at])
    if (offset < last || offset > most) return false
    last = offset
  }
  return true
}

/** A list as an array. */
function plain(cell: unknown): unknown {
  return cell instanceof Vector ? Array.from(cell) : cell
}

/** A decimal comes as words of 32 bits, the lowest first, in two's complement. */
function exactly(decimal: (unscaled: bigint) => number | undefined): (cell: unknown) => number | undefined {
  return (cell) => {
    if (!(cell instanceof Uint32Array)) return undefined
    let unscaled = 0n
    for (const word of cell.toReversed()) unscaled = (unscaled << 32n) | BigInt(word)
    return decimal(BigInt.asIntN(32 * cell.length, unscaled))
  }
}

function broken(why: string): TableError {
  const detail = `the table is not an Arrow file or stream that can be read: ${why}.`
  return new TableError(['table'], detail, 'other bytes', 'malformed')
}
