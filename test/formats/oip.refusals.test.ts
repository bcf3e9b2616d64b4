import { Readable } from 'node:stream'
import t, { test } from 'tap'
import { appOf } from '../support.ts'
import type { Numbers } from './inputs.ts'
import { eight, good, inputOf, sized } from './inputs.ts'
import {
  binaryBody,
  binaryOf,
  doublesOf,
  invalid,
  limits,
  malformed,
  options,
  rowsOf,
  send,
  tooLarge,
} from './support.ts'

const app = await appOf(t)

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

const goodLabels = { ...good, name: 'labels' }

interface Refusal {
  readonly what: string
  readonly inputs: unknown
  readonly more?: object
  readonly data?: readonly Uint8Array[]
  readonly pointer: string
  readonly detail: string
  readonly received: unknown
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
    detail: 'inputs[0].name must be predictions, labels, sampleWeights or groups.COLUMN; received "x"',
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
    detail: 'predictions is BYTES; only columns of groups may be',
    received: 'BYTES',
  },
  {
    what: 'a column of real numbers',
    inputs: [good, goodLabels, { ...good, name: 'groups.country' }],
    pointer: '#/inputs/2/datatype',
    detail: 'groups.country is FP64; it must be BYTES, BOOL or integers',
    received: 'FP64',
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
    inputs: new Array(36).fill(good),
    pointer: '#/inputs',
    detail: 'inputs must have at most 35 elements',
    received: 'an array of 36',
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

test('JSON has no bytes after it', async (t) => {
  const { status, body } = await send(app, {}, JSON.stringify({ parameters: options, inputs: [good, goodLabels] }))
  const detail = 'no bytes follow JSON without the header Inference-Header-Content-Length, the length of the JSON part'
  t.same([status, body], [422, invalid('#/inputs/0/parameters/binary_data_size', detail, 8)])
})
