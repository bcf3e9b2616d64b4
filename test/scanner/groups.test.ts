import { test } from 'tap'
import type { GroupColumn } from '../../src/loss/groups/columns.ts'
import { mostValues } from '../../src/loss/groups/columns.ts'
import type { ScannedDocument } from '../../src/scanner/scanner.ts'
import { DocumentScanner, ScanLimitError } from '../../src/scanner/scanner.ts'
import { Ledger } from '../loss/support.ts'
import { unaccounted } from '../unaccounted.ts'
import { ended, LIMITS } from './support.ts'

const keys = ['predictions', 'groups{}']

function scan(text: string, longest = Number.POSITIVE_INFINITY, limits = LIMITS): ScannedDocument {
  const bytes = Buffer.from(text)
  const scanner = new DocumentScanner(keys, limits, unaccounted)
  for (let from = 0; from < bytes.length; from += longest) scanner.write(bytes.subarray(from, from + longest))
  return ended(scanner)
}

/** The column `a`. */
function columnOf({ groups }: ScannedDocument): GroupColumn {
  return groups?.columns.get('a') as GroupColumn
}

/** The values of each row. */
function valuesOf({ groups }: ScannedDocument): Record<string, unknown> {
  const columns = Array.from(groups?.columns ?? [], ([name, column]) => [
    name,
    typeof column === 'string' ? column : Array.from(column.codes, (code) => column.values[code]),
  ])
  return Object.fromEntries(columns)
}

const spaced =
  ' { "a" : [ "x" , 1 , null,true ,false, -0, 1.0 , 1e2 ,"\\u0078", "" , "\\"]},{\\\\" ] , "\\u0062":[],"c":["\u{1f600}\u00e9"] } '
const text = `{"loss":"mse","groups":${spaced},"predictions":[1,2],"epsilon":1}`
const values = { a: ['x', 1, null, true, false, 0, 1, 100, 'x', '', '"]},{\\'], b: [], c: ['\u{1f600}\u00e9'] }

test('columns are read wherever the document is cut, and are no options', async (t) => {
  for (const longest of [1, 2, 3, 7, 50, 1000]) {
    const document = scan(text, longest)
    t.strictSame(valuesOf(document), values, `${longest} bytes at a time`)
    t.equal(document.text, '{"loss":"mse","epsilon":1}')
    t.same(Array.from(document.tensors.predictions.data), [1, 2])
  }
  for (const [alone, options] of [
    ['{"groups":{"a":[1]}}', '{}'],
    ['{"groups":{"a":[1]},"loss":"mse"}', '{"loss":"mse"}'],
    ['{"loss":"mse","groups":{"a":[1]}}', '{"loss":"mse"}'],
    ['{"\\u0067roups":{"a":[1]},"x":{"groups":1}}', '{"x":{"groups":1}}'],
  ]) {
    t.same(valuesOf(scan(alone)), { a: [1] })
    t.same(scan(alone).text, options)
  }
  t.equal(scan('{"loss":"mse"}').groups, undefined)
})

test('they do not count towards the limit of options, which holds for all else', async (t) => {
  const limits = { ...LIMITS, maxOptionBytes: 100 }
  const column = JSON.stringify({ a: new Array(5000).fill('value') })
  for (const longest of [7, 70_000]) {
    const document = scan(`{"a":1,"groups":${column},"b":2}`, longest, limits)
    t.equal(columnOf(document).codes.length, 5000)
    for (const long of [
      `{"x":"${'y'.repeat(100)}","groups":${column}}`,
      `{"groups":${column},"x":"${'y'.repeat(100)}"}`,
    ]) {
      t.throws(() => scan(long, longest, limits), ScanLimitError)
    }
  }
})

test('what is no column, or no value, is said', async (t) => {
  const fault = (groups: string) => scan(`{"groups":${groups}}`).groups?.fault
  t.same(['[1]', '1', '"x"', 'null', 'true'].map(fault), ['an array', 'a number', 'a string', 'null', 'true or false'])
  t.same(valuesOf(scan('{"groups":{"a":1,"b":{"c":[1,"}"]},"d":[2],"e":"x"}}')), {
    a: 'a number',
    b: 'an object',
    d: [2],
    e: 'a string',
  })
  const wrong = scan(`{"groups":{"a":[1,0.5,{"x":["]"]},[[1],"\\""],1e400,9007199254740992,"${'x'.repeat(257)}",2]}}`)
  const column = columnOf(wrong)
  t.same([column.codes.length, column.wrongCount], [8, 6])
  t.same(
    column.wrong.map(({ at, received }) => [at, received]),
    [
      [1, 0.5],
      [2, 'an object'],
      [3, 'an array of 0'],
      [4, 'Infinity'],
      [5, 9007199254740992],
      [6, `${'x'.repeat(63)}…`],
    ],
  )
  t.equal(columnOf(scan(`{"groups":{"a":["${'x'.repeat(256)}"]}}`)).wrongCount, 0)
})

test('a million keys, and long ones, take no more memory than is reserved', async (t) => {
  const many = JSON.stringify({ a: Array.from({ length: 200_000 }, (_, i) => i) })
  const ledger = new Ledger()
  const scanner = new DocumentScanner(keys, LIMITS, ledger)
  for (let from = 0, all = Buffer.from(`{"groups":${many}}`); from < all.length; from += 50_000)
    scanner.write(all.subarray(from, from + 50_000))
  const document = ended(scanner)
  const { groups } = document
  const column = columnOf(document)
  t.same([column.values.length, column.isOverfull, column.codes.length], [mostValues, true, 200_000])
  t.ok(ledger.peak > 128 * mostValues)
  groups?.free(ledger)
  groups?.free(ledger)
  t.equal(ledger.held, 0)
  const long = scan(`{"groups":{"a":["${'\\"'.repeat(2 ** 20)}"]}}`)
  t.equal(columnOf(long).wrongCount, 1)
})
