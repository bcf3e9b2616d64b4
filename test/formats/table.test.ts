import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import { test } from 'tap'
import type { TableFormat } from '../../src/formats/table/columns.ts'
import { tableColumns, tableFormats } from '../../src/formats/table/columns.ts'
import { TableError } from '../../src/formats/table/errors.ts'
import { appOf } from '../support.ts'
import type { FormPart } from './form.ts'
import { formOf } from './form.ts'
import { readHere } from './read-here.ts'
import { seeded } from './support.ts'

const folder = new URL('../fixtures/tables/', import.meta.url)
/** What the tables hold, by column: written by the script that made them. */
const expected: Readonly<Record<string, readonly unknown[]>> = JSON.parse(fileOf('expected.json').toString())
const tables = readdirSync(folder).filter((name) => /\.(parquet|arrow|csv)$/.test(name))
const rows = expected.p0.map((p0, row) => [p0, expected.p1[row], expected.p2[row]])
const crossEntropy = { loss: 'cross-entropy', labelFormat: 'index', include: ['metrics'] }

function fileOf(name: string): Buffer {
  return readFileSync(new URL(name, folder))
}

function formatOf(name: string): TableFormat {
  return name.slice(name.lastIndexOf('.') + 1) as TableFormat
}

/** What the answer must say of a table, if that can be said without the rest of the body. */
async function faultOf(table: Buffer, parts: Record<string, unknown>): Promise<string | undefined> {
  const columns = tableColumns.safeParse(parts.columns)
  const format = tableFormats.find((format) => format === parts.tableFormat)
  if (!columns.success || format === undefined || (parts.missing ?? 'drop') !== 'drop') return undefined
  const missing = parts.missing === 'drop' ? 'drop' : 'refuse'
  try {
    await readHere(table, format, columns.data, { missing, mayBeNames: parts.labelFormat === undefined })
    return undefined
  } catch (error) {
    return error instanceof TableError ? error.message : 'the table cannot be read'
  }
}

async function sendTable(app: FastifyInstance, table: Buffer, parts: Record<string, unknown>, url = '/v1/loss') {
  const options = Object.entries(parts).map(([name, value]): FormPart => {
    return [name, typeof value === 'string' ? value : JSON.stringify(value)]
  })
  const method = url.includes('batches') ? 'PUT' : 'POST'
  const form = formOf([...options, ['table', table, 'application/octet-stream']])
  const answer = await app.inject({ method, url, ...form })
  const fault = await faultOf(table, parts)
  if (fault !== undefined) assert.match(answer.json().detail, new RegExp(`^${RegExp.escape(fault)}`, 'i'))
  return { status: answer.statusCode, body: withoutId(answer.json()) }
}

async function sendJson(app: FastifyInstance, payload: object, url = '/v1/loss') {
  return withoutId((await app.inject({ method: 'POST', url, payload })).json())
}

function withoutId({ requestId: _, evaluation: __, ...body }: Record<string, unknown>): Record<string, unknown> {
  return body
}

