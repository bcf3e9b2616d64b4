import { tableFromArrays, tableToIPC } from 'apache-arrow'
import { test } from 'tap'
import { TableError } from '../../src/formats/table/errors.ts'
import { eachCell } from '../../src/formats/table/rows.ts'
import type { Source, SourceColumn } from '../../src/formats/table/source.ts'
import type { Column, Value } from './parquet-file.ts'
import { dictionary, doubles, ending, page, parquetFile, run, sized, snappy, struct } from './parquet-file.ts'
import { faultHere, readHere } from './read-here.ts'

const four = doubles([1, 2, 3, 4])
const column: Column = { name: 'a', chunks: [page(4, four)] }
const a = { predictions: 'a' }

async function faultIn(file: Uint8Array, format: 'arrow' | 'parquet' = 'parquet'): Promise<string> {
  return (await faultHere(file, format, a)).detail
}

function joined(...parts: readonly Buffer[]): Buffer {
  return Buffer.concat(parts)
}

test('pages without values, and those whose values are all null', async (t) => {
  const nulls = sized(run(2, 0))
  const values = sized(run(2, 1))
  const pages = joined(
    dictionary(2, doubles([5, 6])),
    page(2, joined(nulls, Buffer.of(1)), { encoding: 8 }),
    page(2, joined(values, Buffer.of(1), run(1, 1), run(1, 0)), { encoding: 8 }),
    page(2, nulls),
    page(2, joined(values, doubles([7, 8]))),
  )
  const optional = parquetFile([{ ...column, repetition: 1, chunks: [pages] }], [8])
  const { tensors, dropped } = await readHere(optional, 'parquet', a, { missing: 'drop' })
  t.strictSame(tensors.predictions, { data: Float64Array.of(6, 5, 7, 8), shape: [4] })
  t.equal(dropped, 4)
  // an empty page is plain whatever its codec
  const packed = snappy(four)
  const withEmpty = joined(page(0, Buffer.alloc(0)), page(4, packed, { unpacked: four.length }))
  const compressed = parquetFile([{ ...column, codec: 1, announced: 200, chunks: [withEmpty] }], [4])
  t.strictSame((await readHere(compressed, 'parquet', a)).tensors.predictions?.data, Float64Array.of(1, 2, 3, 4))
})

test('lists in pages: those that go on in the next one, and what is none', async (t) => {
  const levels = (values: number, repetitions: Buffer, defined: Buffer, content: Buffer) =>
    page(values, joined(sized(repetitions), sized(defined), content))
  const lists = (rows: number, values: number, ...pages: readonly Buffer[]) =>
    parquetFile([{ ...column, repetition: 2, values, chunks: [joined(...pages)] }], [rows])
  const [first, next] = [run(1, 0), run(1, 1)]
  // [1, 2], [3, 4], whose second begins the second page
  const whole = lists(
    2,
    4,
    levels(0, Buffer.alloc(0), Buffer.alloc(0), Buffer.alloc(0)),
    levels(3, joined(first, next, first), run(3, 1), doubles([1, 2, 3])),
    levels(1, next, next, doubles([4])),
  )
  t.strictSame((await readHere(whole, 'parquet', a)).tensors.predictions, {
    data: Float64Array.of(1, 2, 3, 4),
    shape: [2, 2],
  })
  const empty = lists(2, 2, levels(2, run(2, 0), joined(next, first), doubles([1])))
  t.match(await faultIn(empty), 'row 1 of column "a" is a list of 0')
  const goesOn = lists(1, 2, levels(2, joined(first, next), joined(next, first), doubles([1])))
  t.match(await faultIn(goesOn), 'a list goes on where there is none')
  const begunEmpty = lists(1, 2, levels(2, joined(first, next), joined(first, next), doubles([1])))
  t.match(await faultIn(begunEmpty), 'a list goes on where there is none', 'one that was empty')
  const fewer = lists(2, 2, levels(2, joined(first, next), run(2, 1), doubles([1, 2])))
  t.match(await faultIn(fewer), 'column "a" has 1 values in a row group of 2')
})

