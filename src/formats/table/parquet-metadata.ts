import type { CompressionCodec, LogicalType, SchemaElement, TimeUnit } from 'hyparquet'
import { CompressionCodecs, ConvertedTypes, FieldRepetitionTypes, ParquetTypes } from 'hyparquet/src/constants.js'
import { ThriftReader } from './thrift.ts'

/** The values of a column in a row group. */
export interface Chunk {
  readonly codec: CompressionCodec
  readonly values: number
  /** Bytes from its first page. */
  readonly start: number
  readonly size: number
  readonly unpacked: number
}

export interface RowGroup {
  readonly rows: number
  readonly chunks: ReadonlyMap<string, Chunk>
}

export interface Metadata {
  readonly rows: number
  readonly schema: readonly SchemaElement[]
  readonly groups: readonly RowGroup[]
}

const magic = 'PAR1'
const tail = 8
/** What an element of the schema takes with its place in the tree, and a row group or chunk. */
const [bytesPerElement, bytesPerChunk] = [600, 300]
/** The least that a chunk takes in the file. */
const leastChunk = 12

/** The bytes that the metadata takes with the chunks of so many columns. @throws RangeError */
export function metadataBytes(bytes: ArrayBuffer, columns: number): number {
  const footer = footerOf(bytes)
  const reader = new ThriftReader(footer)
  let [elements, groups] = [0, 0]
  const skip = (kind: number) => reader.skip(kind)
  reader.struct({
    2: (kind) => {
      elements = reader.list(kind, skip)
    },
    4: (kind) => {
      groups = reader.list(kind, skip)
    },
  })
  const chunks = Math.min(columns * groups, footer.byteLength / leastChunk)
  return footer.byteLength + bytesPerElement * elements + bytesPerChunk * (groups + chunks)
}

/** Reads the metadata, and of the row groups what they have of the columns that are used. @throws RangeError */
export function readMetadata(bytes: ArrayBuffer, used: readonly string[]): Metadata {
  const reader = new ThriftReader(footerOf(bytes))
  const names = new Set(used)
  const schema: SchemaElement[] = []
  const groups: RowGroup[] = []
  let rows = -1
  reader.struct({
    2: (kind) => {
      reader.list(kind, (each) => schema.push(elementIn(reader, each)))
    },
    3: (kind) => {
      rows = amount(reader.integer(kind), 'rows')
    },
    4: (kind) => {
      reader.list(kind, (each) => groups.push(groupIn(reader, each, names)))
    },
  })
  return { rows: amount(rows, 'rows'), schema, groups }
}