test('a table of each writer, format and codec has the answer of the same numbers as JSON', async (t) => {
  const app = await appOf(t)
  t.ok(tables.length >= 15)
  const weighed = { ...crossEntropy, groupBy: ['country', 'hit'] }
  const { country, hit, y, w } = expected
  const data = { predictions: rows, labels: y, sampleWeights: w }
  const typed = await sendJson(app, { ...weighed, ...data, groups: { country, hit } })
  const texts = await sendJson(app, {
    ...weighed,
    ...data,
    groups: { country, hit: hit.map((is) => (is ? 'True' : 'False')) },
  })
  const values = await sendJson(app, {
    loss: 'mse',
    labelFormat: 'values',
    predictions: expected.half,
    labels: expected.cents,
  })
  const lists = await sendJson(app, { ...crossEntropy, predictions: expected.list, labels: y })
  for (const name of tables) {
    const tableFormat = formatOf(name)
    const columns = { predictions: ['p0', 'p1', 'p2'], labels: 'y', sampleWeights: 'w', groups: ['country', 'hit'] }
    const answer = await sendTable(app, fileOf(name), { ...weighed, tableFormat, columns })
    t.strictSame(answer, { status: 200, body: tableFormat === 'csv' ? texts : typed }, name)
    const numbers = {
      loss: 'mse',
      labelFormat: 'values',
      tableFormat,
      columns: { predictions: 'half', labels: 'cents' },
    }
    t.strictSame(
      await sendTable(app, fileOf(name), numbers),
      { status: 200, body: values },
      `${name}: floats and decimals`,
    )
    if (tableFormat === 'csv') continue
    const parts = { ...crossEntropy, tableFormat, columns: { predictions: 'list', labels: 'y' } }
    t.strictSame(await sendTable(app, fileOf(name), parts), { status: 200, body: lists }, `${name}: lists`)
  }
})

test('ids and times of each table', async (t) => {
  for (const name of tables) {
    const columns = { predictions: 'p0', ids: 'id', at: 'stamp' }
    const { tensors, ids, at } = await readHere(fileOf(name), formatOf(name), columns)
    t.strictSame(
      [tensors.predictions?.data, ids, at],
      [Float64Array.from(expected.p0 as number[]), expected.id, Float64Array.from(expected.stamp as number[])],
      name,
    )
  }
})

test('blocks of LZ4 that repeat what stands in former ones', async (t) => {
  const app = await appOf(t)
  const [predictions, labels] = [(row: number) => (row % 7) / 8, (row: number) => (((row % 1000) * 7919) % 1009) / 1009]
  const numbers = (of: (row: number) => number) => Array.from({ length: 60_000 }, (_, row) => of(row))
  const options = { loss: 'mse', labelFormat: 'values' }
  const json = await sendJson(app, { ...options, predictions: numbers(predictions), labels: numbers(labels) })
  const parts = { ...options, tableFormat: 'arrow', columns: { predictions: 'p', labels: 'y' } }
  t.strictSame(await sendTable(app, fileOf('long/lz4.arrow'), parts), { status: 200, body: json })
})

test('booleans are labels of 0 and 1, and columns of groups may have other names', async (t) => {
  const app = await appOf(t)
  const options = { loss: 'binary-cross-entropy', labelFormat: 'binary', groupBy: ['where'] }
  const groups = { where: expected.device }
  const json = await sendJson(app, { ...options, predictions: expected.p0, labels: expected.hit.map(Number), groups })
  const columns = { predictions: 'p0', labels: 'hit', groups: { where: 'device' } }
  const parts = { ...options, tableFormat: 'parquet', columns }
  t.strictSame(await sendTable(app, fileOf('polars.parquet'), parts), { status: 200, body: json })
})

test('comparisons and batches of evaluations take tables', async (t) => {
  const app = await appOf(t)
  const columns = { predictions: ['p0', 'p1', 'p2'], baseline: 'list', labels: 'y' }
  const json = await sendJson(
    app,
    { ...crossEntropy, predictions: rows, baseline: expected.list, labels: expected.y },
    '/v1/comparisons',
  )
  const parts = { ...crossEntropy, tableFormat: 'arrow', columns }
  t.strictSame(await sendTable(app, fileOf('pyarrow-file.arrow'), parts, '/v1/comparisons'), {
    status: 200,
    body: json,
  })
  await app.inject({ method: 'PUT', url: '/v1/evaluations/tables', payload: { ...crossEntropy, outputs: 3 } })
  const url = '/v1/evaluations/tables/batches/one'
  const batch = { tableFormat: 'parquet', columns: { predictions: 'list', labels: 'y' } }
  t.match(await sendTable(app, fileOf('duckdb-zstd.parquet'), batch, url), { status: 201, body: { samples: 40 } })
  t.match(await sendTable(app, fileOf('duckdb-gzip.parquet'), batch, url), { status: 200, body: { replayed: true } })
})

