import { Readable } from 'node:stream'
import t, { test } from 'tap'
import { appOf } from '../support.ts'
import { formOf } from './form.ts'
import { binaryOf, cut, seeded, send } from './support.ts'

const app = await appOf(t)
const country = ['KR', 'DE', 'KR', '\u{1f600}', '', 'DE']
const size = [1, 1, -2, 1, 300, 1]
const ok = [true, false, true, true, false, true]
const rows = { predictions: [1, 2, 3, 4, 5, 6], labels: [0, 0, 0, 1, 1, 1] }
const options = { loss: 'mae', labelFormat: 'values', groupBy: ['country', ['size', 'ok']], include: ['metrics'] }
const groups = { country, size, ok }

const wanted = await send(app, {}, JSON.stringify({ ...options, ...rows, groups }))
const answer = wanted.body

function bytesOf(texts: readonly string[]): Buffer {
  const parts = texts.flatMap((text) => {
    const bytes = Buffer.from(text)
    const length = Buffer.alloc(4)
    length.writeUInt32LE(bytes.length)
    return [length, bytes]
  })
  return Buffer.concat(parts)
}

function same({ status, body }: { status: number; body: Record<string, unknown> }): unknown {
  return [status, body]
}

const texts = bytesOf(country)
const doubles = (numbers: readonly number[]) => new Uint8Array(Float64Array.from(numbers).buffer)

function inputs(sizeOf: (bytes: number) => object, data: (values: readonly unknown[]) => object) {
  const input = (name: string, datatype: string, more: object) => ({ name, datatype, shape: [6], ...more })
  return [
    inputOfDoubles('predictions', rows.predictions),
    inputOfDoubles('labels', rows.labels),
    input('groups.country', 'BYTES', sizeOf(texts.length)),
    input('groups.size', 'INT64', data(size)),
    input('groups.ok', 'BOOL', data(ok)),
  ]
}

function inputOfDoubles(name: string, numbers: readonly number[]) {
  return { name, datatype: 'FP64', shape: [6], parameters: { binary_data_size: 8 * numbers.length } }
}

const binary = binaryOf(
  JSON.stringify({
    parameters: options,
    inputs: inputs(
      (bytes) => ({ parameters: { binary_data_size: bytes } }),
      (data) => ({ data }),
    ),
  }),
  doubles(rows.predictions),
  doubles(rows.labels),
  texts,
)

test('groups in a JSON body, a form, a stream and an inference request have the same answer', async (t) => {
  t.equal(wanted.status, 200)
  t.equal((wanted.body.groups as unknown[]).length, 2)
  const form = formOf([
    ['groups', JSON.stringify(groups)],
    ['predictions', JSON.stringify(rows.predictions)],
    ['labels', JSON.stringify(rows.labels)],
    ['groupBy', JSON.stringify(options.groupBy)],
    ['loss', 'mae'],
    ['labelFormat', 'values'],
    ['include', 'metrics'],
  ])
  const random = seeded(3)
  for (const longest of [1, 9, 10_000]) {
    const formChunks = Readable.from(cut(form.payload, random, longest))
    t.strictSame(same(await send(app, form.headers, formChunks)), [200, answer], 'a form')
    const binaryChunks = Readable.from(cut(Buffer.from(binary.payload), random, longest))
    t.strictSame(same(await send(app, binary.headers, binaryChunks)), [200, answer], 'an inference request')
  }
  const lines = rows.predictions.map((_, i) =>
    JSON.stringify({
      predictions: [rows.predictions[i]],
      groups: { ok: [ok[i]], country: [country[i]], size: [size[i]] },
      labels: [rows.labels[i]],
    }),
  )
  const stream = [JSON.stringify(options), ...lines.toReversed()].join('\n')
  t.strictSame(same(await send(app, { 'content-type': 'application/x-ndjson' }, stream)), [200, answer], 'a stream')
})

