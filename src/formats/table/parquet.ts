import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'
import type { ColumnChunk, Compressors, FileMetaData, RowGroup, SchemaElement, SchemaTree } from 'hyparquet'
import { parquetMetadata, parquetRead, parquetSchema } from 'hyparquet'
import { parquetHeader } from 'hyparquet/src/column.js'
import { compressors as packaged } from 'hyparquet-compressors'
import { TableError } from './errors.ts'
import type { Cells, Source, SourceColumn } from './source.ts'

/** What a byte of the metadata takes when it is read: a column of 70 bytes becomes objects of 5 KB. */
const bytesPerMetadataByte = 80
const tail = 8

/** The bytes that reading the metadata takes. */
export function parquetBytes(bytes: ArrayBuffer): number {
  const size = bytes.byteLength < tail ? 0 : new DataView(bytes).getUint32(bytes.byteLength - tail, true)
  return bytesPerMetadataByte * Math.min(size, bytes.byteLength)
}

/** Opens a Parquet file. @param used the columns that are read @throws TableError */
export function openParquet(bytes: ArrayBuffer, used: readonly string[]): Source {
  const metadata = metadataOf(bytes)
  const tree = parquetSchema(metadata)
  const rows = integer(metadata.num_rows, 'rows')
  const inGroups = metadata.row_groups.reduce((sum, group) => sum + integer(group.num_rows, 'rows of a group'), 0)
  if (inGroups !== rows) throw broken(`it announces ${rows} rows, and its row groups have ${inGroups}`)
  const roots = new Map(tree.children.map((child) => [child.element.name, child]))
  const compressors = limited(uncompressedBytes(metadata))
  const chunks = chunksOf(metadata, used)
  const file = { bytes, metadata, compressors }
  return {
    rows,
    names: tree.children.map(({ element }) => element.name),
    bytesOf: (names) => uncompressedBytes(metadata, new Set(names)),
    valuesOf: (names) => names.flatMap((name) => chunks.get(name) ?? []).reduce((sum, part) => sum + valuesIn(part), 0),
    column: (name) => columnOf(roots.get(name) as SchemaTree, chunks.get(name) ?? [], file),
  }
}

function valuesIn({ columns }: Part): number {
  return columns.reduce((sum, { meta_data: chunk }) => sum + integer(chunk?.num_values ?? 0, 'values'), 0)
}

interface File {
  readonly bytes: ArrayBuffer
  readonly metadata: FileMetaData
  readonly compressors: Compressors
}

/** A row group with the chunks of one column only. */
type Part = Pick<RowGroup, 'num_rows' | 'total_byte_size'> & { columns: ColumnChunk[] }

/** The row groups of each column that is used, so that reading one looks at no others. */
function chunksOf({ row_groups: groups }: FileMetaData, used: readonly string[]): Map<string, Part[]> {
  const chunks = new Map<string, Part[]>(used.map((name) => [name, []]))
  for (const [at, { columns, total_byte_size }] of groups.entries()) {
    for (const chunk of columns) {
      const parts = chunks.get(chunk.meta_data?.path_in_schema[0] ?? '')
      if (parts === undefined) continue
      while (parts.length <= at) parts.push({ num_rows: groups[parts.length].num_rows, total_byte_size, columns: [] })
      parts[at].columns.push(chunk)
    }
  }
  return chunks
}

function columnOf(root: SchemaTree, parts: readonly Part[], file: File): SourceColumn {
  const { element } = leafOf(root)
  const type = typeOf(element)
  const isTime = element.logical_type?.type === 'TIMESTAMP' || (element.converted_type ?? '').startsWith('TIMESTAMP')
  const scale = element.converted_type === 'DECIMAL' ? (element.scale ?? 0) : undefined
  return {
    type: root.children.length > 0 ? `list of ${type}` : type,
    ...(isTime && { toTime: (cell: unknown) => (cell instanceof Date ? cell.getTime() : undefined) }),
    ...(scale !== undefined && { toNumber: (cell: unknown) => exactDecimal(cell, scale) }),
    read: () => readColumn(root, parts, file),
  }
}

async function* readColumn(
  root: SchemaTree,
  parts: readonly Part[],
  { bytes, metadata, compressors }: File,
): AsyncGenerator<Cells> {
  const { name } = root.element
  const file = { byteLength: bytes.byteLength, slice: (from: number, to?: number) => bytes.slice(from, to) }
  const schema = [{ ...metadata.schema[0], num_children: 1 }, ...elementsOf(root)]
  for (const part of parts) {
    const rows = Number(part.num_rows)
    const found: Cells[] = []
    let length = 0
    checkPages(part, bytes)
    try {
      await parquetRead({
        file,
        metadata: { ...metadata, schema, num_rows: part.num_rows, row_groups: [part] },
        columns: [name],
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
    if (length !== rows) throw broken(`column "${name}" has ${length} values in a row group of ${rows}`)
    yield* found
  }
}

/** Refuses pages that announce other values than the metadata does, by which memory was reserved. @throws TableError */
function checkPages({ columns }: Part, bytes: ArrayBuffer): void {
  for (const { meta_data: chunk } of columns) {
    if (chunk === undefined) continue
    const start = Number(chunk.dictionary_page_offset || chunk.data_page_offset)
    const size = Math.min(Number(chunk.total_compressed_size), bytes.byteLength - start)
    let left = Number(chunk.num_values)
    try {
      const reader = { view: new DataView(bytes, start, size), offset: 0 }
      while (reader.offset < size - 1 && left > 0) {
        const { data_page_header: first, data_page_header_v2: second, ...page } = parquetHeader(reader)
        if (!(page.compressed_page_size >= 0)) throw new Error(`a page has ${page.compressed_page_size} bytes`)
        left -= first?.num_values ?? second?.num_values ?? 0
        reader.offset += page.compressed_page_size
      }
    } catch (error) {
      throw broken(`its pages cannot be read: ${(error as Error).message}`)
    }
    if (left !== 0) throw broken(`the pages of a column have other values than it announces`)
  }
}

function elementsOf({ element, children }: SchemaTree): SchemaElement[] {
  return [element, ...children.flatMap(elementsOf)]
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
