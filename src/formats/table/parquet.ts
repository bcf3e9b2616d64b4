import type { SchemaElement, SchemaTree } from 'hyparquet'
import { parquetSchema } from 'hyparquet'
import { DEFAULT_PARSERS } from 'hyparquet/src/convert.js'
import { decimals } from './decimal.ts'
import { TableError } from './errors.ts'
import type { Metadata, RowGroup } from './parquet-metadata.ts'
import { metadataBytes, readMetadata } from './parquet-metadata.ts'
import { pagesOf } from './parquet-pages.ts'
import { cellsOf, listsOf } from './parquet-rows.ts'
import type { Leaf, TakeBytes } from './parquet-values.ts'
import type { Cells, Source, SourceColumn } from './source.ts'

/** The bytes that reading the metadata takes, with what it has of so many columns. @throws TableError */
export function parquetBytes(bytes: ArrayBuffer, columns: number): number {
  return orBroken(() => metadataBytes(bytes, columns))
}

/** Opens a Parquet file. @param used the columns that are read @throws TableError */
export function openParquet(bytes: ArrayBuffer, used: readonly string[]): Source {
  const metadata = orBroken(() => readMetadata(bytes, used))
  const { rows, groups, schema } = metadata
  const inGroups = groups.reduce((sum, group) => sum + group.rows, 0)
  if (inGroups !== rows) throw broken(`it announces ${rows} rows, and its row groups have ${inGroups}`)
  const tree = orBroken(() => treeOf(schema))
  const roots = new Map(tree.children.map((child) => [child.element.name, child]))
  const sumOf = (names: readonly string[], key: 'values' | 'unpacked' | 'size') =>
    names.reduce((all, name) => groups.reduce((sum, { chunks }) => sum + (chunks.get(name)?.[key] ?? 0), all), 0)
  if (sumOf(used, 'size') > bytes.byteLength) throw broken('its columns have more bytes than it has')
  const take = limited(sumOf(used, 'unpacked'))
  return {
    rows,
    names: tree.children.map(({ element }) => element.name),
    bytesOf: (names) => sumOf(names, 'unpacked'),
    valuesOf: (names) => sumOf(names, 'values'),
    column: (name) => columnOf(roots.get(name) as SchemaTree, groups, bytes, take),
  }
}

/** Takes no more in all than the file has announced. */
function limited(most: number): TakeBytes {
  // the sizes of pages count their headers or not
  let left = 2 * most + 2 ** 16
  return (bytes) => {
    left -= bytes
    if (!(bytes >= 0) || left < 0) throw broken('its pages are larger than it announces')
  }
}

const deepestSchema = 32

/** The tree of the schema, which is a list of nodes and how many children they have. @throws RangeError */
function treeOf(schema: Metadata['schema']): SchemaTree {
  const open: number[] = []
  for (const { num_children: children = 0 } of schema) {
    open.push(children)
    while (open.at(-1) === 0) {
      open.pop()
      if (open.length > 0) open[open.length - 1]--
    }
    if (open.length > deepestSchema) throw new RangeError('its schema is too deep')
  }
  if (schema.length === 0 || open.length > 0) throw new RangeError('its schema is not whole')
  return parquetSchema({ schema: [...schema] })
}

function columnOf(root: SchemaTree, groups: readonly RowGroup[], bytes: ArrayBuffer, take: TakeBytes): SourceColumn {
  const { name } = root.element
  const path = pathOf(root)
  const { element } = path[path.length - 1]
  const type = typeOf(element)
  const scale = scaleOf(element)
  const most = (isDeep: (type: SchemaElement['repetition_type']) => boolean) =>
    path.filter(({ element }) => isDeep(element.repetition_type)).length
  const leaf: Leaf = {
    decoder: decoderOf(element, scale !== undefined),
    mostDefined: most((repetition) => repetition !== 'REQUIRED'),
    mostRepeated: most((repetition) => repetition === 'REPEATED'),
  }
  const isList = leaf.mostRepeated > 0
  const isTime = type === 'timestamp' || type.startsWith('timestamp_') || type === 'int96'
  return {
    type: isList ? `list of ${type}` : type,
    isOther: isTime || /^(?:date|time|interval)/.test(type),
    ...(isTime && { toTime: (cell: unknown) => (cell instanceof Date ? cell.getTime() : undefined) }),
    ...(scale !== undefined && { toNumber: exactly(decimals(scale)) }),
    read: async function* read() {
      for (const group of groups) yield* readGroup(group)
    },
  }

  function* readGroup({ rows, chunks }: RowGroup): Generator<Cells> {
    const chunk = chunks.get(name)
    let found = 0
    try {
      const pages = chunk === undefined ? [] : pagesOf(chunk, leaf, bytes, take)
      for (const cells of isList ? listsOf(pages, path, leaf) : cellsOf(pages, leaf)) {
        found += cells.length
        yield cells
      }
    } catch (error) {
      if (error instanceof TableError) throw error
      throw broken(`column "${name}" cannot be read: ${(error as Error).message}`)
    }
    if (found !== rows) throw broken(`column "${name}" has ${found} values in a row group of ${rows}`)
  }
}