test('an inference request says where its columns are wrong', async (t) => {
  const errorsOf = async (more: object[], ...data: Uint8Array[]) => {
    const all = [inputOfDoubles('predictions', rows.predictions), inputOfDoubles('labels', rows.labels), ...more]
    const numbers = [doubles(rows.predictions), doubles(rows.labels)]
    const json = JSON.stringify({ parameters: { ...options, groupBy: ['country'] }, inputs: all })
    const { headers, payload } = binaryOf(json, ...numbers, ...data)
    const { status, body } = await send(app, headers, payload)
    const errors = body.errors as { pointer: string; detail: string }[]
    return [status, errors.map(({ pointer, detail }) => [pointer, detail])]
  }
  const column = (bytes: Buffer, shape = [6]) => ({
    name: 'groups.country',
    datatype: 'BYTES',
    shape,
    parameters: { binary_data_size: bytes.length },
  })
  t.same(await errorsOf([]), [422, [['#/inputs', 'groups is missing; groupBy needs the columns "country"']]])
  t.same(await errorsOf([column(texts, [5])], texts), [
    422,
    [['#/inputs', 'the bytes of groups.country are 6 elements; its shape has 5']],
  ])
  const cutOff = texts.subarray(0, -1)
  t.same(await errorsOf([column(cutOff)], cutOff), [
    422,
    [['#/inputs', 'the bytes of groups.country are 5 elements and a part of one; its shape has 6']],
  ])
  const long = bytesOf(['a', 'b', 'x'.repeat(257), 'd', 'e', 'y'.repeat(100_000)])
  const what = 'must be a string of up to 256 characters, an integer, true, false or null'
  t.same(await errorsOf([column(long)], long), [
    422,
    [
      ['#/inputs/2/data/2', `groups.country[2] ${what}`],
      ['#/inputs/2/data/5', `groups.country[5] ${what}`],
    ],
  ])
  const notText = Buffer.from(texts)
  notText[4] = 0xff
  t.same(await errorsOf([column(notText)], notText), [422, [['#/inputs/2/data/0', `groups.country[0] ${what}`]]])
  t.same(await errorsOf([{ name: 'groups.country', datatype: 'BYTES', shape: [6], data: country }]), [
    422,
    [['#/inputs/2/datatype', 'BYTES can be sent as bytes, but not in JSON']],
  ])
  const large = { name: 'groups.country', datatype: 'INT64', shape: [6], data: [1, 2, 3, 4, 5, 2 ** 60] }
  t.same(await errorsOf([large]), [422, [['#/inputs/2/data/5', `groups.country[5] ${what}`]]])
})

test('texts and integers of many rows are the same in pieces as in JSON', async (t) => {
  const count = 20_000
  const names = Array.from({ length: count }, (_, at) => `${'country'.slice(0, at % 8)}${at % 3}`)
  const sizes = Array.from({ length: count }, (_, at) => at % 5)
  const numbers = Array.from({ length: count }, (_, at) => at)
  const declared = { ...options, groupBy: ['country', 'size'], include: [] }
  const input = (name: string, datatype: string, data: Uint8Array) => ({
    head: { name, datatype, shape: [count], parameters: { binary_data_size: data.length } },
    data,
  })
  const all = [
    input('predictions', 'FP64', doubles(numbers)),
    input('labels', 'FP64', doubles(sizes)),
    input('groups.country', 'BYTES', bytesOf(names)),
    input('groups.size', 'INT8', Buffer.from(sizes)),
  ]
  const { headers, payload } = binaryOf(
    JSON.stringify({ parameters: declared, inputs: all.map(({ head }) => head) }),
    ...all.map(({ data }) => data),
  )
  const json = { ...declared, predictions: numbers, labels: sizes, groups: { country: names, size: sizes } }
  const { status, body } = await send(app, {}, JSON.stringify(json))
  t.equal(status, 200)
  const chunks = Readable.from(cut(Buffer.from(payload), seeded(4), 5000))
  t.strictSame(same(await send(app, headers, chunks)), [200, body])
})

test('a column that groups lack, and one with too few rows, are named', async (t) => {
  const parameters = { ...options, groupBy: ['country', 'size'], include: [] }
  const head = [inputOfDoubles('predictions', rows.predictions), inputOfDoubles('labels', rows.labels)]
  const sizes = { name: 'groups.size', datatype: 'INT64', shape: [5], data: [1, 2, 3, 4, 5] }
  const pointersOf = async (...more: object[]) => {
    const json = JSON.stringify({ parameters, inputs: [...head, ...more] })
    const { headers, payload } = binaryOf(json, doubles(rows.predictions), doubles(rows.labels))
    const { status, body } = await send(app, headers, payload)
    return [status, (body.errors as { pointer: string }[]).map(({ pointer }) => pointer)]
  }
  t.same(await pointersOf(sizes), [422, ['#/inputs', '#/inputs/2']])
})

test('a form says where its groups are wrong', async (t) => {
  const parts: [string, string][] = [
    ['predictions', '[1]'],
    ['labels', '[2]'],
    ['loss', 'mae'],
    ['labelFormat', 'values'],
    ['groupBy', 'country'],
  ]
  for (const [groups, pointer, detail] of [
    ['{"country":', '#/groups', /^groups is not valid JSON: Unexpected end/],
    ['{"country":["x"]},1', '#/groups', /^groups is not valid JSON: Unexpected token ','/],
    ['["x"]', '#/groups', /^groups is an array; it must be an object/],
    ['{"country":["x","y"]}', '#/groups/country', /^groups.country has 2 values/],
  ] as const) {
    const { headers, payload } = formOf([...parts, ['groups', groups]])
    const { status, body } = await send(app, headers, payload)
    const [error] = body.errors as { pointer: string; detail: string }[]
    t.same([status, error.pointer], [422, pointer])
    t.match(error.detail, detail)
  }
  t.equal(app.resources.budget.held, 0)
})

test('/v2 has no place for groups in its answer', async (t) => {
  const response = await app.inject({
    method: 'POST',
    url: '/v2/models/mae/infer',
    headers: binary.headers,
    payload: binary.payload,
  })
  t.same(response.statusCode, 422)
  t.match(response.json(), { error: /groupBy has no effect here; POST \/v1\/loss takes it/ })
})
