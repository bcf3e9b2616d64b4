import { tableFromArrays, tableToIPC } from 'apache-arrow'
import { test } from 'tap'
import type { TableFault } from '../../src/formats/table/errors.ts'
import { TableError } from '../../src/formats/table/errors.ts'
import { readTable } from '../../src/formats/table/read.ts'
import { nestedTwice } from './arrow-file.ts'
import type { Column, Value } from './parquet-file.ts'
import {
  dictionary,
  differences,
  doubles,
  ending,
  page,
  parquetFile,
  run,
  sized,
  struct,
  varint,
} from './parquet-file.ts'

const mebibyte = 2 ** 20
const limits = {
  maxRows: 2 ** 24,
  maxElements: 2 ** 25,
  maxColumns: 16_384,
  maxBodyBytes: 2 ** 26,
  maxJoinRows: 2 ** 20,
}

interface Read {
  readonly shape?: readonly number[] | undefined
  readonly fault?: TableFault
  readonly reserved: number
  /** Processor time, in milliseconds. */
  readonly time: number
}

async function read(file: Uint8Array, format: 'arrow' | 'parquet', predictions: string | string[]): Promise<Read> {
  const bytes = new Uint8Array(file).buffer
  const columns = { predictions }
  const before = process.cpuUsage()
  let reserved = 0
  const done = (rest: Partial<Read>): Read => {
    const { user, system } = process.cpuUsage(before)
    return { reserved, time: (user + system) / 1000, ...rest }
  }
  try {
    const request = { bytes, format, columns, missing: 'refuse', mayBeNames: false, limits } as const
    const { tensors } = await readTable(request, async (bytes) => {
      reserved += bytes
    })
    return done({ shape: tensors.predictions?.shape })
  } catch (error) {
    if (error instanceof TableError) return done({ fault: error.fault })
    throw error
  }
}

const four = doubles([1, 2, 3, 4])
const column: Column = { name: 'a', chunks: [page(4, four)] }
/** Texts of which each is the one before it and a character more. */
function growing(values: number): Buffer {
  return joined(differences(values, 0, 1), differences(values, 1, 0), Buffer.alloc(values))
}

function joined(...parts: readonly Buffer[]): Buffer {
  return Buffer.concat(parts)
}