/** From a column to its only leaf: a value, or a list of values. @throws TableError if it is anything else */
function pathOf(root: SchemaTree): SchemaTree[] {
  const path = [root]
  for (let at = root; at.children.length === 1; path.push(at)) at = at.children[0]
  const isLeaf = path.at(-1)?.children.length === 0
  const repeated = path.map(({ element }) => element.repetition_type === 'REPEATED')
  const isList = isMarkedList(root.element) && path.length <= 3 && repeated.indexOf(true) === 1 && repeated[2] !== true
  if (isLeaf && (path.length === 1 || isList)) return path
  const { name } = root.element
  const detail = `column "${name}" of the table is a structure of several columns; a column must hold numbers, texts, times or lists of numbers`
  throw new TableError(['table'], detail, 'a structure', 'unsupported')
}

function isMarkedList({ converted_type: converted, logical_type: logical }: SchemaElement): boolean {
  return converted === 'LIST' || logical?.type === 'LIST'
}

function decoderOf({ logical_type: logical, ...element }: SchemaElement, isDecimal: boolean): Leaf['decoder'] {
  const { converted_type: _, ...plain } = element
  const named = logical === undefined ? element : { ...element, logical_type: logical }
  const required: SchemaElement = { ...(isDecimal ? plain : named), repetition_type: 'REQUIRED' }
  const leaf = { element: required, children: [], count: 1, path: [element.name] }
  return {
    pathInSchema: leaf.path,
    type: element.type ?? 'BYTE_ARRAY',
    element: required,
    schemaPath: [{ element: { name: 'root' }, children: [leaf], count: 2, path: [] }, leaf],
    codec: 'UNCOMPRESSED',
    parsers,
    // decimals stay as they are in the file
    utf8: !isDecimal,
  }
}

/** Values that are not texts, numbers or times stay as they are. */
const parsers = {
  ...DEFAULT_PARSERS,
  jsonFromBytes: DEFAULT_PARSERS.stringFromBytes,
  geometryFromBytes: (bytes: Uint8Array | undefined) => bytes,
  geographyFromBytes: (bytes: Uint8Array | undefined) => bytes,
}

function scaleOf({ scale, converted_type: converted, logical_type: logical }: SchemaElement): number | undefined {
  if (logical?.type === 'DECIMAL') return logical.scale
  return converted === 'DECIMAL' ? (scale ?? 0) : undefined
}

/** A decimal comes as an integer, or as the bytes of one in two's complement, the highest first. */
function exactly(decimal: (unscaled: bigint) => number | undefined): (cell: unknown) => number | undefined {
  return (cell) => {
    if (typeof cell === 'number' || typeof cell === 'bigint') return decimal(BigInt(cell))
    if (!(cell instanceof Uint8Array)) return undefined
    const digits = Buffer.from(cell.buffer, cell.byteOffset, cell.length).toString('hex')
    return decimal(BigInt.asIntN(8 * cell.length, BigInt(`0x0${digits}`)))
  }
}

function typeOf({ type, logical_type: logical, converted_type: converted }: SchemaElement): string {
  return String(logical?.type ?? converted ?? type ?? 'nothing').toLowerCase()
}

function orBroken<Value>(read: () => Value): Value {
  try {
    return read()
  } catch (error) {
    throw broken((error as Error).message)
  }
}

function broken(why: string): TableError {
  return new TableError(
    ['table'],
    `the table is not a Parquet file that can be read: ${why}.`,
    'other bytes',
    'malformed',
  )
}
