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
  const noJson = (at: number, expected: string): [number, object] => {
    const place = `in line 1, column ${at + 1} (byte ${at})`
    const detail = `The body is not valid JSON: Unexpected end ${place}; ${expected} was expected.`
    return [400, malformed(detail, { offset: at })]
  }
  const behind = `Unexpected byte 0x00 in line 1, column ${end + 1} (byte ${end}); nothing may follow the document.`
  const tooLong = 'The JSON part is longer than maxBodyBytes, 67108864 bytes.'
  const lengths: [number, [number, object]][] = [
    [0, noJson(0, "'{'")],
    [10, noJson(10, 'a character of a string')],
    [payload.length + 1, [400, malformed(`The body is not valid JSON: ${behind}`, { offset: end })]],
    [999_999_999_999_999, [413, tooLarge(tooLong, 'maxBodyBytes', 2 ** 26)]],
  ]
  for (const [length, wanted] of lengths) {
    const headers = { ...type, 'inference-header-content-length': String(length) }
    const { status, body } = await send(app, headers, payload)
    t.same([status, body], wanted, `${length}`)
  }
  const ends = malformed('The body ends before the bytes that its header declares.')
  const headers = { ...type, 'inference-header-content-length': '100' }
  t.same((await send(app, headers, Buffer.from('{"inputs":['))).body, ends)
})

const goodLabels = { ...good, name: 'labels' }

type Refusal = [
  what: string,
  inputs: unknown,
  pointer: string,
  detail: string,
  received: unknown,
  more?: object | undefined,
  data?: readonly Uint8Array[],
]

