import type { Field } from 'apache-arrow/fb/field'
import { Footer } from 'apache-arrow/fb/footer'
import { Message } from 'apache-arrow/fb/message'
import { MessageHeader } from 'apache-arrow/fb/message-header'
import { Schema } from 'apache-arrow/fb/schema'
import { ByteBuffer } from 'flatbuffers'

const magic = 'ARROW1'
/** The least that a field of its own takes. */
const bytesPerField = 8

/**
 * Counts the fields of all schemas of a file or stream, as they are decoded. A FlatBuffer may name one field in several places: a few
 * hundred bytes of such would be 2 ** 30 fields, or fields without end.
 *
 * @throws RangeError if there are more than its bytes can have
 */
export function checkFields(bytes: Uint8Array): void {
  let left = bytes.length / bytesPerField
  const countIn = (parent: Children): void => {
    for (let at = 0; at < parent.count; at++) {
      if (--left < 0) throw new RangeError('its schema has more fields than it has bytes for')
      const field = parent.field(at)
      if (field !== null) countIn(childrenOf(field))
    }
  }
  for (const schema of schemasIn(bytes)) countIn({ count: schema.fieldsLength(), field: (at) => schema.fields(at) })
}

interface Children {
  readonly count: number
  field(at: number): Field | null
}

function childrenOf(field: Field): Children {
  return { count: field.childrenLength(), field: (at) => field.children(at) }
}

function* schemasIn(bytes: Uint8Array): Generator<Schema> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const isFile = Buffer.from(bytes.subarray(0, magic.length)).toString('latin1') === magic
  if (isFile) {
    const end = bytes.length - magic.length - 4
    const size = view.getInt32(end, true)
    const schema = Footer.getRootAsFooter(new ByteBuffer(bytes.subarray(end - size, end))).schema()
    if (schema !== null) yield schema
    return
  }
  for (let at = 0; at + 8 <= bytes.length; ) {
    // before version 0.15 there was no mark before the size
    if (view.getInt32(at, true) === -1) at += 4
    const size = view.getInt32(at, true)
    at += 4
    if (size <= 0) return
    const message = Message.getRootAsMessage(new ByteBuffer(bytes.subarray(at, at + size)))
    if (message.headerType() === MessageHeader.Schema) {
      const schema: Schema | null = message.header(new Schema())
      if (schema !== null) yield schema
    }
    at += size + Math.max(0, Number(message.bodyLength()))
  }
}
