import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'tap'
import type { TableColumns } from '../../src/formats/table/columns.ts'
import { TableError } from '../../src/formats/table/errors.ts'
import { appOf } from '../support.ts'
import { formOf } from './form.ts'
import { readHere } from './read-here.ts'

const folder = new URL('../fixtures/tables/duckdb/', import.meta.url)
/** What Python gave to DuckDB. */
const expected: Expected = JSON.parse(fileOf('expected.json').toString())
const files = readdirSync(folder).filter((name) => name.endsWith('.parquet'))
const limits = { maxRows: 1e6, maxElements: 1e6, maxColumns: 1000, maxBodyBytes: 2 ** 26, maxJoinRows: 1e6 }

interface Expected {
  readonly types: Readonly<Record<string, string>>
  readonly others: readonly string[]
  readonly columns: Readonly<Record<string, readonly unknown[]>>
}

function fileOf(name: string): Buffer {
  return readFileSync(new URL(name, folder))
}

function read(file: string, columns: TableColumns) {
  return readHere(fileOf(file), 'parquet', columns, { missing: 'drop', limits })
}

const texts = /^(?:varchar|uuid|json|enum)/

test('every column that DuckDB writes has the numbers, texts and times that it was given, by every codec and version', async (t) => {
  t.equal(files.length, 12)
  for (const file of files) {
    for (const [name, type] of Object.entries(expected.types)) {
      const given = expected.columns[name]
      const left = given.filter((value) => value !== null)
      if (texts.test(type)) {
        const { groups } = await read(file, { predictions: 'double', groups: [name] })
        const [[, { codes, values }]] = groups
        t.strictSame(
          Array.from(codes, (code) => values[code]),
          given,
          `${file}: ${name}`,
        )
      } else if (type.startsWith('timestamp')) {
        const { at } = await read(file, { predictions: 'double', ids: 'varchar', at: name })
        t.strictSame(Array.from(at ?? []), left, `${file}: ${name}`)
      } else {
        const { tensors } = await read(file, { predictions: name })
        const numbers = Array.from(tensors.predictions?.data ?? [])
        const wanted = left.flat().map(Number)
        t.equal(numbers.length, wanted.length)
        // tells -0 from 0
        t.ok(
          numbers.every((number, at) => Object.is(number, wanted[at])),
          `${file}: ${name}`,
        )
      }
    }
  }
})

test('columns of DuckDB that are neither numbers, texts nor times are refused with their type', async (t) => {
  for (const file of files) {
    for (const name of [...expected.others, 'timestamp', 'varchar']) {
      const refused = await read(file, { predictions: name }).catch((error) => error)
      if (!(refused instanceof TableError)) throw new Error(`${file}: ${name} is ${JSON.stringify(refused)}`)
      t.equal(refused.fault.code, 'unsupported', `${file}: ${refused.fault.detail}`)
    }
  }
})

test('a table of every codec has the answer of the same numbers as JSON', async (t) => {
  const app = await appOf(t)
  const options = { loss: 'mae', labelFormat: 'values', groupBy: ['enum'] }
  const { double_few: a, float: b, decimal_9: c, lists: labels, enum: groups, utinyint } = expected.columns
  const predictions = a.map((one, row) => [one, b[row], c[row]])
  const payload = { ...options, predictions, labels, groups: { enum: groups }, sampleWeights: utinyint }
  const json = (await app.inject({ method: 'POST', url: '/v1/loss', payload })).json()
  const columns = {
    predictions: ['double_few', 'float', 'decimal_9'],
    labels: 'lists',
    groups: ['enum'],
    sampleWeights: 'utinyint',
  }
  for (const file of files) {
    const form = formOf([
      ['loss', options.loss],
      ['labelFormat', options.labelFormat],
      ['groupBy', JSON.stringify(options.groupBy)],
      ['tableFormat', 'parquet'],
      ['columns', JSON.stringify(columns)],
      ['table', fileOf(file), 'application/octet-stream'],
    ])
    const answer = (await app.inject({ method: 'POST', url: '/v1/loss', ...form })).json()
    t.strictSame({ ...answer, requestId: json.requestId }, json, file)
  }
})
