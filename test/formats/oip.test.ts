import { Readable } from 'node:stream'
import t, { test } from 'tap'
import type { Datatype } from '../../src/formats/datatypes.ts'
import { datatypes } from '../../src/formats/datatypes.ts'
import { decodeJson, readJson } from '../../src/formats/json.ts'
import { readBinary, readInference } from '../../src/formats/oip.ts'
import { batchKind } from '../../src/formats/oip-header.ts'
import { finish } from '../loss/support.ts'
import { appOf } from '../support.ts'
import { unaccounted } from '../unaccounted.ts'
import type { Numbers } from './inputs.ts'
import { eight, good, inputOf, sized } from './inputs.ts'
import {
  binaryBody,
  binaryOf,
  cut,
  doublesOf,
  invalid,
  limits,
  options,
  readerOf,
  rowsOf,
  seeded,
  send,
  tooLarge,
} from './support.ts'

const app = await appOf(t)

const values: Record<Datatype, Numbers> = {
  FP64: [0.1, -1 / 3, 1e-300, 1e10],
  FP32: [0.5, Math.fround(0.1), -Math.fround(1e-40), Math.fround(1e10)],
  FP16: [0.5, 65504, 2 ** -24, -1.5],
  BF16: [0.5, 2 ** 100, -(2 ** -100), 1.5],
  INT8: [-128, 127, 0, -1],
  INT16: [-32768, 32767, 258, -2],
  INT32: [-(2 ** 31), 2 ** 31 - 1, 3, 4],
  INT64: [-(2 ** 53), 2 ** 53, 2 ** 60, -1],
  UINT8: [0, 255, 1, 2],
  UINT16: [0, 65535, 1, 2],
  UINT32: [0, 2 ** 32 - 1, 1, 2],
  UINT64: [0, 2 ** 53, 2 ** 63, 1],
  BOOL: [0, 1, 1, 0],
}

for (const datatype of datatypes) {
  test(`${datatype} has the same answer as JSON, in every place`, async (t) => {
    const [a, b, c, d] = values[datatype]
    const other = [d, c, b, a]
    const cases: [Numbers, unknown, unknown][] = [
      [[4], [a, b, c, d], other],
      [
        [2, 2],
        [
          [a, b],
          [c, d],
        ],
        [
          [d, c],
          [b, a],
        ],
      ],
    ]
    for (const [shape, predictions, labels] of cases) {
      const samples = shape[0]
      const weights = values.UINT8.slice(0, samples)
      const json = JSON.stringify({ ...options, predictions, labels, sampleWeights: weights })
      const inputs = [
        inputOf('labels', shape, datatype, other),
        inputOf('sampleWeights', [samples], 'UINT8', weights),
        inputOf('predictions', shape, datatype, values[datatype]),
      ]
      const { headers, payload } = binaryBody(options, inputs)
      const wanted = await send(app, {}, json)
      const { status, body } = await send(app, headers, payload)
      t.equal(wanted.status, 200)
      t.same([status, body], [200, wanted.body])
    }
  })
}

test('class labels, class weights and a bare label are as in JSON', async (t) => {
  const classes = { loss: 'cross-entropy', labelFormat: 'index', classWeights: [1, 2, 0.5] }
  const cases: [unknown, unknown, Numbers, Numbers, Numbers][] = [
    [[[0.5, 0.25, 0.25]], [2], [1, 3], [1], [2]],
    [[0.5, 0.25, 0.25], 2, [3], [], [2]],
  ]
  for (const [predictions, labels, shape, labelShape, label] of cases) {
    const inputs = [
      inputOf('predictions', shape, 'FP32', [0.5, 0.25, 0.25]),
      inputOf('labels', labelShape, 'INT64', label),
    ]
    const { headers, payload } = binaryBody(classes, inputs)
    const wanted = await send(app, {}, JSON.stringify({ ...classes, predictions, labels }))
    const { status, body } = await send(app, headers, payload)
    t.same([wanted.status, status, body], [200, 200, wanted.body])
  }
})

test('however a binary body is cut, the answer is the same', async (t) => {
  const rows = rowsOf(30, 4)
  const { headers, payload } = binaryBody(options, doublesOf(rows))
  const { status, body } = await send(app, {}, JSON.stringify({ ...options, ...rows }))
  t.equal(status, 200)
  const random = seeded(1)
  for (const longest of [1, 7, 8, 100, 1000, 10_000]) {
    for (const declared of [{}, { 'content-length': String(payload.length) }]) {
      const answer = await send(app, { ...headers, ...declared }, Readable.from(cut(payload, random, longest)))
      t.same([answer.status, answer.body], [200, body], `${longest}`)
    }
  }
})

