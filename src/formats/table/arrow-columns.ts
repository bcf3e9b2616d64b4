import { zstdDecompressSync } from 'node:zlib'
import type { Data, Dictionary, Field } from 'apache-arrow'
import { CompressionType, DataType, Schema, Vector } from 'apache-arrow'
import type { FieldNode } from 'apache-arrow/ipc/metadata/message'
import { RecordBatch } from 'apache-arrow/ipc/metadata/message'
import { VectorLoader } from 'apache-arrow/visitor/vectorloader'
import type { Part } from './arrow-messages.ts'
import { partsOf } from './arrow-messages.ts'
import { decompressLz4 } from './lz4.ts'
import { viewOf } from './view.ts'

export interface ArrowColumns {
  readonly rows: number
  readonly fields: readonly Field[]
  /** The data of those that were asked for, batch by batch, by their names. */
  readonly data: ReadonlyMap<string, readonly Data[]>
}

const none = new Uint8Array(0)
/** Before each buffer of a compressed batch lies its length when it is decompressed, or -1 if it is not compressed. */
const lengthBytes = 8

/**
 * Reads columns of an Arrow IPC file or stream. The buffers of others are not decompressed.
 *
 * @param most bytes that compressed buffers may have together
 * @throws Error
 */
export function readColumns(bytes: Uint8Array, asked: ReadonlySet<string>, most: number): ArrowColumns {
  const decompress = decompressor(most)
  const data = new Map<string, Data[]>()
  const dictionaries = new Dictionaries()
  const ids = new Set<number>()
  let schema = new Schema()
  let rows = 0
  for (const part of partsOf(bytes)) {
    if (part.schema !== undefined) {
      schema = Schema.decode(part.schema, new Map(), part.version)
      for (const { name, type } of schema.fields) if (asked.has(name)) dictionariesOf(type, ids)
    }
    if (part.batch === undefined) continue
    const batch = RecordBatch.decode(part.batch, part.version)
    const loader = new ColumnLoader(part, batch, dictionaries, decompress)
    if (part.dictionary !== undefined) {
      const id = Number(part.dictionary.id())
      const type = schema.dictionaries.get(id)
      if (type === undefined || !ids.has(id)) continue
      dictionaries.add(id, loader.load(type, true), part.dictionary.isDelta())
      continue
    }
    rows += batch.length
    for (const { name, type } of schema.fields) {
      const isAsked = asked.has(name)
      const column = loader.load(type, isAsked)
      if (!isAsked) continue
      if (column.length !== batch.length) throw new RangeError(`column "${name}" has not the rows of its batch`)
      const batches = data.get(name)
      if (batches === undefined) data.set(name, [column])
      else batches.push(column)
    }
  }
  dictionaries.complete()
  return { rows, fields: schema.fields, data }
}

/**
 * The parts of dictionaries as they come, and the columns that came with them. A part is added to those before it, so a column may be
 * read with later ones, too: to put them together for each batch would cost the square of their number.
 */
class Dictionaries {
  readonly #last = new Map<number, { readonly parts: Data[]; readonly columns: Data[] }>()
  readonly #completions: (() => void)[] = []

  add(id: number, part: Data, isDelta: boolean): void {
    const known = this.#last.get(id)
    if (isDelta && known !== undefined) {
      known.parts.push(part)
      return
    }
    const [parts, columns]: [Data[], Data[]] = [[part], []]
    this.#last.set(id, { parts, columns })
    this.#completions.push(() => {
      const values = new Vector(parts)
      // of a dictionary of dictionaries, memoize() takes the first part's dictionary for all
      const vector = DataType.isDictionary(values.type) ? values : values.memoize()
      for (const column of columns) column.dictionary = vector
    })
  }

  use(id: number, column: Data): void {
    this.#last.get(id)?.columns.push(column)
  }

  complete(): void {
    for (const completion of this.#completions) completion()
  }
}

/** The dictionaries that a column of a type needs, in lists and in other dictionaries, too. */
function dictionariesOf(type: DataType, ids: Set<number>): void {
  if (DataType.isDictionary(type)) {
    ids.add(type.id)
    dictionariesOf(type.dictionary, ids)
  }
  for (const { type: child } of type.children ?? []) dictionariesOf(child, ids)
}

/** Takes the buffers of a batch one after the other, as the types of its columns need them. */
class ColumnLoader extends VectorLoader {
  readonly #decompress: ((buffer: Uint8Array) => Uint8Array) | undefined
  readonly #dictionaries: Dictionaries
  #isAsked = false

  constructor(
    { body, version }: Part,
    { nodes, buffers, variadicBufferCounts, compression }: RecordBatch,
    dictionaries: Dictionaries,
    decompress: Decompressor,
  ) {
    // typed arrays of doubles begin at multiples of 8
    const aligned = body.byteOffset % 8 === 0 ? body : body.slice()
    super(aligned, nodes, buffers, new Map(), version, variadicBufferCounts)
    this.#dictionaries = dictionaries
    this.#decompress = compression === null ? undefined : (buffer) => decompress(buffer, compression.type)
  }

  load(type: DataType, isAsked: boolean): Data {
    this.#isAsked = isAsked
    return this.visit(type)
  }

  override visitDictionary<T extends Dictionary>(type: T): Data<T> {
    const column = super.visitDictionary(type)
    if (this.#isAsked) this.#dictionaries.use(type.id, column)
    return column
  }

  protected override nextFieldNode(): FieldNode {
    const node = super.nextFieldNode()
    if (node === undefined) throw new RangeError('it has a batch that lacks columns')
    return node
  }

  protected override readData<T extends DataType>(type: T, range = this.nextBufferRange()): Uint8Array {
    if (range === undefined) throw new RangeError('it has a batch that lacks buffers')
    if (!this.#isAsked || range.length === 0) return none
    const buffer = super.readData(type, range)
    return this.#decompress === undefined ? buffer : this.#decompress(buffer)
  }
}

type Decompressor = (buffer: Uint8Array, type: CompressionType) => Uint8Array

function decompressor(most: number): Decompressor {
  let left = most
  return (buffer, type) => {
    const content = buffer.subarray(lengthBytes)
    const length = viewOf(buffer).getBigInt64(0, true)
    if (length === -1n) return content
    const output =
      type === CompressionType.ZSTD
        ? new Uint8Array(zstdDecompressSync(content, { maxOutputLength: Math.max(1, left) }))
        : decompressLz4(content, left)
    left -= output.length
    return output
  }
}
