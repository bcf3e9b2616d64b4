import { DictionaryBatch } from 'apache-arrow/fb/dictionary-batch'
import type { Field } from 'apache-arrow/fb/field'
import { Footer } from 'apache-arrow/fb/footer'
import { Message } from 'apache-arrow/fb/message'
import { MessageHeader } from 'apache-arrow/fb/message-header'
import type { MetadataVersion } from 'apache-arrow/fb/metadata-version'
import { RecordBatch } from 'apache-arrow/fb/record-batch'
import { Schema } from 'apache-arrow/fb/schema'
import { ByteBuffer, Encoding } from 'flatbuffers'
import { viewOf } from './view.ts'

const magic = 'ARROW1'
/** The least that a field of its own takes. */
const bytesPerField = 8
/** What a node or a buffer of a batch takes in its message, and a batch in the footer of a file. */
const bytesPerBuffer = 16
const bytesPerBlock = 24
/** How many times its own length the texts of a schema may have, which a writer may share. */
const mostShared = 16

/** The schema, or a batch of rows or of a dictionary, as it lies in a file or stream. */
export interface Part {
  readonly schema?: Schema
  readonly batch?: RecordBatch
  /** Of which the batch is a part. */
  readonly dictionary?: DictionaryBatch
  readonly version: MetadataVersion
  /** Of its buffers; empty for a schema. */
  readonly body: Uint8Array
}

/**
 * The schema of a file or stream, and then its batches, in order; in a file those of dictionaries first. A FlatBuffer may name one field
 * in several places: a few hundred bytes of such would be 2 ** 30 fields, or fields without end. Its numbers of buffers, of batches and
 * of metadata may lie, too.
 *
 * @throws RangeError if there is more than its bytes can have
 */
export function* partsOf(bytes: Uint8Array): Generator<Part> {
  const isFile = Buffer.from(bytes.subarray(0, magic.length)).toString('latin1') === magic
  let buffers = bytes.length / bytesPerBuffer
  let hasSchema = false
  for (const part of isFile ? inFile(bytes) : inStream(bytes)) {
    const { schema, batch } = part
    if (schema !== undefined) {
      if (hasSchema) throw new RangeError('it has several schemas')
      hasSchema = true
      new SchemaCheck(bytes.length).check(schema)
    }
    if (batch !== undefined) {
      if (!hasSchema) throw new RangeError('it has no schema before its batches')
      buffers -= batch.nodesLength() + batch.buffersLength() + batch.variadicBufferCountsLength() / 2
      if (buffers < 0) throw new RangeError('its batches have more buffers than it has bytes for')
    }
    yield part
  }
  if (!hasSchema) throw new RangeError('it has no schema')
}

interface Described {
  customMetadataLength(): number
  customMetadata(at: number): { key(as: Encoding): unknown; value(as: Encoding): unknown } | null
}

class SchemaCheck {
  #fields: number
  #texts: number

  constructor(bytes: number) {
    this.#fields = bytes / bytesPerField
    this.#texts = mostShared * bytes
  }

  check(schema: Schema): void {
    this.#describe(schema)
    this.#fieldsOf(schema.fieldsLength(), (at) => schema.fields(at))
  }

  #fieldsOf(count: number, fieldAt: (at: number) => Field | null): void {
    this.#count(count)
    for (let at = 0; at < count; at++) {
      const field = fieldAt(at)
      if (field === null) continue
      this.#read(field.name(Encoding.UTF8_BYTES))
      this.#describe(field)
      this.#fieldsOf(field.childrenLength(), (at) => field.children(at))
    }
  }

  #describe(described: Described): void {
    const count = described.customMetadataLength()
    this.#count(count)
    for (let at = 0; at < count; at++) {
      const entry = described.customMetadata(at)
      this.#read(entry?.key(Encoding.UTF8_BYTES))
      this.#read(entry?.value(Encoding.UTF8_BYTES))
    }
  }

  #count(fields: number): void {
    this.#fields -= fields
    if (this.#fields < 0) throw new RangeError('its schema has more fields than it has bytes for')
  }

  #read(text: unknown): void {
    if (text instanceof Uint8Array) this.#texts -= text.length
    if (this.#texts < 0) throw new RangeError('its schema has more texts than it has bytes for')
  }
}

function* inStream(bytes: Uint8Array): Generator<Part> {
  for (let at = 0; at + 8 <= bytes.length; ) {
    const found = messageAt(bytes, at)
    if (found === undefined) return
    yield found.part
    at = found.end
  }
}

function* inFile(bytes: Uint8Array): Generator<Part> {
  const end = bytes.length - magic.length - 4
  const size = viewOf(bytes).getInt32(end, true)
  if (size <= 0 || size > end) throw cut()
  const footer = Footer.getRootAsFooter(new ByteBuffer(bytes.subarray(end - size, end)))
  const schema = footer.schema()
  if (schema === null) throw new RangeError('it has no schema')
  yield { schema, version: footer.version(), body: bytes.subarray(0, 0) }
  const dictionaries = footer.dictionariesLength()
  const all = dictionaries + footer.recordBatchesLength()
  if (all > bytes.length / bytesPerBlock) throw new RangeError('it has more batches than it has bytes for')
  for (let at = 0; at < all; at++) {
    const isBatch = at >= dictionaries
    const block = isBatch ? footer.recordBatches(at - dictionaries) : footer.dictionaries(at)
    const part = messageAt(bytes, Number(block?.offset()))?.part
    if (part?.batch === undefined || isBatch !== (part.dictionary === undefined))
      throw new RangeError('it has no batch where its footer says')
    yield part
  }
}

/** The message that begins at a place, and where its body ends; undefined for what ends a stream. */
function messageAt(bytes: Uint8Array, start: number): { readonly part: Part; readonly end: number } | undefined {
  const view = viewOf(bytes)
  // before version 0.15 there was no mark before the size
  const at = view.getInt32(start, true) === -1 ? start + 4 : start
  const size = view.getInt32(at, true)
  if (size <= 0) return undefined
  const begin = at + 4 + size
  if (begin > bytes.length) throw cut()
  const message = Message.getRootAsMessage(new ByteBuffer(bytes.subarray(at + 4, begin)))
  const end = begin + Math.max(0, Number(message.bodyLength()))
  if (end > bytes.length) throw cut()
  return { part: { ...headerOf(message), version: message.version(), body: bytes.subarray(begin, end) }, end }
}

function headerOf(message: Message): Pick<Part, 'schema' | 'batch' | 'dictionary'> {
  switch (message.headerType()) {
    case MessageHeader.Schema:
      return { schema: message.header(new Schema()) as Schema }
    case MessageHeader.RecordBatch:
      return { batch: message.header(new RecordBatch()) as RecordBatch }
    case MessageHeader.DictionaryBatch: {
      const dictionary = message.header(new DictionaryBatch()) as DictionaryBatch
      const batch = dictionary.data()
      return batch === null ? {} : { dictionary, batch }
    }
    default:
      return {}
  }
}

function cut(): RangeError {
  return new RangeError('it is cut off')
}