test('pages that are not what they say', async (t) => {
  const text = (bytes: Buffer) => joined(Buffer.from(Uint32Array.of(bytes.length).buffer), bytes)
  const only = (content: Buffer, settings?: object) => [page(4, content, settings)]
  const cases: [what: string, column: Partial<Column>, detail: string | RegExp][] = [
    [
      'places without a dictionary',
      { chunks: only(joined(Buffer.of(1), run(4, 0)), { encoding: 8 }) },
      'there is none',
    ],
    [
      'a first place beyond its dictionary',
      {
        chunks: [
          joined(dictionary(2, doubles([5, 6])), page(4, joined(Buffer.of(3), run(1, 5), run(3, 0)), { encoding: 8 })),
        ],
      },
      'a page refers to value 5 of a dictionary of 2',
    ],
    ['runs of doubles', { chunks: only(sized(run(4, 1)), { encoding: 3 }) }, 'only booleans are in runs'],
    ['less than no bytes', { chunks: only(four, { unpacked: -5 }) }, 'a page has -5 bytes'],
    ['other bytes', { chunks: only(four, { unpacked: 40 }) }, 'a page has 32 bytes, and announces 40'],
    ['a codec of nobody', { codec: 3 }, 'its codec LZO is not read'],
    ['a level above the highest', { repetition: 1, chunks: only(joined(sized(run(4, 7)), four)) }, 'a level is 7'],
    [
      'levels beyond their page',
      { repetition: 1, chunks: only(Buffer.of(99, 0, 0, 0, 1)) },
      'a page has not the 99 bytes of levels',
    ],
    [
      'values of a width that do not fit',
      { type: 7, described: { 2: 100 } },
      'a page of 32 bytes has not the 4 values that it announces',
    ],
    ['values of no width', { type: 7 }, 'cannot be read'],
    [
      'a long decimal',
      { type: 6, described: { 6: 5, 7: 2 }, chunks: [page(1, text(Buffer.alloc(33)))] },
      'a decimal has 33 bytes',
    ],
    ['columns elsewhere', { elsewhere: 'b.parquet' }, 'its columns are in other files'],
  ]
  for (const [what, lie, detail] of cases) {
    const rows = lie.type === 6 ? 1 : 4
    t.match(await faultIn(parquetFile([{ ...column, announced: 1000, ...lie }], [rows])), detail, what)
  }
  // a scale of hundredths, as the metadata has it
  const decimal = { ...column, type: 6, described: { 6: 5, 7: 2 }, chunks: [page(1, text(Buffer.of(1, 44)))] }
  t.strictSame(
    (await readHere(parquetFile([decimal], [1]), 'parquet', a)).tensors.predictions?.data,
    Float64Array.of(3),
  )
  const whole = { ...column, type: 6, described: { 6: 5 }, chunks: [page(1, text(Buffer.of(255)))] }
  t.strictSame((await readHere(parquetFile([whole], [1]), 'parquet', a)).tensors.predictions?.data, Float64Array.of(-1))
})

test('metadata whose parts are of other kinds', async (t) => {
  const schema: Value = { list: [{ struct: [[4, { i32: 1 }]] }] }
  const footers: [string, Buffer][] = [
    ['a list is not one', struct([[2, { i32: 1 }]])],
    ['a struct is not one', struct([[2, { list: [{ i32: 1 }] }]])],
    ['a text is not one', struct([[2, schema]])],
  ]
  for (const [detail, footer] of footers) t.match(await faultIn(ending(footer)), detail)
  // field 9 is a set of two integers, which nobody asks for: it is passed over
  const unknown = joined(Buffer.of(0x9a, 0x25, 2, 4), struct([[1, { i32: 1 }]]))
  t.match(await faultIn(ending(unknown)), '-1 is no number of rows')
})

test('a column has the rows of its table, all of them', async (t) => {
  const take = async (...pages: readonly (readonly unknown[])[]) => {
    const column = {
      async *read() {
        yield* pages
      },
    } as unknown as SourceColumn
    const cells: unknown[] = []
    try {
      await eachCell({ rows: 3 } as Source, 'a', column, (cell, row) => cells.push([row, cell]))
    } catch (error) {
      if (error instanceof TableError) return error.fault.detail
      throw error
    }
    return cells
  }
  t.strictSame(await take([7, 8], [9]), [
    [0, 7],
    [1, 8],
    [2, 9],
  ])
  const other = 'column "a" of the table does not have its 3 rows.'
  t.equal(await take([7, 8]), other)
  t.equal(await take([7, 8], [9, 10]), other)
  t.equal(await take([7, undefined, 9]), 'row 1 of column "a" is not in the table, which announces it.')
})

test('a null among the numbers of a column', async (t) => {
  const file = tableToIPC(tableFromArrays({ a: [1, null, 3], b: [4, 5, 6] }))
  t.match(await faultIn(file, 'arrow'), 'row 1 of column "a" is null, counted from 0')
  const { tensors } = await readHere(file, 'arrow', { predictions: ['a', 'b'] }, { missing: 'drop' })
  t.strictSame(tensors.predictions, { data: Float64Array.of(1, 4, 3, 6), shape: [2, 2] })
})
