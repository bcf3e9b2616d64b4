import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'
import type { Compressors, FileMetaData, SchemaElement, SchemaTree } from 'hyparquet'
import { parquetMetadata, parquetRead, parquetSchema } from 'hyparquet'
import { compressors as packaged } from 'hyparquet-compressors'
import { TableError } from './errors.ts'
import type { Cells, Source, SourceColumn } from './source.ts'

/** Opens a Parquet file. @throws TableError */
export function openParquet(bytes: ArrayBuffer): Source {
  const metadata = metadataOf(bytes)
  const tree = parquetSchema(metadata)
  const rows = integer(metadata.num_rows, 'rows')
  const inGroups = metadata.row_groups.reduce((sum, group) => sum + integer(group.num_rows, 'rows of a group'), 0)
  if (inGroups !== rows) throw broken(`it announces ${rows} rows, and its row groups have ${inGroups}`)
  const roots = new Map(tree.children.map((child) => [child.element.name, child]))
  const compressors = limited(uncompressedBytes(metadata))
  return {
    rows,
    names: [...roots.keys()],
    bytesOf: (names) => uncompressedBytes(metadata, new Set(names)),
    column: (name) => columnOf(roots.get(name) as SchemaTree, { bytes, metadata, compressors }),
  }
}

interface File {
  readonly bytes: ArrayBuffer
  readonly metadata: FileMetaData
  readonly compressors: Compressors
}

function columnOf(root: SchemaTree, file: File): SourceColumn {
  const { element } = leafOf(root)
  const type = typeOf(element)
  const isTime = element.logical_type?.type === 'TIMESTAMP' || (element.converted_type ?? '').startsWith('TIMESTAMP')
  const scale = element.converted_type === 'DECIMAL' ? (element.scale ?? 0) : undefined
  return {
    type: root.children.length > 0 ? `list of ${type}` : type,
    ...(isTime && { toTime: (cell: unknown) => (cell instanceof Date ? cell.getTime() : undefined) }),
    ...(scale !== undefined && { toNumber: (cell: unknown) => exactDecimal(cell, scale) }),
    read: () => readColumn(root.element.name, file),
  }
}

async function* readColumn(name: string, { bytes, metadata, compressors }: File): AsyncGenerator<Cells> {
  const file = { byteLength: bytes.byteLength, slice: (from: number, to?: number) => bytes.slice(from, to) }
  let rowStart = 0
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows)
    const found: Cells[] = []
    let length = 0
    try {
      await parquetRead({
        file,
        metadata,
        columns: [name],
        rowStart,
        rowEnd,
        compressors,
        onChunk: ({ columnData }) => {
          found.push(columnData)
          length += columnData.length
        },
      })
    } catch (error) {
      if (error instanceof TableError) throw error
      throw broken(`column "${name}" cannot be read: ${(error as Error).message}`)
    }
    if (length !== rowEnd - rowStart) {
      throw broken(`column "${name}" has ${length} values in a row group of ${rowEnd - rowStart}`)
    }
    yield* found
    rowStart = rowEnd
  }
}

/** The only leaf of a column that is a number, a text, a time, or a list of these. */
function leafOf(root: SchemaTree): SchemaTree {
  let at = root
  while (at.children.length === 1) at = at.children[0]
  if (at.children.length === 0) return at
  const { name } = root.element
  const detail = `column "${name}" of the table is a structure of several columns; a column must hold numbers, texts, times or lists of numbers`
  throw new TableError(['table'], detail, 'a structure', 'unsupported')
}

function metadataOf(bytes: ArrayBuffer): FileMetaData {
  try {
    return parquetMetadata(bytes, { geoparquet: false })
  } catch (error) {
    throw broken((error as Error).message)
  }
}

function uncompressedBytes({ row_groups: groups }: FileMetaData, names?: ReadonlySet<string>): number {
  let sum = 0
  for (const { columns } of groups) {
    for (const { meta_data: chunk } of columns) {
      if (chunk === undefined) throw broken('a column has no metadata')
      if (names !== undefined && !names.has(chunk.path_in_schema[0])) continue
      sum += integer(chunk.total_uncompressed_size, 'bytes of a column')
    }
  }
  return sum
}

/** Decompresses no more in all than the file has announced. */
function limited(most: number): Compressors {
  // the sizes of pages count their headers or not
  let left = 2 * most + 2 ** 16
  const take = (bytes: number) => {
    left -= bytes
    if (!(bytes >= 0) || left < 0) throw broken('its pages are larger than it announces')
    return { maxOutputLength: Math.max(1, bytes) }
  }
  const own: Compressors = {
    GZIP: (input, length) => gunzipSync(input, take(length)),
    BROTLI: (input, length) => brotliDecompressSync(input, take(length)),
    ZSTD: (input, length) => zstdDecompressSync(input, take(length)),
  }
  for (const codec of ['SNAPPY', 'LZ4', 'LZ4_RAW'] as const) {
    own[codec] = (input, length) => {
      take(length)
      return packaged[codec]?.(input, length) ?? input
    }
  }
  return own
}

/** A decimal is read as the double nearest to it: it must be that double. */
function exactDecimal(cell: unknown, scale: number): number | undefined {
  if (typeof cell !== 'number') return undefined
  const whole = Math.round(cell * 10 ** scale)
  const fives = 5 ** scale
  return Math.abs(whole) < 2 ** 53 && fives < 2 ** 53 && whole % fives === 0 ? whole / fives / 2 ** scale : undefined
}

function typeOf({ type, logical_type: logical, converted_type: converted }: SchemaElement): string {
  return String(logical?.type ?? converted ?? type ?? 'nothing').toLowerCase()
}

function integer(value: bigint | number, what: string): number {
  const number = Number(value)
  if (!Number.isSafeInteger(number) || number < 0) throw broken(`${number} is no number of ${what}`)
  return number
}

function broken(why: string): TableError {
  return new TableError(
    ['table'],
    `the table is not a Parquet file that can be read: ${why}.`,
    'other bytes',
    'malformed',
  )
}