test('values that no tensor may hold are refused with their place', async (t) => {
  const shape = [2, 2]
  const labels = inputOf('labels', shape, 'FP64', [1, 2, 3, 4])
  const words = (...bits: number[]) => new Uint8Array(Uint16Array.from(bits).buffer)
  const longs = (...all: bigint[]) => new Uint8Array(BigUint64Array.from(all).buffer)
  const inexact = 'no double is exactly that integer'
  const cases: [string, Uint8Array, string, string, string][] = [
    ['INT64', longs(0n, 1n, 2n ** 53n + 1n, 3n), '1/0', `[1][0] is ${2n ** 53n + 1n}; ${inexact}`, `${2n ** 53n + 1n}`],
    [
      'UINT64',
      longs(0n, 1n, 2n, 2n ** 64n - 1n),
      '1/1',
      `[1][1] is ${2n ** 64n - 1n}; ${inexact}`,
      `${2n ** 64n - 1n}`,
    ],
    ['BOOL', Uint8Array.of(0, 2, 0, 3), '0/1', '[0][1] is 2; a BOOL is 0 or 1', '2'],
    ['FP64', new Uint8Array(Float64Array.of(0, 0, Number.NaN, 0).buffer), '1/0', '[1][0] is NaN', 'NaN'],
    [
      'FP32',
      new Uint8Array(Float32Array.of(Number.POSITIVE_INFINITY, 0, 0, 0).buffer),
      '0/0',
      '[0][0] is Inf',
      'Infinity',
    ],
    ['FP16', words(0, 0, 0, 0xfc00), '1/1', '[1][1] is -Infinity', '-Infinity'],
    ['BF16', words(0, 0x7fc0, 0, 0), '0/1', '[0][1] is NaN', 'NaN'],
  ]
  for (const [datatype, bytes, path, detail, received] of cases) {
    const { headers, payload } = binaryBody(options, [{ name: 'predictions', shape, datatype, bytes }, labels])
    const { status, body } = await send(app, headers, payload)
    t.equal(status, 422)
    t.match(body, { errors: [{ pointer: `#/inputs/0/data/${path}`, received }], errorCount: 1 })
    t.ok(String(body.detail).startsWith(`predictions${detail}`), `${body.detail}`)
  }
})

test('only the loss takes binary bodies', async (t) => {
  const { headers, payload } = binaryBody(options, doublesOf(rowsOf(1, 1)))
  for (const path of ['/v1/sweeps', '/v1/mini-batches']) {
    const { status, body } = await send(app, headers, payload, path)
    t.equal(status, 415)
    t.same(body.accepted, ['application/json'])
  }
})

/** The JSON part for inputs of bytes, and how long it is. */
function announced(shape: Numbers, datatype: Datatype, bytes: number, names = ['predictions', 'labels']) {
  return binaryOf(JSON.stringify({ inputs: names.map((name) => ({ ...sized(shape, bytes, datatype), name })) }))
}

test('a JSON part with very many values is refused before they are looked at', async (t) => {
  const many = Array.from({ length: 4096 }, () => 1)
  const detail = 'The options contain more than maxOptionValues, 4096, values.'
  const refusal = tooLarge(detail, 'maxOptionValues', 4096)
  for (const json of [
    { inputs: many },
    { inputs: [{ ...good, shape: many }] },
    { inputs: [good], parameters: { include: many } },
  ]) {
    const { headers, payload } = binaryOf(JSON.stringify(json), eight)
    const { status, body } = await send(app, headers, payload)
    t.equal(status, 413)
    t.match(body, { limit: 'maxOptionValues', allowed: 4096, detail })
    if (!('parameters' in json)) t.same(body, refusal)
  }
  const fewer = binaryOf(JSON.stringify({ inputs: many.slice(1) }))
  t.equal((await send(app, fewer.headers, fewer.payload)).status, 422)
})

test('tensors of no bytes are whole at once, wherever they stand', async (t) => {
  for (const names of [['predictions'], ['labels', 'predictions', 'sampleWeights']]) {
    const { headers, payload } = announced([0, 3], 'FP32', 0, names)
    const { reader, work } = readerOf(Readable.from([payload]))
    const { only } = await readBinary(reader, work, headers['inference-header-content-length'], limits())
    const none = { data: new Float64Array(0), shape: [0, 3], nonNumeric: [], nonNumericCount: 0 }
    t.same(
      only,
      Object.fromEntries(
        ['labels', 'predictions', 'sampleWeights'].filter((name) => names.includes(name)).map((name) => [name, none]),
      ),
    )
  }
})