/** @throws RangeError if it is not a whole number from 0 on that is safe */
export function amount(value: number, what: string): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is no number of ${what}`)
  return value
}

function footerOf(bytes: ArrayBuffer): DataView {
  const end = bytes.byteLength - tail
  if (end < 0 || Buffer.from(bytes, end + 4).toString('latin1') !== magic)
    throw new RangeError('it does not end as one')
  const size = new DataView(bytes).getUint32(end, true)
  if (size > end) throw new RangeError(`it has not the ${size} bytes of metadata that it announces`)
  return new DataView(bytes, end - size, size)
}

function elementIn(reader: ThriftReader, kind: number): SchemaElement {
  const element: SchemaElement = { name: '' }
  reader.struct(
    {
      1: (kind) => {
        element.type = ParquetTypes[reader.integer(kind)]
      },
      2: (kind) => {
        element.type_length = reader.integer(kind)
      },
      3: (kind) => {
        element.repetition_type = FieldRepetitionTypes[reader.integer(kind)]
      },
      4: (kind) => {
        element.name = reader.text(kind)
      },
      5: (kind) => {
        element.num_children = amount(reader.integer(kind), 'children')
      },
      6: (kind) => {
        element.converted_type = ConvertedTypes[reader.integer(kind)]
      },
      7: (kind) => {
        element.scale = reader.integer(kind)
      },
      10: (kind) => {
        const type = logicalTypeIn(reader, kind)
        if (type !== undefined) element.logical_type = type
      },
    },
    kind,
  )
  return element
}

const plainTypes: Readonly<Record<number, LogicalType>> = {
  1: { type: 'STRING' },
  2: { type: 'MAP' },
  3: { type: 'LIST' },
  4: { type: 'ENUM' },
  6: { type: 'DATE' },
  11: { type: 'NULL' },
  12: { type: 'JSON' },
  13: { type: 'BSON' },
  14: { type: 'UUID' },
  15: { type: 'FLOAT16' },
  16: { type: 'VARIANT' },
}
const units = { 1: 'MILLIS', 2: 'MICROS', 3: 'NANOS' } as const

/** A union: the field that is there says what it is. */
function logicalTypeIn(reader: ThriftReader, kind: number): LogicalType | undefined {
  let found: LogicalType | undefined
  reader.struct(
    {
      ...chosen(reader, plainTypes, (type) => {
        found = type
      }),
      5: (kind) => {
        const decimal = { type: 'DECIMAL' as const, scale: 0, precision: 0 }
        const scale = (kind: number) => {
          decimal.scale = reader.integer(kind)
        }
        reader.struct({ 1: scale }, kind)
        found = decimal
      },
      7: (kind) => {
        found = { type: 'TIME', isAdjustedToUTC: false, unit: unitIn(reader, kind) }
      },
      8: (kind) => {
        found = { type: 'TIMESTAMP', isAdjustedToUTC: false, unit: unitIn(reader, kind) }
      },
      10: (kind) => {
        const integer = { type: 'INTEGER' as const, bitWidth: 64, isSigned: true }
        const bits = (kind: number) => {
          integer.bitWidth = reader.integer(kind)
        }
        const sign = (kind: number) => {
          integer.isSigned = reader.truth(kind)
        }
        reader.struct({ 1: bits, 2: sign }, kind)
        found = integer
      },
    },
    kind,
  )
  return found
}

function unitIn(reader: ThriftReader, kind: number): TimeUnit {
  let unit: TimeUnit = 'MILLIS'
  const choose = (kind: number) => {
    const each = chosen(reader, units, (name) => {
      unit = name
    })
    reader.struct(each, kind)
  }
  reader.struct({ 2: choose }, kind)
  return unit
}

/** Fields of a union that have nothing in them. */
function chosen<Value>(
  reader: ThriftReader,
  values: Readonly<Record<number, Value>>,
  choose: (value: Value) => void,
): Record<number, (kind: number) => void> {
  const fields = Object.entries(values).map(([id, value]): [string, (kind: number) => void] => [
    id,
    (kind) => {
      reader.skip(kind)
      choose(value)
    },
  ])
  return Object.fromEntries(fields)
}

function groupIn(reader: ThriftReader, kind: number, used: ReadonlySet<string>): RowGroup {
  const chunks = new Map<string, Chunk>()
  let rows = -1
  reader.struct(
    {
      1: (kind) => {
        reader.list(kind, (each) => {
          const [name, chunk] = chunkIn(reader, each)
          if (used.has(name) && !chunks.has(name)) chunks.set(name, chunk())
        })
      },
      3: (kind) => {
        rows = reader.integer(kind)
      },
    },
    kind,
  )
  return { rows: amount(rows, 'rows of a group'), chunks }
}

/** A chunk and the name of the column that it belongs to. It is checked when it is used. */
function chunkIn(reader: ThriftReader, kind: number): [name: string, chunk: () => Chunk] {
  let name: string | undefined
  const found = { codec: -1, values: -1, unpacked: -1, size: -1, first: -1, dictionary: 0 }
  let isElsewhere = false
  const put = (key: keyof typeof found) => (kind: number) => {
    found[key] = reader.integer(kind)
  }
  const metadata = {
    3: (kind: number) => {
      let at = 0
      reader.list(kind, (each) => {
        if (at++ === 0) name = reader.text(each)
        else reader.skip(each)
      })
    },
    4: put('codec'),
    5: put('values'),
    6: put('unpacked'),
    7: put('size'),
    9: put('first'),
    11: put('dictionary'),
  }
  reader.struct(
    {
      1: (kind) => {
        isElsewhere = reader.text(kind) !== ''
      },
      3: (kind) => reader.struct(metadata, kind),
    },
    kind,
  )
  if (name === undefined) throw new RangeError('a column has no metadata')
  const chunk = () => {
    if (isElsewhere) throw new RangeError('its columns are in other files')
    return {
      codec: CompressionCodecs[found.codec],
      values: amount(found.values, 'values'),
      // zero stands for none
      start: amount(found.dictionary || found.first, 'the byte where a column begins'),
      size: amount(found.size, 'bytes of a column'),
      unpacked: amount(found.unpacked, 'bytes of a column'),
    }
  }
  return [name, chunk]
}