const csv = Buffer.from('p,t,g\r\n1,2,a\n2,,b\n,4,c\n4,4,"d ""x"", y"\n')
const mae = { loss: 'mae', labelFormat: 'values', tableFormat: 'csv', columns: { predictions: 'p', labels: 't' } }

test('a missing value is refused with its place, or its row is dropped and counted', async (t) => {
  const app = await appOf(t)
  const refused = await sendTable(app, csv, mae)
  t.match(refused, { status: 422, body: { errors: [{ pointer: '#/table/p/2', code: 'empty' }] } })
  t.match(refused.body.detail, 'row 2 of column "p" is null')
  t.match(await sendTable(app, csv, { ...mae, missing: 'drop' }), {
    status: 200,
    body: { dropped: 2, samples: 2, loss: 0.5 },
  })
  const grouped = { ...mae, groupBy: ['g'], columns: { ...mae.columns, groups: ['g'] }, missing: 'drop' }
  const { groups } = (await sendTable(app, csv, grouped)).body as { groups: { groups: { key: object }[] }[] }
  t.strictSame(
    groups[0].groups.map(({ key }) => key),
    [{ g: 'a' }, { g: 'd "x", y' }],
  )
})

test('what a table is not', async (t) => {
  const app = await appOf(t)
  const polars = fileOf('polars.parquet')
  const parquet = { loss: 'mae', labelFormat: 'values', tableFormat: 'parquet' }
  const table: [Buffer, Record<string, unknown>, string, string, RegExp][] = [
    [
      polars,
      { ...parquet, columns: { predictions: 'haf', labels: 'cents' } },
      '#/columns',
      'unknown-value',
      /no column "haf"; did you mean "half"/,
    ],
    [
      polars,
      { ...parquet, columns: { predictions: 'half', labels: 'country' } },
      '#/table/country',
      'unsupported',
      /has the type string; labels needs numbers/,
    ],
    [
      polars,
      { ...parquet, columns: { predictions: 'half', label: 'cents' } },
      '#/columns/label',
      'unknown-field',
      /not a recognised field/,
    ],
    [
      polars,
      { ...parquet, tableFormat: 'feather', columns: { predictions: 'half' } },
      '#/tableFormat',
      'unknown-value',
      /one of "parquet", "arrow", "csv"/,
    ],
    [polars, parquet, '#/columns', 'missing', /columns is missing/],
    [
      polars,
      { loss: 'mae', labelFormat: 'values', columns: { predictions: 'half' } },
      '#/tableFormat',
      'missing',
      /tableFormat is missing: tableFormat must be one of/,
    ],
    [
      csv,
      { ...mae, columns: { predictions: 'p', labels: ['t', 'x'] } },
      '#/columns',
      'unknown-value',
      /it has "p", "t"/,
    ],
    [polars, { ...parquet, columns: '{predictions' }, '#/columns', 'malformed', /must be JSON/],
    [
      polars,
      { ...parquet, columns: { predictions: 'half', labels: 'cents' }, missing: 'skip' },
      '#/missing',
      'unknown-value',
      /"refuse", "drop"/,
    ],
    [
      polars,
      { ...parquet, tableFormat: 'arrow', columns: { predictions: 'half', labels: 'cents' } },
      '#/table',
      'malformed',
      /not an Arrow file or stream/,
    ],
    [csv, { ...parquet, columns: { predictions: 'p', labels: 't' } }, '#/table', 'malformed', /not a Parquet file/],
    [
      Buffer.from('a,b\n1,x\n'),
      { ...mae, columns: { predictions: 'a', labels: 'b' } },
      '#/table/b/0',
      'not-a-number',
      /"x", which is not a number/,
    ],
    [
      Buffer.from('a,b\n1\n'),
      { ...mae, columns: { predictions: 'a', labels: 'b' } },
      '#/table',
      'shape',
      /row 1 of the table has 1 cells/,
    ],
    [
      Buffer.from(',b\n1,2\n'),
      { ...mae, columns: { predictions: 'b', labels: 'b' } },
      '#/table',
      'header',
      /index=False/,
    ],
    [
      Buffer.from('a,a\n1,2\n'),
      { ...mae, columns: { predictions: 'a', labels: 'a' } },
      '#/columns',
      'given-twice',
      /several columns "a"/,
    ],
    [
      Buffer.from('a,b\n"1,2\n'),
      { ...mae, columns: { predictions: 'a', labels: 'b' } },
      '#/table',
      'malformed',
      /not closed/,
    ],
    [
      Buffer.from('a,b\n"1"2,2\n'),
      { ...mae, columns: { predictions: 'a', labels: 'b' } },
      '#/table',
      'malformed',
      /behind a closing quote/,
    ],
    [
      Buffer.from([0x61, 0x2c, 0xff, 0x0a]),
      { ...mae, columns: { predictions: 'a', labels: 'b' } },
      '#/table',
      'malformed',
      /UTF-8/,
    ],
  ]
  for (const [content, parts, pointer, code, detail] of table) {
    const { status, body } = await sendTable(app, content, parts)
    t.equal(status, 422)
    const [error] = body.errors as { pointer: string; code: string; detail: string }[]
    t.strictSame([error.pointer, error.code], [pointer, code], error.detail)
    t.match(error.detail, detail)
  }
  const lonely = await app.inject({
    method: 'POST',
    url: '/v1/loss',
    headers: { 'content-type': 'multipart/form-data; boundary=b' },
    payload: '--b\r\ncontent-disposition: form-data; name="tableFormat"\r\n\r\ncsv\r\n--b--\r\n',
  })
  t.match(lonely.json(), { status: 422, errors: [{ pointer: '#/tableFormat', code: 'misplaced' }] })
})