const both = [good, goodLabels]
const twoTensors = [eight, eight]
const size = '#/inputs/0/parameters/binary_data_size'
const refusals: Refusal[] = [
  ['no inputs', undefined, '#/inputs', 'inputs is missing', 'nothing'],
  ['empty inputs', [], '#/inputs', 'inputs must have at least 1 element', 'an array of 0'],
  ['inputs that are no list', {}, '#/inputs', 'inputs must be an array', 'an object'],
  ['an input that is none', [1], '#/inputs/0', 'inputs[0] must be a JSON object; received 1', 1],
  [
    'an unknown name',
    [{ ...good, name: 'x' }],
    '#/inputs/0/name',
    'inputs[0].name must be predictions, labels, sampleWeights or groups.COLUMN; received "x"',
    'x',
  ],
  ['class weights as input', [{ ...good, name: 'classWeights' }], '#/inputs/0/name', 'inputs[0].name', 'classWeights'],
  [
    'an unknown type',
    [{ ...good, datatype: 'BYTES' }],
    '#/inputs/0/datatype',
    'predictions is BYTES, which is only allowed for labels and columns of groups',
    'BYTES',
  ],
  [
    'a column of real numbers',
    [good, goodLabels, { ...good, name: 'groups.country' }],
    '#/inputs/2/datatype',
    'groups.country is FP64; it must be BYTES, BOOL or integers',
    'FP64',
  ],
  ['a type in lower case', [{ ...good, datatype: 'fp64' }], '#/inputs/0/datatype', 'inputs[0].datatype', 'fp64'],
  ['an unknown field', [{ ...good, offset: 0 }], '#/inputs/0/offset', '"offset"', 0],
  [
    'data in the JSON part and bytes',
    [{ ...good, data: [1] }],
    '#/inputs/0/data',
    'predictions has both data and binary_data_size',
    'an array of 1 number',
  ],
  [
    'neither data nor bytes',
    [{ name: 'predictions', shape: [1], datatype: 'FP64' }],
    '#/inputs/0',
    'predictions has neither data nor binary_data_size',
    'neither',
  ],
  ['a negative dimension', [sized([-1], 8)], '#/inputs/0/shape/0', 'inputs[0].shape[0]', -1],
  ['two negative dimensions', [sized([-1, -1], 8)], '#/inputs/0/shape/0', '2 errors', -1],
  ['a fractional dimension', [sized([0.5, 2], 8)], '#/inputs/0/shape/0', 'inputs[0].shape[0]', 0.5],
  ['a dimension beyond 2^53', [sized([1e20], 8)], '#/inputs/0/shape/0', 'inputs[0].shape[0]', 1e20],
  ['a dimension that is text', [sized(['1'], 8)], '#/inputs/0/shape/0', 'inputs[0].shape[0]', '1'],
  ['rank 3', [sized([1, 1, 1], 8)], '#/inputs/0/shape', 'inputs[0].shape', 'an array of 3'],
  ['a negative size', [sized([1], -8)], size, 'inputs[0].parameters.binary_data_size', -8],
  ['a size that does not fit', [sized([1], 7)], size, 'shape [1] of FP64 takes 8 bytes, not 7', 7],
  ['the size of another type', [sized([3], 24, 'FP16')], size, 'shape [3] of FP16 takes 6 bytes, not 24', 24],
  ['a size of no shape', [sized([0, 5], 40)], size, 'shape [0, 5] of FP64 takes 0 bytes, not 40', 40],
  ['no size', [{ ...good, parameters: {} }], size, 'inputs[0].parameters.binary_data_size is missing', 'nothing'],
  ['a name given twice', [good, good], '#/inputs/1/name', 'inputs contains "predictions" twice', 'predictions'],
  ['too many inputs', new Array(36).fill(good), '#/inputs', 'inputs must have at most 35 elements', 'an array of 36'],
  ['another field', both, '#/offsets', '"offsets"', 'an array of 0', { offsets: [] }],
  [
    'parameters that are none',
    both,
    '#/parameters',
    'parameters must be a JSON object',
    'an array of 1',
    { parameters: [1] },
  ],
  [
    'a tensor among the options',
    both,
    '#/parameters/labels',
    'labels is a tensor and belongs in inputs',
    'an array of 1',
    { parameters: { ...options, labels: [1] } },
    twoTensors,
  ],
  [
    'class weights that are none',
    both,
    '#/parameters/classWeights',
    'classWeights is a string; it must be an array of numbers',
    'a string',
    { parameters: { loss: 'cross-entropy', labelFormat: 'probabilities', classWeights: 'x' } },
    twoTensors,
  ],
  ['no predictions', [goodLabels], '#/inputs', 'predictions is missing', 'nothing', undefined, [eight]],
  ['no labels', [good], '#/inputs', 'labels is missing', 'nothing', undefined, [eight]],
  [
    'an unknown option',
    both,
    '#/parameters/epsilom',
    '"epsilom"',
    1,
    { parameters: { ...options, epsilom: 1 } },
    twoTensors,
  ],
  ['leftovers', both, '#/inputs', 'bytes follow the last input', 'bytes', undefined, [eight, eight, Uint8Array.of(1)]],
]

