import { readFileSync } from 'node:fs'
import {
  Dictionary,
  Field,
  Float64,
  Int32,
  makeData,
  RecordBatch,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  tableFromArrays,
  tableToIPC,
  Vector,
} from 'apache-arrow'
import { test } from 'tap'
import { processorTime } from '../turns.ts'
import { describedOften, overstated, withOtherRows, withoutSchema } from './arrow-file.ts'
import { ampleLimits, readHere } from './read-here.ts'

function fixture(name: string): Buffer {
  return readFileSync(new URL(`../fixtures/tables/${name}`, import.meta.url))
}

async function read(table: Uint8Array, maxBodyBytes = ampleLimits.maxBodyBytes): Promise<unknown> {
  try {
    const limits = { ...ampleLimits, maxBodyBytes }
    const { tensors } = await readHere(table, 'arrow', { predictions: 'p0' }, { limits })
    return tensors.predictions?.shape
  } catch (error) {
    return (error as Error).message
  }
}

test('an Arrow file or stream that does not have the parts of one is refused', async (t) => {
  const file = fixture('pyarrow-file.arrow')
  const stream = fixture('pyarrow-stream.arrow')
  const behindSchema = 8 + stream.readInt32LE(4)
  const longFooter = Buffer.from(file)
  longFooter.writeInt32LE(2 ** 30, file.length - 10)
  const longMessage = Buffer.from(stream)
  longMessage.writeInt32LE(2 ** 30, 4)
  const lies: Record<string, [Uint8Array, string]> = {
    nothing: [Buffer.alloc(8), 'it has no schema'],
    'a file without a schema': [withoutSchema(file), 'it has no schema'],
    'batches only': [stream.subarray(behindSchema), 'it has no schema before its batches'],
    'two schemas': [Buffer.concat([stream.subarray(0, behindSchema), stream]), 'it has several schemas'],
    'a footer larger than the file': [longFooter, 'it is cut off'],
    'a message larger than the stream': [longMessage, 'it is cut off'],
    'a body that is cut': [stream.subarray(0, -100), 'it is cut off'],
    'no columns in a batch': [overstated(stream, 'nodes', 0), 'it has a batch that lacks columns'],
    'no buffers in a batch': [overstated(stream, 'buffers', 0), 'it has a batch that lacks buffers'],
    'a column of two rows': [withOtherRows(stream), 'column "p0" has not the rows of its batch'],
    'a text a thousand times': [describedOften(1000, 10_000), 'its schema has more texts than it has bytes for'],
  }
  for (const [name, [bytes, detail]] of Object.entries(lies)) t.match(await read(bytes), detail, name)
})

test('buffers of columns that nobody asked for are not decompressed', async (t) => {
  for (const name of ['feather-lz4.arrow', 'feather-zstd.arrow']) {
    const whole = fixture(name)
    const shape = await read(whole)
    t.match(shape, [Number], name)
    const [rows] = shape as [number]
    // its numbers, and a bit for each that may be null, but not the other columns
    t.strictSame(await read(whole, 8 * rows + Math.ceil(rows / 8)), shape, name)
    t.match(await read(whole, 7 * rows), 'is not an Arrow file', name)
  }
})

test('numbers of several columns lie side by side, row by row, whatever their types, over batches of any length', async (t) => {
  const batches = [300, 1, 128].map((length, at) => {
    const numbers = Array.from({ length }, (_, row) => 1000 * at + row)
    return tableFromArrays({
      a: Float64Array.from(numbers, (number) => number + 1 / 3),
      b: Float32Array.from(numbers),
      c: BigInt64Array.from(numbers, (number) => -BigInt(number)),
      d: Int16Array.from(numbers, (number) => 2 * number),
    })
  })
  const [first, ...others] = batches
  const table = tableToIPC(first.concat(...others))
  const { tensors } = await readHere(table, 'arrow', { predictions: ['a', 'b', 'c', 'd'] })
  const rows = batches.flatMap(({ numRows }, at) => Array.from({ length: numRows }, (_, row) => 1000 * at + row))
  t.strictSame(tensors.predictions, {
    data: Float64Array.from(rows.flatMap((number) => [number + 1 / 3, number, -number || 0, 2 * number])),
    shape: [429, 4],
  })
})

/** A stream of batches of two rows, each after a part of its dictionary: of the one before, or, now and then, of another one. */
function dictionaryStream(batches: number, newEvery: number): { table: Uint8Array; values: Float64Array } {
  const type = new Dictionary(new Float64(), new Int32(), 0)
  const schema = new Schema([new Field('p0', type)])
  const writer = new RecordBatchStreamWriter()
  writer.reset(undefined, schema)
  const values = new Float64Array(2 * batches)
  let parts: Vector<Float64>['data'][number][] = []
  for (let at = 0; at < batches; at++) {
    if (at % newEvery === 0) parts = []
    parts.push(makeData({ type: new Float64(), data: Float64Array.of(at + 0.5) }))
    const indices = Int32Array.of(parts.length - 1, 0)
    values.set([at + 0.5, at - (at % newEvery) + 0.5], 2 * at)
    const column = makeData({ type, data: indices, dictionary: new Vector(parts) })
    const data = makeData({ type: new Struct(schema.fields), length: 2, children: [column] })
    writer.write(new RecordBatch(schema, data))
  }
  writer.finish()
  return { table: writer.toUint8Array(true), values }
}

test('a dictionary that comes in parts between the batches has all of them, and another one takes its place', async (t) => {
  for (const newEvery of [1, 7, 100]) {
    const { table, values } = dictionaryStream(100, newEvery)
    const { tensors } = await readHere(table, 'arrow', { predictions: 'p0' })
    t.strictSame(tensors.predictions, { data: values, shape: [200] }, `a new one after ${newEvery}`)
  }
})

test('dictionaries in parts are read in a time that grows with their number', async (t) => {
  const { table, values } = dictionaryStream(3000, 3000)
  let data: unknown
  const milliseconds = await processorTime(async () => {
    data = (await readHere(table, 'arrow', { predictions: 'p0' })).tensors.predictions?.data
  })
  t.strictSame(data, values)
  t.ok(milliseconds < 500, `${milliseconds} ms`)
})