test('a decimal that is no double, and an integer that is none, are refused', async (t) => {
  const app = await appOf(t)
  const columns = { predictions: 'a', labels: 'a' }
  // of the script beside them: 0.1 as decimal(4, 2), 2 ** 53 + 1 as int64
  for (const [name, code] of [
    ['tenth', 'not-a-number'],
    ['large', 'out-of-range'],
  ]) {
    for (const tableFormat of ['parquet', 'arrow']) {
      const answer = await sendTable(app, fileOf(`refused/${name}.${tableFormat}`), { ...mae, tableFormat, columns })
      t.match(answer, { status: 422, body: { errors: [{ pointer: '#/table/a/0', code }] } })
    }
  }
})

test('files that were cut or changed are answered or refused, never anything else', async (t) => {
  const app = await appOf(t, { MAX_COMPUTE_MS: '2000' })
  const below = seeded(27)
  for (const name of [
    'duckdb-snappy.parquet',
    'pyarrow.parquet',
    'pyarrow-stream.arrow',
    'feather-zstd.arrow',
    'feather-lz4.arrow',
    'pandas.csv',
  ]) {
    const statuses = new Set<number>()
    for (let mutant = 0; mutant < 60; mutant++) {
      let content = Buffer.from(fileOf(name))
      if (mutant % 4 === 0) content = content.subarray(0, below(content.length))
      else {
        for (let change = 0; change < 1 + (mutant % 3); change++) {
          content[below(content.length)] = below(256)
        }
      }
      const columns = { predictions: ['p0', 'p1', 'p2'], labels: 'y', sampleWeights: 'w', groups: ['country'] }
      const parts = { ...crossEntropy, groupBy: ['country'], tableFormat: formatOf(name), columns }
      const { status } = await sendTable(app, content, parts)
      statuses.add(status)
      if (![200, 413, 422].includes(status)) t.fail(`${name}, mutant ${mutant}: ${status}`)
    }
    t.ok(statuses.has(422), name)
  }
})
