import { PassThrough, Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { test } from 'tap'
import type { Datatype } from '../../../src/http/body/datatypes.ts'
import { bytesOf, datatypes } from '../../../src/http/body/datatypes.ts'
import { readBinary, readInference } from '../../../src/http/body/oip.ts'
import type { Fields } from '../../../src/http/body/parsed-body.ts'
import type { Tensor } from '../../../src/loss/tensor.ts'
import type { Path } from '../../../src/loss/validation-errors.ts'
import { eventually } from '../../eventually.ts'
import { appOf } from '../../support.ts'
import type { Input } from './support.ts'
import {
  binaryBody,
  binaryOf,
  Client,
  chunk,
  cut,
  doublesOf,
  enough,
  head,
  invalid,
  lastChunk,
  limits,
  malformed,
  options,
  readerOf,
  rowsOf,
  seeded,
  send,
  serve,
  tooLarge,
} from './support.ts'

const app = await appOf(t)

type Numbers = readonly number[]

/** Little-endian bytes of numbers that the type holds exactly. */
const written: Record<Datatype, (numbers: Numbers) => ArrayBufferView> = {
  FP64: (numbers) => Float64Array.from(numbers),
  FP32: (numbers) => Float32Array.from(numbers),
  FP16: (numbers) => Float16Array.from(numbers),
  BF16: (numbers) => new Uint16Array(Float32Array.from(numbers).buffer).filter((_, at) => at % 2 === 1),
  INT8: (numbers) => Int8Array.from(numbers),
  INT16: (numbers) => Int16Array.from(numbers),
  INT32: (numbers) => Int32Array.from(numbers),
  INT64: (numbers) => BigInt64Array.from(numbers, BigInt),
  UINT8: (numbers) => Uint8Array.from(numbers),
  UINT16: (numbers) => Uint16Array.from(numbers),
  UINT32: (numbers) => Uint32Array.from(numbers),
  UINT64: (numbers) => BigUint64Array.from(numbers, BigInt),
  BOOL: (numbers) => Uint8Array.from(numbers),
}

function inputOf(name: string, shape: Numbers, datatype: Datatype, numbers: Numbers): Input {
  const { buffer, byteOffset, byteLength } = written[datatype](numbers)
  return { name, shape, datatype, bytes: new Uint8Array(buffer, byteOffset, byteLength) }
}

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

test('the header that says how long the JSON part is must be right', async (t) => {
  const { payload } = binaryBody(options, [inputOf('predictions', [2], 'FP64', [0, 0])])
  const end = payload.length - 16
  const needed = 'A binary body needs the header Inference-Header-Content-Length: the length of its JSON part.'
  const type = { 'content-type': 'application/octet-stream' }
  t.same((await send(app, type, payload)).body, malformed(needed))
  for (const length of ['', '-1', 'abc', '1.5', '1e3', '0x10', '1, 2', '9'.repeat(16)]) {
    const { status, body } = await send(app, { ...type, 'inference-header-content-length': length }, payload)
    t.same([status, body], [400, malformed(needed)], length)
  }
  const lengths: [number, number, object][] = [
    [0, 400, malformed("The body is not valid JSON: Unexpected end at byte 0; '{' was expected.", { offset: 0 })],
    [
      10,
      400,
      malformed('The body is not valid JSON: Unexpected end at byte 10; a character of a string was expected.', {
        offset: 10,
      }),
    ],
    [
      payload.length + 1,
      400,
      malformed(`The body is not valid JSON: Unexpected byte 0x00 at byte ${end}; nothing may follow the document.`, {
        offset: end,
      }),
    ],
    [
      999_999_999_999_999,
      413,
      tooLarge('The JSON part is longer than maxBodyBytes, 67108864 bytes.', 'maxBodyBytes', 2 ** 26),
    ],
  ]
  for (const [length, wanted, problem] of lengths) {
    const headers = { ...type, 'inference-header-content-length': String(length) }
    const { status, body } = await send(app, headers, payload)
    t.same([status, body], [wanted, problem], `${length}`)
  }
  const ends = malformed('The body ends before the bytes that its header declares.')
  const headers = { ...type, 'inference-header-content-length': '100' }
  t.same((await send(app, headers, Buffer.from('{"inputs":['))).body, ends)
})

const good = { name: 'predictions', shape: [1], datatype: 'FP64', parameters: { binary_data_size: 8 } }
const goodLabels = { ...good, name: 'labels' }
const eight = new Uint8Array(8)

interface Refusal {
  readonly what: string
  readonly inputs: unknown
  readonly more?: object
  readonly data?: readonly Uint8Array[]
  readonly pointer: string
  readonly detail: string
  readonly received: unknown
}

function sized(shape: readonly unknown[], size: unknown, datatype = 'FP64'): object {
  return { name: 'predictions', shape, datatype, parameters: { binary_data_size: size } }
}

const both = [good, goodLabels]
const twoTensors = [eight, eight]
const size = '#/inputs/0/parameters/binary_data_size'
const refusals: Refusal[] = [
  { what: 'no inputs', inputs: undefined, pointer: '#/inputs', detail: 'inputs is missing', received: 'nothing' },
  {
    what: 'empty inputs',
    inputs: [],
    pointer: '#/inputs',
    detail: 'inputs must have at least 1 element',
    received: 'an array of 0',
  },
  {
    what: 'inputs that are no list',
    inputs: {},
    pointer: '#/inputs',
    detail: 'inputs must be an array',
    received: 'an object',
  },
  {
    what: 'an input that is none',
    inputs: [1],
    pointer: '#/inputs/0',
    detail: 'inputs[0] must be a JSON object; received 1',
    received: 1,
  },
  {
    what: 'an unknown name',
    inputs: [{ ...good, name: 'x' }],
    pointer: '#/inputs/0/name',
    detail: 'inputs[0].name must be predictions, labels or sampleWeights; received "x"',
    received: 'x',
  },
  {
    what: 'class weights as input',
    inputs: [{ ...good, name: 'classWeights' }],
    pointer: '#/inputs/0/name',
    detail: 'inputs[0].name',
    received: 'classWeights',
  },
  {
    what: 'an unknown type',
    inputs: [{ ...good, datatype: 'BYTES' }],
    pointer: '#/inputs/0/datatype',
    detail: 'inputs[0].datatype',
    received: 'BYTES',
  },
  {
    what: 'a type in lower case',
    inputs: [{ ...good, datatype: 'fp64' }],
    pointer: '#/inputs/0/datatype',
    detail: 'inputs[0].datatype',
    received: 'fp64',
  },
  {
    what: 'an unknown field',
    inputs: [{ ...good, offset: 0 }],
    pointer: '#/inputs/0/offset',
    detail: '"offset"',
    received: 0,
  },
  {
    what: 'data in the JSON part and bytes',
    inputs: [{ ...good, data: [1] }],
    pointer: '#/inputs/0/data',
    detail: 'predictions has both data and binary_data_size',
    received: 'an array of 1 number',
  },
  {
    what: 'a negative dimension',
    inputs: [sized([-1], 8)],
    pointer: '#/inputs/0/shape/0',
    detail: 'inputs[0].shape[0]',
    received: -1,
  },
  {
    what: 'two negative dimensions',
    inputs: [sized([-1, -1], 8)],
    pointer: '#/inputs/0/shape/0',
    detail: '2 errors',
    received: -1,
  },
  {
    what: 'a fractional dimension',
    inputs: [sized([0.5, 2], 8)],
    pointer: '#/inputs/0/shape/0',
    detail: 'inputs[0].shape[0]',
    received: 0.5,
  },
  {
    what: 'a dimension beyond 2^53',
    inputs: [sized([1e20], 8)],
    pointer: '#/inputs/0/shape/0',
    detail: 'inputs[0].shape[0]',
    received: 1e20,
  },
  {
    what: 'a dimension that is text',
    inputs: [sized(['1'], 8)],
    pointer: '#/inputs/0/shape/0',
    detail: 'inputs[0].shape[0]',
    received: '1',
  },
  {
    what: 'rank 3',
    inputs: [sized([1, 1, 1], 8)],
    pointer: '#/inputs/0/shape',
    detail: 'inputs[0].shape',
    received: 'an array of 3',
  },
  {
    what: 'a negative size',
    inputs: [sized([1], -8)],
    pointer: size,
    detail: 'inputs[0].parameters.binary_data_size',
    received: -8,
  },
  {
    what: 'a size that does not fit',
    inputs: [sized([1], 7)],
    pointer: size,
    detail: 'shape [1] of FP64 takes 8 bytes, not 7',
    received: 7,
  },
  {
    what: 'the size of another type',
    inputs: [sized([3], 24, 'FP16')],
    pointer: size,
    detail: 'shape [3] of FP16 takes 6 bytes, not 24',
    received: 24,
  },
  {
    what: 'a size of no shape',
    inputs: [sized([0, 5], 40)],
    pointer: size,
    detail: 'shape [0, 5] of FP64 takes 0 bytes, not 40',
    received: 40,
  },
  {
    what: 'no size',
    inputs: [{ ...good, parameters: {} }],
    pointer: size,
    detail: 'inputs[0].parameters.binary_data_size is missing',
    received: 'nothing',
  },
  {
    what: 'a name given twice',
    inputs: [good, good],
    pointer: '#/inputs/1/name',
    detail: 'inputs has "predictions" twice',
    received: 'predictions',
  },
  {
    what: 'too many inputs',
    inputs: [good, goodLabels, good, good],
    pointer: '#/inputs',
    detail: 'inputs must have at most 3 elements',
    received: 'an array of 4',
  },
  {
    what: 'another field',
    inputs: both,
    more: { offsets: [] },
    pointer: '#/offsets',
    detail: '"offsets"',
    received: 'an array of 0',
  },
  {
    what: 'parameters that are none',
    inputs: both,
    more: { parameters: [1] },
    pointer: '#/parameters',
    detail: 'parameters must be a JSON object',
    received: 'an array of 1',
  },
  {
    what: 'a tensor among the options',
    inputs: both,
    more: { parameters: { ...options, labels: [1] } },
    data: twoTensors,
    pointer: '#/parameters/labels',
    detail: 'labels is a tensor and belongs in inputs',
    received: 'an array of 1',
  },
  {
    what: 'class weights that are none',
    inputs: both,
    more: { parameters: { loss: 'cross-entropy', labelFormat: 'probabilities', classWeights: 'x' } },
    data: twoTensors,
    pointer: '#/parameters/classWeights',
    detail: 'classWeights is a string; it must be an array of numbers',
    received: 'a string',
  },
  {
    what: 'no predictions',
    inputs: [goodLabels],
    data: [eight],
    pointer: '#/inputs',
    detail: 'predictions is missing',
    received: 'nothing',
  },
  {
    what: 'no labels',
    inputs: [good],
    data: [eight],
    pointer: '#/inputs',
    detail: 'labels is missing',
    received: 'nothing',
  },
  {
    what: 'an unknown option',
    inputs: both,
    more: { parameters: { ...options, epsilom: 1 } },
    data: twoTensors,
    pointer: '#/parameters/epsilom',
    detail: '"epsilom"',
    received: 1,
  },
  {
    what: 'leftovers',
    inputs: both,
    data: [eight, eight, Uint8Array.of(1)],
    pointer: '#/inputs',
    detail: 'bytes follow the last input',
    received: 'bytes',
  },
]

for (const { what, inputs, more, data = [], pointer, detail, received } of refusals) {
  test(`${what} is refused`, async (t) => {
    const { headers, payload } = binaryOf(JSON.stringify({ parameters: options, inputs, ...more }), ...data)
    const { status, body } = await send(app, headers, Readable.from([payload]))
    t.equal(status, 422)
    const errors = body.errors as { pointer: string; detail: string; received: unknown }[]
    t.same([errors[0].pointer, errors[0].received], [pointer, received])
    t.ok(String(body.detail).startsWith(detail), `${body.detail}`)
  })
}

test('a JSON part that is no JSON, or no object, is refused', async (t) => {
  const cases: [string, number, object][] = [
    [
      '{"inputs":[}',
      400,
      malformed("The body is not valid JSON: Unexpected token '}' at byte 11; a value or ']' was expected.", {
        offset: 11,
      }),
    ],
    [
      '{"inputs":1,"inputs":2}',
      400,
      malformed('The body is not valid JSON: The key at byte 12 was given before in the same object.', { offset: 12 }),
    ],
    ['[]', 422, invalid('#', 'the body is an array of 0; it must be one JSON object', 'an array of 0')],
  ]
  for (const [json, wanted, problem] of cases) {
    const { headers, payload } = binaryOf(json, eight)
    const { status, body } = await send(app, headers, payload)
    t.same([status, body], [wanted, problem], json)
  }
})

test('shapes beyond the limits are refused before anything is allocated', async (t) => {
  const { maxElements, maxRows, maxColumns, maxBodyBytes } = limits()
  const at = { pointer: '#/inputs/0/shape' }
  const cases: [Numbers, number, string, number][] = [
    [[2 ** 40, 2 ** 40], 2 ** 52, 'maxRows', maxRows],
    [[2 ** 40, 0], 0, 'maxRows', maxRows],
    [[0, 2 ** 40], 0, 'maxColumns', maxColumns],
    [[1, 2 ** 40], 2 ** 43, 'maxColumns', maxColumns],
    [[2 ** 24, 2 ** 18], 2 ** 45, 'maxElements', maxElements],
    [[2 ** 53 - 1], 2 ** 53 - 1, 'maxRows', maxRows],
  ]
  const before = process.memoryUsage().arrayBuffers
  for (const [shape, bytes, limit, allowed] of cases) {
    const { headers, payload } = binaryOf(JSON.stringify({ inputs: [sized(shape, bytes)] }))
    const { status, body } = await send(app, headers, Readable.from([payload]))
    const detail = `shape [${shape.join(', ')}] exceeds ${limit}, ${allowed}.`
    t.same([status, body], [413, tooLarge(detail, limit, allowed, at)])
  }
  const huge = { parameters: { binary_data_size: 2 ** 60 } }
  const unsafe = binaryOf(JSON.stringify({ inputs: [{ ...good, ...huge }] }))
  t.equal((await send(app, unsafe.headers, Readable.from([unsafe.payload]))).status, 422)

  // each below the limit, but not together
  const elements = 3 * 2 ** 20
  const three = ['predictions', 'labels', 'sampleWeights'].map((name) => ({ ...sized([elements], 8 * elements), name }))
  const sum = binaryOf(JSON.stringify({ inputs: three }))
  const total = sum.payload.length + 24 * elements
  const detail = `The JSON part and the inputs take ${total} bytes; maxBodyBytes is ${maxBodyBytes}.`
  const { status, body } = await send(app, sum.headers, Readable.from([sum.payload]))
  t.same([status, body], [413, tooLarge(detail, 'maxBodyBytes', maxBodyBytes, { pointer: '#/inputs' })])
  t.ok(process.memoryUsage().arrayBuffers - before < 2 ** 20)
})

test('what is declared and what comes must be of one length', async (t) => {
  const { headers, payload } = binaryBody(options, doublesOf(rowsOf(2, 2)))
  for (const other of [payload.subarray(0, -1), Buffer.concat([payload, Buffer.of(0)])]) {
    const detail = `the JSON part and the inputs take ${payload.length} bytes; Content-Length is ${other.length}`
    const { status, body } = await send(app, headers, other)
    t.same([status, body], [422, invalid('#/inputs', detail, other.length)])
  }
  const short = await send(app, headers, Readable.from([payload.subarray(0, -1)]))
  t.same([short.status, short.body], [400, malformed('The body ends before the bytes that its header declares.')])
  const long = await send(app, headers, Readable.from([payload, Buffer.of(0)]))
  t.same([long.status, long.body], [422, invalid('#/inputs', 'bytes follow the last input', 'bytes')])
})

test('tensors may be empty as far as their bytes go', async (t) => {
  const inputs = [inputOf('predictions', [0, 3], 'FP64', []), inputOf('labels', [0], 'BOOL', [])]
  const { headers, payload } = binaryBody(options, inputs)
  const { status, body } = await send(app, headers, payload)
  t.same(
    [status, body],
    [422, invalid('#/inputs/0', 'predictions is empty; it must have at least one sample', 'an empty array')],
  )
  const middle = binaryBody(options, [inputs[1], ...doublesOf(rowsOf(2, 2)).slice(0, 1)])
  t.equal((await send(app, middle.headers, middle.payload)).status, 422)
})

test('the tensors of a binary body are its only batch, and its errors have their places', async (t) => {
  const rows = rowsOf(3, 2)
  const { headers, payload } = binaryBody(options, doublesOf(rows))
  const { reader, work } = readerOf(Readable.from([payload]), headers)
  const body = await readBinary(reader, work, headers['inference-header-content-length'], limits())
  const fields = {
    predictions: {
      data: Float64Array.from(rows.predictions.flat()),
      shape: [3, 2],
      nonNumeric: [],
      nonNumericCount: 0,
    },
    labels: { data: Float64Array.from(rows.labels.flat()), shape: [3, 2], nonNumeric: [], nonNumericCount: 0 },
  }
  t.same([body.options, body.only], [options, fields])
  const places: [Path, Path][] = [
    [[], []],
    [['epsilon'], ['parameters', 'epsilon']],
    [
      ['include', 1],
      ['parameters', 'include', 1],
    ],
    [['predictions'], ['inputs', 0]],
    [
      ['labels', 2, 1],
      ['inputs', 1, 'data', 2, 1],
    ],
    [['sampleWeights'], ['inputs']],
  ]
  for (const [path, place] of places) t.same(body.place.locate?.(path), place)
})

test('a binary body is taken from a connection, in whatever chunks', async (t) => {
  const { app, port } = await serve(t)
  const rows = rowsOf(40, 3)
  const wanted = await send(app, {}, JSON.stringify({ ...options, ...rows }))
  const { headers, payload } = binaryBody(options, doublesOf(rows))
  const client = new Client(t, port)
  for (const longest of [3, 50, 2000]) {
    await client.write(head({ ...headers, 'transfer-encoding': 'chunked' }))
    for (const piece of cut(payload, seeded(longest), longest)) await client.write(chunk(piece))
    await client.write(lastChunk)
    const { status, body } = await client.answer()
    const { requestId: _, ...answer } = body
    t.same([status, answer], [200, wanted.body])
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

/** The bytes that tensors take together. */
function bytesIn(tensors: Fields | undefined): number {
  return Object.values(tensors ?? {}).reduce<number>((sum, tensor) => sum + (tensor as Tensor).data.byteLength, 0)
}

test('tensors take memory as they come, whatever was announced', async (t) => {
  const count = 2 ** 21
  const { headers, payload } = announced([count], 'FP64', 8 * count)
  const connection = new PassThrough()
  const { reader, work, budget } = readerOf(connection)
  const reading = readBinary(reader, work, headers['inference-header-content-length'], limits())
  connection.write(payload)
  t.ok(await eventually(() => reader.isWaiting))
  t.equal(budget.held, payload.length)
  let sent = 0
  for (const bytes of [3, 5000, 200_000]) {
    connection.write(Buffer.alloc(bytes))
    sent += bytes
    await sleep(5)
    t.ok(await eventually(() => reader.isWaiting))
    t.ok(budget.held >= sent && budget.held <= sent + bytes, `${budget.held} bytes for ${sent}`)
  }
  work.giveWay(enough)
  await t.rejects(reading, enough)
  t.equal(budget.held, 0)
})

test('what came of a tensor is held once, as doubles', async (t) => {
  for (const datatype of datatypes) {
    const bytes = 1000 * bytesOf(datatype)
    const { headers, payload } = announced([1000], datatype, bytes)
    const { reader, work, budget } = readerOf(Readable.from([payload, Buffer.alloc(bytes), Buffer.alloc(bytes)]))
    const { only = {} } = await readBinary(reader, work, headers['inference-header-content-length'], limits())
    t.same([budget.held, bytesIn(only)], [16_000, 16_000], datatype)
    for (const tensor of Object.values(only)) work.memory.free((tensor as Tensor).data.buffer)
    t.equal(budget.held, 0, datatype)
  }
})

test('inputs that will not fit while they become doubles are refused at once, and others are not', async (t) => {
  const cases: [Numbers, Datatype, readonly string[], number][] = [
    [[1000], 'UINT8', ['predictions'], 9000],
    [[1000], 'UINT8', ['predictions', 'labels'], 17_000],
    [[10, 100], 'FP32', ['predictions', 'labels', 'sampleWeights'], 28_000],
    [[1000], 'FP16', ['labels', 'predictions'], 18_000],
    [[1000], 'INT64', ['predictions', 'labels'], 24_000],
  ]
  for (const [shape, datatype, names, peak] of cases) {
    const bytes = 1000 * bytesOf(datatype)
    const { headers, payload } = announced(shape, datatype, bytes, [...names])
    const length = headers['inference-header-content-length']
    const all = [payload, ...names.map(() => Buffer.alloc(bytes))]

    const fitting = { maxInFlightBytes: peak }
    const { reader, work } = readerOf(Readable.from(all), {}, fitting)
    const { only } = await readBinary(reader, work, length, limits(fitting))
    t.equal(bytesIn(only), 8000 * names.length)

    const short = { maxInFlightBytes: peak - 1 }
    const begun = readerOf(Readable.from([payload]), {}, short)
    const refusal = readBinary(begun.reader, begun.work, length, limits(short))
    await t.rejects(refusal, {
      limit: 'maxInFlightBytes',
      allowed: peak - 1,
      path: ['inputs'],
      message: `The inputs take ${peak} bytes of memory while they become doubles; maxInFlightBytes is ${peak - 1}.`,
    })
    begun.reader.close(enough)
  }
})

test('the client of inputs that will not fit sees it before it has sent them', async (t) => {
  const { port } = await serve(t, { MAX_BODY_BYTES: '1000000', MAX_IN_FLIGHT_BYTES: '4000000' })
  const { headers, payload } = announced([480_000], 'BOOL', 480_000)
  const client = new Client(t, port)
  await client.write(head({ ...headers, 'content-length': payload.length + 960_000 }))
  await client.write(payload)
  const { status, body } = await client.answer()
  const { requestId: _, ...problem } = body
  const detail = 'The inputs take 8160000 bytes of memory while they become doubles; maxInFlightBytes is 4000000.'
  t.same([status, problem], [413, tooLarge(detail, 'maxInFlightBytes', 4_000_000, { pointer: '#/inputs' })])
})

test('a JSON part with very many values is refused before they are looked at', async (t) => {
  const many = Array.from({ length: 4096 }, () => 1)
  const detail = 'The options hold more than maxOptionValues, 4096, values.'
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

test('JSON has no bytes after it', async (t) => {
  const { status, body } = await send(app, {}, JSON.stringify({ parameters: options, inputs: [good, goodLabels] }))
  const detail = 'no bytes follow JSON without the header Inference-Header-Content-Length, the length of the JSON part'
  t.same([status, body], [422, invalid('#/inputs/0/parameters/binary_data_size', detail, 8)])
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
