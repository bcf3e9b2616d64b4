import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import t, { test } from 'tap'
import packageJson from '../../../package.json' with { type: 'json' }
import { buildApp } from '../../../src/app.ts'
import { parseConfig } from '../../../src/config.ts'
import { lossNames } from '../../../src/loss/kernels/index.ts'
import { eventually } from '../../eventually.ts'
import { Client } from '../../formats/support.ts'
import { matrix } from '../../matrix.ts'
import { appOf, ask, post } from '../../support.ts'
import type { InferInput } from './triton.ts'
import { bodyOf, InferenceServerClient } from './triton.ts'

const app = await appOf(t)
await app.listen({ host: '127.0.0.1', port: 0 })
// the tests end, and then it is closed
app.server.unref()
const { port } = app.server.address() as AddressInfo
const client = new InferenceServerClient(port)

const options = { labelFormat: 'index', predictionFormat: 'logits' }
const logits = matrix('2 -1 0.5; 0.25 3 -2; -1 0 1; 4 4 0')
const classes = [0, 1, 0, 1]

function inputsOf(isBinary: boolean): InferInput[] {
  return [
    { name: 'predictions', shape: [4, 3], datatype: 'FP32', numbers: logits.flat(), isBinary },
    { name: 'labels', shape: [4], datatype: 'INT64', numbers: classes, isBinary },
  ]
}

const everyPart = { ...options, include: ['perSample', 'gradient'] }

/** What POST /v1/loss says. */
async function answerOf(request: object): Promise<Record<string, unknown>> {
  const { status, body } = await post(app, '/v1/loss', request)
  if (status !== 200) throw new Error(JSON.stringify(body))
  return body as Record<string, unknown>
}

function numbersOf(result: { asNumpy(name: string): { numbers: (number | null)[] } | undefined }, name: string) {
  return result.asNumpy(name)?.numbers
}

test('tritonclient gets the figures of /v1/loss, to the last bit, as bytes and as JSON', async (t) => {
  const wanted = await answerOf({ loss: 'cross-entropy', ...options, predictions: logits, labels: classes })
  const names = ['loss', 'accuracy', 'standardError', 'lossSum', 'weightSum', 'samples']
  for (const isBinary of [true, false]) {
    for (const compression of [undefined, 'gzip', 'deflate'] as const) {
      for (const modelVersion of ['', '1']) {
        const more = { parameters: options, requestId: 'step-7', compression, modelVersion }
        const result = await client.infer('cross-entropy', inputsOf(isBinary), more)
        const { outputs, ...head } = result.response as { outputs: { name: string; datatype: string }[] }
        t.strictSame(head, {
          model_name: 'cross-entropy',
          model_version: '1',
          id: 'step-7',
          parameters: { lossStatus: 'finite' },
        })
        t.strictSame(
          outputs.map(({ name, datatype }) => [name, datatype]),
          names.map((name) => [name, name === 'samples' ? 'INT64' : 'FP64']),
        )
        for (const name of names) t.strictSame(numbersOf(result, name), [wanted[name]], name)
      }
    }
  }
})

test('what is asked for comes, in that order, as bytes or as JSON', async (t) => {
  const wanted = await answerOf({ loss: 'cross-entropy', ...everyPart, predictions: logits, labels: classes })
  const { losses, correct } = wanted.perSample as { losses: number[]; correct: boolean[] }
  for (const isBinary of [true, false]) {
    const outputs = ['gradient', 'loss', 'correct', 'losses'].map((name) => ({ name, isBinary }))
    const mixed = outputs.map((output, at) => ({ ...output, isBinary: at % 2 === 0 }))
    for (const asked of [outputs, mixed]) {
      const result = await client.infer('cross-entropy', inputsOf(true), { parameters: options, outputs: asked })
      t.notOk('id' in result.response)
      t.strictSame(
        (result.response.outputs as { name: string }[]).map(({ name }) => name),
        asked.map(({ name }) => name),
      )
      t.strictSame(result.asNumpy('gradient'), { shape: [4, 3], numbers: (wanted.gradient as number[][]).flat() })
      t.strictSame(result.asNumpy('losses'), { shape: [4], numbers: losses })
      t.strictSame(result.asNumpy('correct'), { shape: [4], numbers: correct.map(Number) })
      t.strictSame(result.asNumpy('loss'), { shape: [1], numbers: [wanted.loss] })
    }
  }
})