test('Parquet files that lie are refused before what they announce is taken', async (t) => {
  t.match(await read(parquetFile([column], [4]), 'parquet', 'a'), { shape: [4] })
  const lies: [string, Buffer, RegExp][] = [
    ['2 ** 31 rows', parquetFile([column], [2 ** 31]), /exceeds maxRows/],
    ['2 ** 62 rows', parquetFile([column], [2n ** 62n]), /no number of rows/],
    ['less than no rows', parquetFile([column], [-1]), /no number of rows/],
    ['other rows in groups', parquetFile([column], [4], 5), /its row groups have 4/],
    ['more rows than values', parquetFile([column], [2 ** 20]), /other values than it announces/],
    ['more values than rows', parquetFile([{ ...column, values: 2 ** 31 }], [4]), /exceeds maxElements/],
    [
      'a large page',
      parquetFile([{ ...column, chunks: [page(2 ** 28, sized(run(2 ** 28, 0)))] }], [4]),
      /other values/,
    ],
    [
      'a dictionary of nothing',
      parquetFile([{ ...column, chunks: [page(2 ** 30, Buffer.of(0), { encoding: 8 })] }], [4]),
      /other values/,
    ],
    [
      'a page of negative size',
      parquetFile([{ ...column, chunks: [page(4, four, { size: -20 })] }], [4]),
      /a page has -20 bytes/,
    ],
    [
      'pages without end',
      parquetFile([{ ...column, chunks: [page(0, four, { size: -9 })] }], [4]),
      /a page has -9 bytes/,
    ],
    [
      'a page beyond the file',
      parquetFile([{ ...column, chunks: [page(4, four, { size: 2 ** 31 - 1 })] }], [4]),
      /cannot be read/,
    ],
    [
      'a bomb',
      parquetFile([{ ...column, codec: 1, announced: 40, chunks: [page(4, four, { unpacked: 2 ** 30 })] }], [4]),
      /larger than it announces/,
    ],
    [
      'a run of nulls that is longer than its page',
      parquetFile([{ ...column, repetition: 1, chunks: [page(4, sized(run(2 ** 30, 0)))] }], [4]),
      /a run has more values than its page/,
    ],
    [
      'a run of rows that is longer than its page',
      parquetFile([{ ...column, repetition: 2, chunks: [page(4, sized(run(2 ** 30, 0)))] }], [4]),
      /a run has more values than its page/,
    ],
    [
      'a run of places in a dictionary that is longer than its page',
      parquetFile(
        [
          {
            ...column,
            chunks: [joined(dictionary(4, four), page(4, joined(Buffer.of(2), run(2 ** 30, 0)), { encoding: 8 }))],
          },
        ],
        [4],
      ),
      /a run has more values than its page/,
    ],
    [
      'a run of booleans that is longer than its page',
      parquetFile([{ ...column, type: 0, chunks: [page(4, sized(run(2 ** 30, 0)), { encoding: 3 })] }], [4]),
      /a run has more values than its page/,
    ],
    [
      'packed numbers without bits',
      parquetFile([{ ...column, repetition: 1, chunks: [page(4, sized(varint(2 ** 31 + 1)))] }], [4]),
      /cannot be read/,
    ],
    [
      'a dictionary that is larger than its page',
      parquetFile([{ ...column, type: 6, chunks: [joined(dictionary(2 ** 25, four), page(4, four))] }], [4]),
      /a dictionary of 32 bytes has not the 33554432 values/,
    ],
    [
      'a place outside the dictionary',
      parquetFile(
        [
          {
            ...column,
            chunks: [joined(dictionary(4, four), page(4, joined(Buffer.of(3), run(4, 7)), { encoding: 8 }))],
          },
        ],
        [4],
      ),
      /refers to value 7 of a dictionary of 4/,
    ],
    [
      'texts that repeat what is before them',
      parquetFile([{ ...column, type: 6, chunks: [page(2 ** 16, growing(2 ** 16), { encoding: 7 })] }], [2 ** 16]),
      /larger than it announces/,
    ],
    ['a page of no bytes', parquetFile([{ ...column, chunks: [page(4, Buffer.alloc(0))] }], [4]), /cannot be read/],
    [
      'a compressed page of no bytes',
      parquetFile([{ ...column, codec: 1, chunks: [page(4, Buffer.alloc(0), { unpacked: 32 })] }], [4]),
      /cannot be read/,
    ],
    [
      'columns in the same place',
      parquetFile(
        [
          { ...column, size: 2 ** 20 },
          { ...column, name: 'b' },
        ],
        [4],
      ),
      /have more bytes than it has/,
    ],
    ['large columns', parquetFile([{ ...column, announced: 2 ** 40 }], [4]), /exceeds maxBodyBytes/],
    ['two of a name', parquetFile([column, column], [4]), /several columns "a"/],
    [
      'a footer larger than the file',
      Buffer.concat([parquetFile([column], [4]).subarray(0, -8), Buffer.from('\xff\xff\xff\x7fPAR1', 'latin1')]),
      /./,
    ],
  ]
  for (const [name, file, detail] of lies) {
    const { fault, reserved } = await read(file, 'parquet', 'a')
    t.match(fault?.detail, detail, name)
    t.ok(reserved < 64 * mebibyte, name)
  }
})

