// Arrow streams as no program writes them.
import { Field } from 'apache-arrow/fb/field'
import { Footer } from 'apache-arrow/fb/footer'
import { KeyValue } from 'apache-arrow/fb/key-value'
import { List } from 'apache-arrow/fb/list'
import { Message } from 'apache-arrow/fb/message'
import { MessageHeader } from 'apache-arrow/fb/message-header'
import { MetadataVersion } from 'apache-arrow/fb/metadata-version'
import { RecordBatch } from 'apache-arrow/fb/record-batch'
import { Schema } from 'apache-arrow/fb/schema'
import { Type } from 'apache-arrow/fb/type'
import { Builder, ByteBuffer } from 'flatbuffers'

/** A stream of a schema only, whose column is a list of lists, `depth` deep, each twice in the one above it. */
export function nestedTwice(depth: number): Buffer {
  const builder = new Builder(1024)
  const name = builder.createString('a')
  let field = 0
  for (let level = 0; level <= depth; level++) {
    const children = Field.createChildrenVector(builder, level === 0 ? [] : [field, field])
    List.startList(builder)
    const type = List.endList(builder)
    Field.startField(builder)
    Field.addName(builder, name)
    Field.addTypeType(builder, Type.List)
    Field.addType(builder, type)
    Field.addChildren(builder, children)
    field = Field.endField(builder)
  }
  return schemaStream(builder, field)
}

/** A stream of a schema only, which has one text `times` times. */
export function describedOften(times: number, length: number): Buffer {
  const builder = new Builder(1024)
  const text = builder.createString('x'.repeat(length))
  KeyValue.startKeyValue(builder)
  KeyValue.addKey(builder, text)
  KeyValue.addValue(builder, text)
  const entry = KeyValue.endKeyValue(builder)
  const metadata = Schema.createCustomMetadataVector(
    builder,
    Array.from({ length: times }, () => entry),
  )
  const name = builder.createString('a')
  Field.startField(builder)
  Field.addName(builder, name)
  return schemaStream(builder, Field.endField(builder), metadata)
}

function schemaStream(builder: Builder, field: number, metadata?: number): Buffer {
  const fields = Schema.createFieldsVector(builder, [field])
  Schema.startSchema(builder)
  Schema.addFields(builder, fields)
  if (metadata !== undefined) Schema.addCustomMetadata(builder, metadata)
  const schema = Schema.endSchema(builder)
  Message.startMessage(builder)
  Message.addVersion(builder, MetadataVersion.V5)
  Message.addHeaderType(builder, MessageHeader.Schema)
  Message.addHeader(builder, schema)
  builder.finish(Message.endMessage(builder))
  const message = Buffer.from(builder.asUint8Array())
  const size = Math.ceil(message.length / 8) * 8
  const head = Buffer.alloc(8)
  head.writeInt32LE(-1)
  head.writeInt32LE(size, 4)
  const end = Buffer.alloc(8)
  end.writeInt32LE(-1)
  return Buffer.concat([head, message, Buffer.alloc(size - message.length), end])
}

/** Places of vectors in the tables of FlatBuffers, as the schemas of Arrow number them. */
const places = { schema: 6, nodes: 6, buffers: 8, batches: 10 }

/** A table that says of a vector of its first batch, or of its footer, that it has another number of entries. */
export function overstated(file: Uint8Array, vector: 'nodes' | 'buffers' | 'batches', entries = 2 ** 24): Buffer {
  const bytes = Buffer.from(file)
  const buffer = vector === 'batches' ? footerOf(bytes) : batchOf(bytes)
  const { bb, bb_pos: at } = buffer
  if (bb === null) throw new Error('it is not read')
  bb.writeInt32(bb.__vector(at + bb.__offset(at, places[vector])) - 4, entries)
  return bytes
}

function footerOf(bytes: Buffer): Footer {
  const end = bytes.length - 10
  return Footer.getRootAsFooter(new ByteBuffer(bytes.subarray(end - bytes.readInt32LE(end), end)))
}

/** The first batch of a stream, which a file begins with, too, after its 8 first bytes. */
function batchOf(bytes: Buffer): RecordBatch {
  let at = bytes.toString('latin1', 0, 6) === 'ARROW1' ? 8 : 0
  for (;;) {
    const begin = at + 8
    const end = begin + bytes.readInt32LE(at + 4)
    const message = Message.getRootAsMessage(new ByteBuffer(bytes.subarray(begin, end)))
    if (message.headerType() === MessageHeader.RecordBatch) return message.header(new RecordBatch()) as RecordBatch
    at = end + Number(message.bodyLength())
  }
}

/** A file of pyarrow whose first batch is said to be where its schema is. */
export function pointingAtSchema(file: Uint8Array): Buffer {
  const bytes = Buffer.from(file)
  const block = footerOf(bytes).recordBatches(0)
  // the schema follows the 8 first bytes
  block?.bb?.writeInt64(block.bb_pos, 8n)
  return bytes
}

/** A file whose footer has no schema. */
export function withoutSchema(file: Uint8Array): Buffer {
  const bytes = Buffer.from(file)
  const { bb, bb_pos: at } = footerOf(bytes)
  bb?.writeInt16(at - bb.readInt32(at) + places.schema, 0)
  return bytes
}

/** A table whose first column has other rows in the first batch than the batch. */
export function withOtherRows(file: Uint8Array): Buffer {
  const bytes = Buffer.from(file)
  const node = batchOf(bytes).nodes(0)
  node?.bb?.writeInt64(node.bb_pos, 2n)
  return bytes
}