for (const [what, inputs, pointer, detail, received, more, data = []] of refusals) {
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
      malformed(
        "The body is not valid JSON: Unexpected token '}' in line 1, column 12 (byte 11); a value or ']' was expected.",
        {
          offset: 11,
        },
      ),
    ],
    [
      '{"inputs":1,"inputs":2}',
      400,
      malformed(
        'The body is not valid JSON: The key in line 1, column 13 (byte 12) was given before in the same object.',
        { offset: 12 },
      ),
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

test('lists of ids are texts or integers, one for each row, however their bytes are cut', async (t) => {
  const declared = { loss: 'mse', labelFormat: 'values', outputs: 1, join: { within: 'P1D' } }
  await app.inject({ method: 'PUT', url: '/v1/evaluations/joined', payload: declared })
  const texts = (...each: readonly (string | Uint8Array)[]): Uint8Array =>
    Buffer.concat(
      each.flatMap((text) => [Buffer.from(Uint32Array.of(Buffer.from(text).length).buffer), Buffer.from(text)]),
    )
  const idsOf = (shape: Numbers, datatype: string, bytes: Uint8Array) => ({ name: 'ids', shape, datatype, bytes })
  const integers = (...each: readonly bigint[]) => new Uint8Array(BigInt64Array.from(each).buffer)
  const post = async (ids: ReturnType<typeof idsOf>, longest = Number.POSITIVE_INFINITY) => {
    const { headers, payload } = binaryBody({}, [ids, inputOf('labels', [2], 'FP64', [1, 2])])
    const chunks: Buffer[] = []
    for (let at = 0; at < payload.length; at += longest) chunks.push(payload.subarray(at, at + longest))
    const url = '/v1/evaluations/joined/labels'
    const answer = await app.inject({ method: 'POST', url, headers, payload: Readable.from(chunks) })
    return answer.json()
  }
  for (const longest of [1, 3, Number.POSITIVE_INFINITY])
    t.match(await post(idsOf([2], 'BYTES', texts('a', 'na\u00efve')), longest), { received: 2, refused: undefined })
  t.match(await post(idsOf([2], 'INT64', integers(7n, -7n))), { received: 2 })
  for (const [ids, pointer, code] of [
    [idsOf([2], 'FP64', new Uint8Array(16)), '#/inputs/0/datatype', 'unsupported'],
    [idsOf([2], 'BOOL', new Uint8Array(2)), '#/inputs/0/datatype', 'unsupported'],
    [idsOf([2, 2], 'INT64', integers(1n, 2n, 3n, 4n)), '#/inputs/0/shape', 'shape'],
    [idsOf([2], 'INT64', integers(1n, 2n ** 60n)), '#/inputs/0/data/1', 'wrong-type'],
    [idsOf([2], 'BYTES', texts('a', Uint8Array.of(0xff))), '#/inputs/0/data/1', 'wrong-type'],
    [idsOf([2], 'BYTES', texts('x'.repeat(5000), 'b')), '#/inputs/0/data/0', 'wrong-type'],
  ] as const) {
    t.match(await post(ids, 7), { status: 422, errors: [{ pointer, code }] })
  }
})

test('labels that are texts are names of classes, in bytes and in JSON, and of 256 characters at most', async (t) => {
  const parameters = { loss: 'cross-entropy', labelFormat: 'index', classes: ['cat', 'dog'] }
  const two = { ...inputOf('predictions', [2, 2], 'FP64', [0.5, 0.5, 0.25, 0.75]) }
  const inBytes = async (...texts: readonly (string | Uint8Array)[]) => {
    const parts = texts.flatMap((text) => [
      Buffer.from(Uint32Array.of(Buffer.from(text).length).buffer),
      Buffer.from(text),
    ])
    const labels = { name: 'labels', shape: [2], datatype: 'BYTES', bytes: Buffer.concat(parts) }
    const { headers, payload } = binaryBody(parameters, [two, labels])
    return await send(app, headers, payload)
  }
  t.match(await inBytes('cat', 'dog'), { status: 200, body: { correct: 2, ties: 1 } })
  const detail = 'labels[1] must be a text of at most 256 characters'
  for (const wrong of ['x'.repeat(257), Uint8Array.of(0xff)]) {
    const { status, body } = await inBytes('cat', wrong)
    t.match([status, body], [422, { errors: [{ pointer: '#/inputs/1/data/1', detail }] }])
  }
  const predictions = { name: 'predictions', shape: [2, 2], datatype: 'FP64', data: [0.5, 0.5, 0.25, 0.75] }
  const inJson = (data: readonly unknown[]) => {
    const labels = { name: 'labels', shape: [2], datatype: 'BYTES', data }
    return send(app, {}, JSON.stringify({ parameters, inputs: [predictions, labels] }))
  }
  t.match(await inJson(['cat', 'dog']), { status: 200, body: { correct: 2 } })
  t.match(await inJson(['cat', 1]), { status: 422, body: { errors: [{ pointer: '#/inputs/1/data/1' }] } })
  t.match((await inJson(['cat', 1])).body, { errors: [{ detail: /texts/ }] })
})