test('Parquet metadata that lies is refused in time linear in its bytes', async (t) => {
  const million = 2 ** 20
  const nested = Array.from(
    { length: 1000 },
    (): Value => ({
      struct: [
        [4, { text: 'a' }],
        [5, { i32: 1 }],
      ],
    }),
  )
  const lies: [string, Buffer, RegExp][] = [
    ['nothing', Buffer.alloc(0), /it ends too early/],
    ['a list of 2 ** 30', joined(Buffer.of(0x29, 0xfc), varint(2 ** 30)), /has not the 1073741824 elements/],
    ['a text of 2 ** 30', joined(Buffer.of(0x68), varint(2 ** 30)), /has not the 1073741824 bytes/],
    ['an integer without end', joined(Buffer.of(0x36), Buffer.alloc(million, 0xff)), /an integer has no end/],
    ['structs in structs', Buffer.alloc(million, 0x1c), /too deep/],
    ['lists in lists', Buffer.alloc(million, 0x19), /too deep/],
    [
      'columns in columns',
      struct([
        [2, { list: nested }],
        [3, { i64: 0 }],
        [4, { list: [] }],
      ]),
      /its schema is too deep/,
    ],
    [
      'columns that are not there',
      struct([
        [2, { list: nested.slice(0, 9) }],
        [3, { i64: 0 }],
        [4, { list: [] }],
      ]),
      /not whole/,
    ],
  ]
  for (const [name, footer, detail] of lies) {
    const { fault, time } = await read(ending(footer), 'parquet', 'a')
    t.match(fault?.detail, detail, name)
    t.ok(time < 500, `${name}: ${time} ms`)
  }
})

test('pages without values cost what they have bytes', async (t) => {
  const pages = [...Array.from({ length: 10_000 }, () => page(0, Buffer.alloc(0))), page(4, four)]
  const { shape, time } = await read(parquetFile([{ ...column, chunks: [joined(...pages)] }], [4]), 'parquet', 'a')
  t.strictSame(shape, [4])
  t.ok(time < 1000, `${time} ms`)
})

test('a first row that is longer than the others takes no memory that was not reserved', async (t) => {
  const width = 2 ** 14
  const lists = (rows: number) => {
    const values = width + rows - 1
    const content = joined(sized(run(1, 0), run(width - 1, 1), run(rows - 1, 0)), sized(run(values, 1)), Buffer.of(0))
    const chunks = [joined(dictionary(1, doubles([1])), page(values, content, { encoding: 8 }))]
    return parquetFile([{ ...column, repetition: 2, chunks, values }], [rows])
  }
  const few = await read(lists(2 ** 11), 'parquet', 'a')
  t.match(few.fault?.detail, 'row 1 of column "a" is a list of 1')
  t.ok(few.reserved > 8 * width * 2 ** 11)
  const many = await read(lists(2 ** 20), 'parquet', 'a')
  t.match(many.fault?.detail, 'exceeds maxElements')
})

test('time is linear in the columns and row groups of a Parquet file, and memory for its metadata is reserved', async (t) => {
  const wide = (width: number) => {
    const columns = Array.from({ length: width }, (_, at) => ({ ...column, name: `c${at}` }))
    return read(
      parquetFile(columns, [4]),
      'parquet',
      columns.map(({ name }) => name),
    )
  }
  const long = (groups: number) => {
    const chunks = Array.from({ length: groups }, () => page(1, doubles([1])))
    return read(
      parquetFile(
        [{ ...column, chunks }],
        chunks.map(() => 1),
      ),
      'parquet',
      'a',
    )
  }
  for (const readOf of [wide, long]) {
    await readOf(500)
    const [some, many] = [await readOf(1000), await readOf(8000)]
    // the square would be 64 times as long
    t.ok(many.time < 30 * some.time, `${some.time} ms, ${many.time} ms`)
    t.ok(many.reserved > 4 * mebibyte, String(many.reserved))
  }
})

test('an Arrow schema that has its fields many times over is refused at once', async (t) => {
  for (const depth of [2, 40]) {
    t.match(await read(nestedTwice(depth), 'arrow', 'a'), { fault: { code: 'malformed' } }, String(depth))
  }
  t.match((await read(nestedTwice(40), 'arrow', 'a')).fault?.detail, 'more fields than it has bytes for')
})

test('an Arrow table of 10,000 columns is read as one of a few, as stream and as file', async (t) => {
  const names = Array.from({ length: 10_000 }, (_, at) => `c${at}`)
  const table = tableFromArrays(Object.fromEntries(names.map((name) => [name, Float64Array.of(1, 2)])))
  for (const kind of ['stream', 'file'] as const) {
    t.match(await read(tableToIPC(table, kind), 'arrow', names), { shape: [2, 10_000] })
  }
})