test('tensors in JSON have the same answer as bytes, alone and beside them', async (t) => {
  const rows = rowsOf(30, 4)
  const wanted = await send(app, {}, JSON.stringify({ ...options, ...rows }))
  t.equal(wanted.status, 200)
  const inData = (['predictions', 'labels'] as const).map((name, at) => {
    return { name, shape: [30, 4], datatype: 'FP64', data: at === 0 ? rows[name] : rows[name].flat() }
  })
  const asked = { id: '7', outputs: [{ name: 'loss', parameters: { binary_data: true } }] }
  const request = { ...asked, parameters: { ...options, binary_data_output: true }, inputs: inData }
  const { status, body } = await send(app, {}, JSON.stringify(request))
  t.same([status, body], [200, wanted.body])

  const [first, second] = doublesOf(rows)
  const { bytes, ...described } = second
  const inputs = [{ ...described, parameters: { binary_data_size: bytes.length } }, inData[0]]
  const mixed = binaryOf(JSON.stringify({ ...request, inputs }), bytes)
  for (const longest of [11, 10_000]) {
    const answer = await send(app, mixed.headers, Readable.from(cut(mixed.payload, seeded(4), longest)))
    t.same([answer.status, answer.body], [200, wanted.body])
  }
  t.equal(first.name, 'predictions')
})

test('large tensors in JSON are no options, and their errors have their places', async (t) => {
  const data = Array.from({ length: 100_000 }, (_, at) => at % 7)
  const inputs = ['predictions', 'labels'].map((name) => ({ name, shape: [50_000, 2], datatype: 'UINT8', data }))
  const right = await send(app, {}, JSON.stringify({ parameters: options, inputs }))
  t.match([right.status, right.body], [200, { loss: 0, samples: 50_000 }])
  const wrong = { ...inputs[1], data: data.with(777, 0.5) }
  const { status, body } = await send(app, {}, JSON.stringify({ parameters: options, inputs: [inputs[0], wrong] }))
  const detail = 'labels[388][1] is 0.5; UINT8 has integers of its range'
  t.same([status, body], [422, invalid('#/inputs/1/data/777', detail, '0.5')])
})

test('a body that has come as a whole is what it is in pieces', async (t) => {
  const rows = rowsOf(1500, 2)
  const inputs = (['predictions', 'labels'] as const).map((name) => {
    return { name, shape: [1500, 2], datatype: 'FP64', data: rows[name] }
  })
  const small = { ...options, predictions: rows.predictions[0], labels: rows.labels[0] }
  for (const document of [small, { ...options, ...rows }, { parameters: options, inputs }]) {
    const bytes = Buffer.from(JSON.stringify(document))
    const { reader, work } = readerOf(Readable.from([bytes]))
    const inPieces = await readJson(reader, work, limits(), batchKind)
    const whole = finish(decodeJson(bytes, unaccounted, limits(), batchKind))
    t.same([whole.options, whole.only], [inPieces.options, inPieces.only])
  }
})

test('an inference request is read with or without a length of its JSON part', async (t) => {
  const rows = rowsOf(2, 2)
  const { headers, payload } = binaryBody(options, doublesOf(rows))
  const binary = readerOf(Readable.from([payload]))
  const length = headers['inference-header-content-length']
  const fromBytes = await readInference(binary.reader, binary.work, length, limits())
  const inputs = (['predictions', 'labels'] as const).map((name) => ({
    name,
    shape: [2, 2],
    datatype: 'FP64',
    data: rows[name],
  }))
  const json = { id: 'x', outputs: 1, inputs, parameters: { ...options, binary_data_output: 2 } }
  const inJson = readerOf(Readable.from([JSON.stringify(json)]).map((text) => Buffer.from(text)))
  const fromJson = await readInference(inJson.reader, inJson.work, undefined, limits())
  t.same([fromJson.options, fromJson.only], [fromBytes.options, fromBytes.only])
  t.strictSame(fromJson.asked, { id: 'x', outputs: 1, binaryOutput: 2 })
  t.strictSame(fromBytes.asked, { id: undefined, outputs: undefined, binaryOutput: undefined })
})