test('without Content-Type or with one, by tritonclient or by hand', async (t) => {
  const { body, jsonSize } = bodyOf(inputsOf(true), { parameters: options })
  const json = bodyOf(inputsOf(false), { parameters: options }).body
  const length = { 'inference-header-content-length': String(jsonSize) }
  const url = '/v2/models/cross-entropy/infer'
  const cases: [Record<string, string>, Buffer][] = [
    [length, body],
    [{ ...length, 'content-type': 'application/octet-stream' }, body],
    [{ ...length, 'content-type': 'application/json' }, body],
    [{}, json],
    [{ 'content-type': 'application/octet-stream' }, json],
    [{ 'content-type': 'application/json' }, json],
  ]
  const answers = []
  for (const [headers, payload] of cases) {
    const { statusCode, rawPayload } = await app.inject({ method: 'POST', url, headers, payload })
    t.equal(statusCode, 200)
    answers.push(rawPayload.toString('hex'))
  }
  t.equal(new Set(answers).size, 1)
  const text = await ask(app, { method: 'POST', url, headers: { 'content-type': 'text/plain' }, payload: 'x' })
  t.equal(text.status, 415)
  t.match(text.body, { error: /^Content-Type is "text\/plain"; this resource accepts application\/octet-stream or/ })
})

test('weights, samples left out, mini-batches and several binary outputs', async (t) => {
  const weights: InferInput = { name: 'sampleWeights', shape: [4], datatype: 'FP64', numbers: [1, 0.5, 2, 0] }
  const parameters = { ...options, ignoreIndex: 1, classWeights: [1, 2, 3] }
  const wanted = await answerOf({
    loss: 'cross-entropy',
    ...parameters,
    include: everyPart.include,
    predictions: logits,
    labels: classes,
    sampleWeights: weights.numbers,
  })
  const outputs = ['loss', 'weightSum', 'losses', 'correct', 'gradient'].map((name) => ({ name }))
  const result = await client.infer('cross-entropy', [...inputsOf(true), weights], { parameters, outputs })
  t.strictSame([numbersOf(result, 'loss'), numbersOf(result, 'weightSum')], [[wanted.loss], [wanted.weightSum]])
  t.strictSame(numbersOf(result, 'losses'), (wanted.perSample as { losses: number[] }).losses)
  t.strictSame(numbersOf(result, 'gradient'), (wanted.gradient as number[][]).flat())
  t.strictSame(numbersOf(result, 'correct'), [1, -1, 0, -1])

  const miniBatch = { size: 2, seed: 3, replacement: false }
  const drawn = await client.infer('cross-entropy', inputsOf(true), { parameters: { ...options, miniBatch }, outputs })
  t.strictSame([drawn.asNumpy('losses')?.shape, drawn.asNumpy('gradient')?.shape], [[2], [4, 3]])

  const multi: InferInput[] = [
    { name: 'predictions', shape: [2, 2], datatype: 'FP64', numbers: [0.75, 0.25, 0.75, 0.75] },
    { name: 'labels', shape: [2, 2], datatype: 'BOOL', numbers: [1, 0, 1, 0], isBinary: false },
  ]
  const several = await client.infer('binary-cross-entropy', multi, {
    parameters: { labelFormat: 'binary' },
    outputs: [{ name: 'correct' }],
  })
  t.strictSame(numbersOf(several, 'correct'), [2, 1])
})

