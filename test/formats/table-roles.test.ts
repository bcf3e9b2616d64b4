import { Field, FixedSizeList, Float64, makeData, Table, tableFromArrays, tableToIPC, Vector } from 'apache-arrow'
import { test } from 'tap'
import type { TableColumns } from '../../src/formats/table/columns.ts'
import { faultHere, readHere } from './read-here.ts'

const text = 'p,id,at,g\n1,a,2026-01-01T00:00:00Z,x\n2,,,\n4,c,1767225600001,y\n'

async function faultOf(table: Uint8Array, format: 'arrow' | 'csv', columns: TableColumns) {
  const { path, code, detail } = await faultHere(table, format, columns)
  return { pointer: path.join('/'), code, detail }
}

test('a row whose id or time is missing is refused, or left out with all that it has', async (t) => {
  const csv = Buffer.from(text)
  for (const columns of [
    { predictions: 'p', ids: 'id' },
    { predictions: 'p', at: 'at' },
  ]) {
    const [, column] = Object.values(columns)
    t.strictSame(await faultOf(csv, 'csv', columns), {
      pointer: `table/${column}/1`,
      code: 'empty',
      detail: `row 1 of column "${column}" is null, counted from 0; rows with a null are left out with missing=drop.`,
    })
  }
  const all = { predictions: 'p', ids: 'id', at: 'at', groups: ['g'] }
  const { tensors, ids, at, groups, dropped } = await readHere(csv, 'csv', all, { missing: 'drop' })
  t.strictSame(tensors.predictions, { data: Float64Array.of(1, 4), shape: [2] })
  t.strictSame([ids, at, dropped], [['a', 'c'], Float64Array.of(1767225600000, 1767225600001), 1])
  const [[name, { codes, values }]] = groups
  t.strictSame([name, Array.from(codes, (code) => values[code])], ['g', ['x', 'y']])
})

test('ids, times, groups and numbers that are none', async (t) => {
  const arrow = tableToIPC(
    tableFromArrays({
      p: Float64Array.of(1, 2),
      half: Float64Array.of(1, 0.5),
      large: BigInt64Array.of(1n, 2n ** 60n + 1n),
      integer: BigInt64Array.of(0n, -3n),
      words: ['x', 'y'.repeat(300)],
      hit: [true, false],
    }),
  )
  const { ids, at } = await readHere(arrow, 'arrow', { predictions: 'p', ids: 'integer', at: 'integer' })
  t.strictSame([ids, at], [[0, -3], Float64Array.of(0, -3)])
  const { ids: words = [] } = await readHere(arrow, 'arrow', { predictions: 'hit', ids: 'words' })
  t.ok(String(words[1]).length > 256, 'an id that is too long stays so')
  const p = { predictions: 'p' }
  const cases: [TableColumns, string, string, RegExp][] = [
    [{ ...p, ids: 'half' }, 'table/half/1', 'unsupported', /no text and no safe integer; ids needs one/],
    [{ ...p, ids: 'large' }, 'table/large/1', 'unsupported', /no text and no safe integer; ids needs one/],
    [{ ...p, at: 'words' }, 'table/words/0', 'unsupported', /"x", is not a time/],
    [{ ...p, at: 'hit' }, 'table/hit/0', 'unsupported', /of the type bool, is not a time/],
    [{ ...p, groups: ['half'] }, 'table/half/1', 'unsupported', /groups.half needs one/],
    [{ ...p, groups: { where: 'words' } }, 'table/words/1', 'out-of-range', /has 300 characters/],
    [{ predictions: 'large' }, 'table/large/1', 'out-of-range', /no double is exactly that integer/],
    [{ predictions: ['p', 'words'] }, 'table/words', 'unsupported', /labels|predictions needs numbers/],
  ]
  for (const [columns, pointer, code, detail] of cases) {
    const fault = await faultOf(arrow, 'arrow', columns)
    t.strictSame([fault.pointer, fault.code], [pointer, code], fault.detail)
    t.match(fault.detail, detail)
  }
})

test('a name that no column is near to is answered with the first ten there are', async (t) => {
  const names = Array.from({ length: 12 }, (_, at) => `column${at}`)
  const csv = Buffer.from(`${names}\n${names.map((_, at) => at)}\n`)
  const { detail } = await faultOf(csv, 'csv', { predictions: 'zzz' })
  const ten = names.slice(0, 10).map((name) => `"${name}"`)
  t.equal(detail, `the table has no column "zzz"; it has ${ten.join(', ')} and 2 more`)
  t.match((await faultOf(Buffer.from(''), 'csv', { predictions: 'p' })).detail, 'the table is empty')
})

test('texts are labels when they may be names of classes', async (t) => {
  const csv = Buffer.from('p,y\n1,cat\n2,dog\n3,cat\n')
  const columns = { predictions: 'p', labels: 'y' }
  const { tensors } = await readHere(csv, 'csv', columns, { mayBeNames: true })
  t.match(tensors.labels, { shape: [3], names: { areUntyped: true } })
  t.match(tensors.labels?.fault, { path: ['table', 'y', '0'], code: 'not-a-number' })
})

test('lists of other lengths, and of none', async (t) => {
  const element = new Field('x', new Float64(), true)
  const child = makeData({ type: new Float64(), length: 6, data: new Float64Array(6) })
  const fixed = makeData({ type: new FixedSizeList(3, element), length: 2, child })
  const file = tableToIPC(new Table({ a: new Vector([fixed]) }))
  const { tensors } = await readHere(file, 'arrow', { predictions: 'a' })
  t.strictSame(tensors.predictions?.shape, [2, 3])
  const more = { limits: { maxRows: 10, maxElements: 10, maxColumns: 2, maxBodyBytes: 1e6, maxJoinRows: 10 } }
  await t.rejects(readHere(file, 'arrow', { predictions: 'a' }, more), /must have 1 to 2 numbers/)
})
