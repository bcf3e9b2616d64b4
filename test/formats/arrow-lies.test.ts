import { readFile as readFromDisk } from 'node:fs/promises'
import type { Data } from 'apache-arrow'
import {
  Bool,
  Field,
  FixedSizeList,
  Float64,
  Int32,
  List,
  makeData,
  Table,
  TimestampMillisecond,
  tableToIPC,
  Utf8,
  Vector,
} from 'apache-arrow'
import { test } from 'tap'
import { TableError } from '../../src/formats/table/errors.ts'
import { overstated, pointingAtSchema } from './arrow-file.ts'
import { readHere } from './read-here.ts'

const limits = { maxRows: 1e6, maxElements: 1e6, maxColumns: 1000, maxBodyBytes: 2 ** 26, maxJoinRows: 1e6 }
const element = new Field('x', new Float64(), true)

function floats(length: number): Data<Float64> {
  return makeData({ type: new Float64(), length, data: new Float64Array(length) })
}

function lists(...offsets: number[]): Data {
  const valueOffsets = Int32Array.from(offsets)
  return makeData({ type: new List(element), length: offsets.length - 1, valueOffsets, child: floats(6) })
}

function read(data: Data): Promise<unknown> {
  return readFile(tableToIPC(new Table({ a: new Vector([data]) })))
}

async function readFile(file: Uint8Array): Promise<unknown> {
  try {
    return (await readHere(file, 'arrow', { predictions: 'a' }, { limits })).tensors.predictions?.shape
  } catch (error) {
    if (error instanceof TableError) return error.fault.detail
    throw error
  }
}

test('an Arrow table whose buffers do not have what it announces is refused', async (t) => {
  t.strictSame(await read(lists(0, 2, 4, 6)), [3, 2])
  const fixed = (length: number): Data => makeData({ type: new FixedSizeList(3, element), length, child: floats(6) })
  t.strictSame(await read(fixed(2)), [2, 3])
  const lies: Record<string, Data> = {
    'the same list for many rows': lists(0, 6, 0, 6, 0, 6),
    'lists beyond their elements': lists(0, 6, 12),
    'lists before their elements': lists(-6, 0, 6),
    'a fixed list too many': fixed(3),
    'booleans, which would be false': makeData({ type: new Bool(), length: 1000, data: new Uint8Array(1) }),
    'integers, which would be null': makeData({
      type: new Int32(),
      length: 100,
      data: new Int32Array(10),
      nullBitmap: new Uint8Array(16).fill(255).fill(0, 0, 1),
      nullCount: 8,
    }),
    'nulls without a place': makeData({
      type: new Int32(),
      length: 1000,
      data: new Int32Array(1000),
      nullBitmap: new Uint8Array(1),
      nullCount: 8,
    }),
    'texts beyond their characters': makeData({
      type: new Utf8(),
      length: 2,
      valueOffsets: Int32Array.of(0, 4, 1000),
      data: Buffer.from('abcd'),
    }),
  }
  for (const [name, data] of Object.entries(lies)) {
    t.match(await read(data), 'does not have the values that it announces', name)
  }
})

test('an Arrow table that announces more buffers than it has bytes for is refused before they are counted up', async (t) => {
  const table = new Table({ a: new Vector([floats(3)]) })
  for (const kind of ['file', 'stream'] as const) {
    const whole = tableToIPC(table, kind)
    t.strictSame(await readFile(whole), [3], kind)
    for (const vector of ['buffers', 'nodes'] as const) {
      t.match(await readFile(overstated(whole, vector)), 'its batches have more buffers than it has bytes for', kind)
    }
  }
  t.match(
    await readFile(overstated(tableToIPC(table, 'file'), 'batches')),
    'it has more batches than it has bytes for',
    'the footer of a file',
  )
})

test('an Arrow file whose batches are said to be where its schema is is refused: it was read for ever', async (t) => {
  // apache-arrow writes the schema in the footer only
  const file = await readFromDisk(new URL('../fixtures/tables/pyarrow-file.arrow', import.meta.url))
  t.match(await readFile(pointingAtSchema(file)), 'it has no batch where its footer says')
})

test('times of Arrow are not numbers', async (t) => {
  const data = makeData({ type: new TimestampMillisecond(), length: 2, data: BigInt64Array.of(1n, 2n) })
  t.match(await read(data), 'has the type timestamp<millisecond>; predictions needs numbers')
})