test('what is no finite number is Infinity or NaN as bytes and null in JSON, with its status', async (t) => {
  const inputs: InferInput[] = [
    { name: 'predictions', shape: [1, 2], datatype: 'FP64', numbers: [1, 0] },
    { name: 'labels', shape: [1], datatype: 'INT64', numbers: [1] },
  ]
  const outputs = ['loss', 'lossSum', 'standardError', 'losses', 'gradient'].map((name) => ({ name }))
  const parameters = { labelFormat: 'index', logPolicy: 'exact' }
  const infinite = await client.infer('cross-entropy', inputs, { parameters, outputs })
  const { POSITIVE_INFINITY: inf, NaN: nan } = Number
  t.same(infinite.response.parameters, { lossStatus: 'infinite' })
  t.strictSame(
    outputs.map(({ name }) => numbersOf(infinite, name)),
    [[inf], [inf], [nan], [inf], [nan, nan]],
  )
  const json = outputs.map(({ name }) => ({ name, isBinary: false }))
  const nulls = await client.infer('cross-entropy', inputs, { parameters, outputs: json })
  t.strictSame(
    outputs.map(({ name }) => numbersOf(nulls, name)),
    [[null], [null], [null], [null], [null, null]],
  )
  const ignored = await client.infer('cross-entropy', inputs, { parameters: { ...parameters, ignoreIndex: 1 } })
  t.same(ignored.response.parameters, { lossStatus: 'undefined' })
  t.strictSame(
    ['loss', 'accuracy', 'lossSum'].map((name) => numbersOf(ignored, name)),
    [[nan], [nan], [0]],
  )
})

test('a gradient as bytes may be of any size, in JSON it may not', async (t) => {
  const samples = 60_000
  const numbers = Array.from({ length: 10 * samples }, (_, at) => (at % 97) / 64)
  const inputs: InferInput[] = [
    { name: 'predictions', shape: [samples, 10], datatype: 'FP32', numbers },
    {
      name: 'labels',
      shape: [samples],
      datatype: 'INT64',
      numbers: Array.from({ length: samples }, (_, at) => at % 10),
    },
  ]
  const outputs = [{ name: 'gradient' }, { name: 'losses' }]
  const result = await client.infer('cross-entropy', inputs, { parameters: options, outputs })
  const { shape, numbers: gradient } = result.asNumpy('gradient') ?? { shape: [], numbers: [] }
  t.strictSame([shape, gradient.length], [[samples, 10], 10 * samples])
  const first = await answerOf({
    loss: 'cross-entropy',
    ...options,
    reduction: 'sum',
    include: ['gradient'],
    predictions: [numbers.slice(0, 10)],
    labels: [0],
  })
  t.strictSame(
    gradient.slice(0, 10),
    (first.gradient as number[][])[0].map((slope) => slope / samples),
  )
  t.ok(await eventually(() => app.resources.budget.held === 0))
  for (const [name, count] of [['gradient', 600_000]] as const) {
    await t.rejects(
      client.infer('cross-entropy', inputs, { parameters: options, outputs: [{ name, isBinary: false }] }),
      {
        status: 413,
        message: `this output would hold ${count} numbers in JSON; the limit maxAnswerNumbers is 200000, which does not apply with binary_data`,
      },
    )
  }
})

