import { DictionaryBatch } from 'apache-arrow/fb/dictionary-batch'
import type { Field } from 'apache-arrow/fb/field'
import { Footer } from 'apache-arrow/fb/footer'
import { Message } from 'apache-arrow/fb/message'
import { MessageHeader } from 'apache-arrow/fb/message-header'
import { RecordBatch } from 'apache-arrow/fb/record-batch'
import { Schema } from 'apache-arrow/fb/schema'
import { ByteBuffer } from 'flatbuffers'

const magic = 'ARROW1'
/** The least that a field of its own takes. */
const bytesPerField = 8

/** What a node or a buffer of a batch takes in its message, and a batch in the footer of a file. */
const bytesPerBuffer = 16
const bytesPerBlock = 24

/**
 * Counts the fields of all schemas and the buffers of all batches of a file or stream, as they are decoded. A FlatBuffer may name one
 * field in several places: a few hundred bytes of such would be 2 ** 30 fields, or fields without end. The number of buffers may lie,
 * too: apache-arrow makes an object for each.
 *
 * @throws RangeError if there are more than its bytes can have
 */
export function checkCounts(bytes: Uint8Array): void {
  let left = bytes.length / bytesPerField
  const countIn = (parent: Children): void => {
    for (let at = 0; at < parent.count; at++) {
      if (--left < 0) throw new RangeError('its schema has more fields than it has bytes for')
      const field = parent.field(at)
      if (field !== null) countIn(childrenOf(field))
    }
  }
  let buffers = bytes.length / bytesPerBuffer
  for (const part of partsOf(bytes)) {
    if (part instanceof Schema) countIn({ count: part.fieldsLength(), field: (at) => part.fields(at) })
    else buffers -= part.nodesLength() + part.buffersLength() + part.variadicBufferCountsLength() / 2
    if (buffers < 0) throw new RangeError('its batches have more buffers than it has bytes for')
  }
}

interface Children {
  readonly count: number
  field(at: number): Field | null
}

function childrenOf(field: Field): Children {
  return { count: field.childrenLength(), field: (at) => field.children(at) }
}

/** The schemas, and the messages of batches and dictionaries. */
function* partsOf(bytes: Uint8Array): Generator<Schema | RecordBatch> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const isFile = Buffer.from(bytes.subarray(0, magic.length)).toString('latin1') === magic
  if (!isFile) {
    for (let at = 0; at + 8 <= bytes.length; ) {
      const { part, end, bodyLength } = messageAt(bytes, view, at)
      if (part !== null) yield part
      if (end === undefined) return
      at = end + bodyLength
    }
    return
  }
  const end = bytes.length - magic.length - 4
  const size = view.getInt32(end, true)
  const footer = Footer.getRootAsFooter(new ByteBuffer(bytes.subarray(end - size, end)))
  const schema = footer.schema()
  if (schema !== null) yield schema
  const batches = footer.recordBatchesLength()
  const all = batches + footer.dictionariesLength()
  if (all > bytes.length / bytesPerBlock) throw new RangeError('it has more batches than it has bytes for')
  for (let at = 0; at < all; at++) {
    const isBatch = at < batches
    const block = isBatch ? footer.recordBatches(at) : footer.dictionaries(at - batches)
    const { part, type } = messageAt(bytes, view, Number(block?.offset()))
    // apache-arrow would begin again at a schema, and for ever
    if (type !== (isBatch ? MessageHeader.RecordBatch : MessageHeader.DictionaryBatch))
      throw new RangeError('it has no batch where its footer says')
    if (part !== null) yield part
  }
}

interface Found {
  readonly part: Schema | RecordBatch | null
  readonly type: MessageHeader
  /** Where it ends; undefined for what ends a stream. */
  readonly end?: number
  readonly bodyLength: number
}

function messageAt(bytes: Uint8Array, view: DataView, start: number): Found {
  // before version 0.15 there was no mark before the size
  const at = view.getInt32(start, true) === -1 ? start + 4 : start
  const size = view.getInt32(at, true)
  if (size <= 0) return { part: null, type: MessageHeader.NONE, bodyLength: 0 }
  const end = at + 4 + size
  const message = Message.getRootAsMessage(new ByteBuffer(bytes.subarray(at + 4, end)))
  const bodyLength = Math.max(0, Number(message.bodyLength()))
  return { part: headerOf(message), type: message.headerType(), end, bodyLength }
}

function headerOf(message: Message): Schema | RecordBatch | null {
  switch (message.headerType()) {
    case MessageHeader.Schema:
      return message.header(new Schema())
    case MessageHeader.RecordBatch:
      return message.header(new RecordBatch())
    case MessageHeader.DictionaryBatch:
      return (message.header(new DictionaryBatch()) as DictionaryBatch | null)?.data() ?? null
    default:
      return null
  }
}
