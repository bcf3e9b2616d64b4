import { tableFromArrays, tableToIPC } from 'apache-arrow'
import { test } from 'tap'
import type { TableFault } from '../../src/formats/table/errors.ts'
import { TableError } from '../../src/formats/table/errors.ts'
import { readTable } from '../../src/formats/table/read.ts'
import { nestedTwice } from './arrow-file.ts'
import type { Column } from './parquet-file.ts'
import { doubles, page, parquetFile, varint } from './parquet-file.ts'

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
/** Levels of which one run says that each of so many values is null. */
function nulls(values: number): Buffer {
  const run = Buffer.concat([varint(2 * values), Buffer.from([0])])
  const size = Buffer.alloc(4)
  size.writeUInt32LE(run.length)
  return Buffer.concat([size, run])
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
    ['a large page', parquetFile([{ ...column, chunks: [page(2 ** 28, nulls(2 ** 28))] }], [4]), /other values/],
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
    t.ok(many.reserved > 8 * mebibyte, String(many.reserved))
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