test('what contradicts the address or itself is refused with its places', async (t) => {
  const [predictions, labels] = inputsOf(true)
  const refusals: [string, InferInput[], object, string][] = [
    [
      'mse',
      [predictions, labels],
      { parameters: { ...options, loss: 'mae' } },
      'the model is mse; leave loss out, or send the same (#/parameters/loss)',
    ],
    [
      'mse',
      [predictions, labels],
      { parameters: { ...options, include: ['gradient'] } },
      'include has no effect here; request losses, correct, gradient in outputs (#/parameters/include)',
    ],
    [
      'cross-entropy',
      [predictions, labels],
      { parameters: options, outputs: [{ name: 'x' }] },
      'outputs[0].name must be loss, accuracy, standardError, lossSum, weightSum, samples, losses, correct or gradient; received "x" (#/outputs/0/name)',
    ],
    [
      'cross-entropy',
      [predictions, labels],
      { parameters: options, outputs: [{ name: 'loss' }, { name: 'loss' }] },
      'outputs has "loss" twice (#/outputs/1/name)',
    ],
    [
      'mse',
      [predictions, { ...predictions, name: 'labels' }],
      { parameters: { labelFormat: 'values' }, outputs: [{ name: 'correct' }] },
      'labels that are values are neither right nor wrong (#/outputs/0/name)',
    ],
    [
      'cross-entropy',
      [predictions, { ...labels, shape: [5], numbers: [0, 1, 2, 3, 4] }],
      { parameters: options },
      'labels has 5 numbers, and predictions has 4 samples; labelFormat "index" needs one integer per sample. (#/inputs/1)',
    ],
    ['cross-entropy', [predictions, { ...labels, numbers: [0, 1, 7, 9] }], { parameters: options }, ''],
    ['cross-entropy', [predictions, labels], { parameters: { ...options, binary_data_output: 1 } }, ''],
    [
      'cross-entropy',
      [predictions, labels],
      { parameters: { ...options, topK: 2 } },
      'topK has no effect here; POST /v1/loss takes it (#/parameters/topK)',
    ],
  ]
  const missing = await client.infer('cross-entropy', [labels], { parameters: options }).catch((reason) => reason)
  t.equal(missing.message, 'predictions is missing; it must be an array of numbers (#/inputs)')
  for (const [model, inputs, more, message] of refusals) {
    const error = await client.infer(model, inputs, more).catch((reason) => reason)
    t.equal(error.status, 422, message)
    if (message !== '') t.equal(error.message, message)
  }
  const wrong = await client
    .infer('cross-entropy', [predictions, { ...labels, numbers: [0, 1, 7, 9] }], { parameters: options })
    .catch((reason) => reason)
  t.match(
    wrong.message,
    /^labels\[2\] is 7; .* \(#\/inputs\/1\/data\/2\)\nlabels\[3\] is 9; .* \(#\/inputs\/1\/data\/3\)$/,
  )
  const many = Array.from({ length: 24 }, () => 7)
  const wide = { ...predictions, shape: [24, 1], numbers: many.map(() => 0.5) }
  const listed = await client
    .infer('mse', [wide, { ...labels, shape: [24], numbers: many }], { parameters: { labelFormat: 'index' } })
    .catch((reason) => reason)
  t.match(listed.message.split('\n').slice(19), [/^labels\[19\] is 7; /, /^and 4 more$/])
  const same = await client.infer('cross-entropy', inputsOf(true), {
    parameters: { ...options, loss: 'cross-entropy', include: [] },
  })
  t.equal(same.response.model_name, 'cross-entropy')
})

test('the server and its models say what they are', async (t) => {
  t.strictSame(await client.get('/v2'), {
    status: 200,
    json: { name: 'lossmeter', version: packageJson.version, extensions: ['binary_tensor_data', 'parameters'] },
  })
  t.strictSame(await client.get('/v2/health/live'), { status: 200, json: { live: true } })
  t.strictSame(await client.get('/v2/health/ready'), { status: 200, json: { ready: true } })
  for (const name of lossNames) {
    for (const path of [`/v2/models/${name}`, `/v2/models/${name}/versions/1`]) {
      const { status, json } = await client.get(path)
      t.equal(status, 200)
      t.match(json, { name, versions: ['1'], platform: 'lossmeter' })
      t.strictSame(await client.get(`${path}/ready`), { status: 200, json: { name, ready: true } })
    }
  }
  const { json } = await client.get('/v2/models/mse')
  t.strictSame(
    (json.inputs as { name: string; shape: number[] }[]).map(({ name, shape }) => [name, shape]),
    [
      ['predictions', [-1, -1]],
      ['labels', [-1, -1]],
      ['sampleWeights', [-1]],
    ],
  )
  t.strictSame((json.outputs as { name: string; datatype: string; shape: number[] }[]).slice(5), [
    { name: 'samples', datatype: 'INT64', shape: [1] },
    { name: 'losses', datatype: 'FP64', shape: [-1] },
    { name: 'correct', datatype: 'INT64', shape: [-1] },
    { name: 'gradient', datatype: 'FP64', shape: [-1, -1] },
  ])
})

test('every error under /v2 has the form of the protocol, before a body is read', async (t) => {
  const cases: [string, string, number, RegExp][] = [
    ['GET', '/v2/models/nope', 404, /^There is no such loss. The models are sse, /],
    ['GET', '/v2/models/constructor/ready', 404, /^There is no such loss/],
    ['POST', '/v2/models/nope/infer', 404, /^There is no such loss/],
    ['POST', '/v2/models/mse/versions/2/infer', 404, /^The only version of a model is 1\.$/],
    ['GET', '/v2/models/mse/versions/x', 404, /^The only version/],
    ['GET', '/v2/repository/index', 404, /^There is no resource at this path/],
    ['GET', '/v2/models/mse/infer', 405, /accepts POST\.$/],
    ['PUT', '/v2/models/mse/infer', 405, /accepts POST\.$/],
    ['DELETE', '/v2', 405, /^\/v2 accepts GET, HEAD\.$/],
    ['POST', '/v2/models/mse/infer', 413, /^The body is larger than maxBodyBytes, 67108864 bytes\.$/],
  ]
  for (const [method, url, status, message] of cases) {
    const client = new Client(t, port)
    const length = method === 'POST' ? 'content-length: 99999999\r\nexpect: 100-continue\r\n' : ''
    await client.write(`${method} ${url} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n${length}\r\n`)
    const { status: answered, headers, body } = await client.answer(60_000)
    t.strictSame([answered, headers['content-type']], [status, 'application/json; charset=utf-8'], url)
    t.strictSame(Object.keys(body), ['error'])
    t.match(body.error, message)
    client.socket.destroy()
  }
  const empty = new Client(t, port)
  await empty.write('POST /v2/models/mse/infer HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
  t.match(await empty.answer(), { status: 415, body: { error: /^The request has no Content-Type/ } })
  const broken = await app.inject({ method: 'POST', url: '/v2/models/mse/infer', payload: Buffer.from('{"inputs":[}') })
  t.strictSame(
    [broken.statusCode, broken.json()],
    [
      400,
      {
        error:
          "The body is not valid JSON: Unexpected token '}' in line 1, column 12 (byte 11); a value or ']' was expected.",
      },
    ],
  )
})

test('it is not ready while the service stops', async (t) => {
  let isClosing = false
  const stopping = await buildApp(parseConfig({ DATABASE_URL: 'memory:' }), false, { isClosing: () => isClosing })
  t.after(() => stopping.close())
  t.equal((await stopping.inject('/v2/health/ready')).statusCode, 200)
  isClosing = true
  const { statusCode, headers, body } = await stopping.inject('/v2/health/ready')
  t.equal(statusCode, 503)
  t.ok(headers['retry-after'])
  t.strictSame(Object.keys(JSON.parse(body)), ['error'])
  t.equal((await stopping.inject('/v2/health/live')).statusCode, 200)
})

test('a client that leaves in the middle of its answer holds nothing', async (t) => {
  const samples = 100_000
  const numbers = new Array(10 * samples).fill(0.5)
  const inputs: InferInput[] = ['predictions', 'labels'].map((name) => ({
    name,
    shape: [samples, 10],
    datatype: 'FP32',
    numbers,
  }))
  const { body, jsonSize } = bodyOf(inputs, { parameters: { labelFormat: 'values' }, outputs: [{ name: 'gradient' }] })
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(
    `POST /v2/models/mse/infer HTTP/1.1\r\nhost: a\r\ninference-header-content-length: ${jsonSize}\r\ncontent-length: ${body.length}\r\n\r\n`,
  )
  socket.write(body)
  await once(socket, 'readable')
  t.ok(app.resources.budget.held >= 8 * 10 * samples)
  socket.destroy()
  t.ok(await eventually(() => app.resources.budget.held === 0))
})

test('options that cannot be are refused with what would be right', async (t) => {
  const errorOf = async (parameters: object) => {
    const inputs = [
      { name: 'predictions', shape: [1, 2], datatype: 'FP64', data: [0.25, 0.75] },
      { name: 'labels', shape: [1], datatype: 'INT64', data: [1] },
    ]
    const { status, body } = await post(app, '/v2/models/cross-entropy/infer', { parameters, inputs })
    return [status, (body as { error: string }).error]
  }
  t.match(await errorOf({ labelFormat: 'index', positiveWeight: 3 }), [422, /^positiveWeight has no effect here/])
  const [status, error] = await errorOf({ labelFormat: 'binary' })
  t.equal(status, 422)
  t.match(error, /received "binary". Class indices are declared with labelFormat "index"/)
})
