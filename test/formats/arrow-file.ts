// Arrow streams as no program writes them.
import { Field } from 'apache-arrow/fb/field'
import { List } from 'apache-arrow/fb/list'
import { Message } from 'apache-arrow/fb/message'
import { MessageHeader } from 'apache-arrow/fb/message-header'
import { MetadataVersion } from 'apache-arrow/fb/metadata-version'
import { Schema } from 'apache-arrow/fb/schema'
import { Type } from 'apache-arrow/fb/type'
import { Builder } from 'flatbuffers'

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
  const fields = Schema.createFieldsVector(builder, [field])
  Schema.startSchema(builder)
  Schema.addFields(builder, fields)
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
