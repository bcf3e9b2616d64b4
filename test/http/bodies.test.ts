import { request as httpRequest } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import t, { test } from 'tap'
import { lossMediaTypes } from '../../src/http/bodies.ts'
import { eventually } from '../eventually.ts'
import { formOf } from '../formats/form.ts'
import type { Child, Memory, Scope } from '../formats/support.ts'
import {
  binaryBody,
  Client,
  chunk,
  doublesOf,
  head,
  lastChunk,
  linesOf,
  options,
  rowsOf,
  send,
  serve,
  serveApart,
} from '../formats/support.ts'
import { appOf } from '../support.ts'

const app = await appOf(t)
const rows = rowsOf(3, 2)
const json = JSON.stringify({ ...options, ...rows })

test('the loss takes four media types, and each gives the same answer', async (t) => {
  t.same(lossMediaTypes, [
    'application/json',
    'application/octet-stream',
    'multipart/form-data',
    'application/x-ndjson',
  ])
  const binary = binaryBody(options, doublesOf(rows))
  const tensors = Object.entries(rows).map(([name, numbers]) => [name, JSON.stringify(numbers)] as const)
  const form = formOf([...tensors, ...Object.entries(options)])
  const answers = [
    await send(app, {}, json),
    await send(app, binary.headers, binary.payload),
    await send(app, form.headers, form.payload),
    await send(app, { 'content-type': 'application/x-ndjson' }, linesOf(rows, 2)),
  ]
  for (const { status, body } of answers) t.same([status, body], [200, answers[0].body])
})

test('a small JSON body that comes with its headers is answered, and nobody reads on to its end', async (t) => {
  const { app, port } = await serve(t)
  const client = new Client(t, port)
  const listeners: number[] = []
  app.server.on('request', (request, response) => {
    response.on('close', () => listeners.push(request.listenerCount('data')))
  })
  const batch = { loss: 'cross-entropy', labelFormat: 'index', predictions: [[1, 2]], labels: [1] }
  const sweep = JSON.stringify({ ...batch, parameter: { name: 'temperature' }, values: [1] })
  for (const [path, body] of [
    ['/v1/loss', json],
    ['/v1/sweeps', sweep],
  ]) {
    await client.write(head({ 'content-length': body.length }, path) + body)
    t.equal((await client.answer()).status, 200)
  }
  await client.write(`${head({ 'content-length': 1 })}x`)
  t.equal((await client.answer()).status, 400)
  await eventually(() => listeners.length === 3)
  t.same(listeners, [0, 0, 0])
  t.equal((await send(app, {}, sweep, '/v1/sweeps')).status, 200, 'as is one that comes by itself')
})

test('other media types are refused with those that are taken', async (t) => {
  const cases: [string, string, readonly string[]][] = [
    ['/v1/loss', 'text/plain', lossMediaTypes],
    ['/v1/loss', 'application/xml', lossMediaTypes],
    ['/v1/loss', 'multipart/mixed', lossMediaTypes],
    ['/v1/loss', 'nonsense', lossMediaTypes],
  ]
  for (const path of ['/v1/sweeps', '/v1/mini-batches']) {
    for (const type of ['application/octet-stream', 'application/x-ndjson', 'text/plain']) {
      cases.push([path, type, ['application/json']])
    }
  }
  for (const [path, type, accepted] of cases) {
    const { status, headers, body } = await send(app, { 'content-type': type }, json, path)
    t.same([status, body.accepted, headers.accept], [415, accepted, accepted.join(', ')], `${path} ${type}`)
  }
})

test('a refused media type is named, or that there is none', async (t) => {
  const forJson = 'For JSON add the header Content-Type: application/json.'
  const all = 'application/json, application/octet-stream, multipart/form-data or application/x-ndjson'
  const cases: [string, string | undefined, string][] = [
    ['/v1/loss', undefined, `The request has no Content-Type; this resource takes ${all}.`],
    ['/v1/loss', 'text/plain', `Content-Type is "text/plain"; this resource takes ${all}.`],
    ['/v1/loss', 'nonsense', `Content-Type is "nonsense"; this resource takes ${all}.`],
    ['/v1/sweeps', undefined, 'The request has no Content-Type; this resource takes application/json.'],
    ['/v1/sweeps', 'a/"b"', 'Content-Type is "a/\\"b\\""; this resource takes application/json.'],
    [
      '/v1/mini-batches',
      'x'.repeat(100),
      `Content-Type is "${'x'.repeat(63)}…"; this resource takes application/json.`,
    ],
  ]
  for (const [path, type, detail] of cases) {
    for (const payload of [json, undefined]) {
      const headers = type === undefined ? {} : { 'content-type': type }
      const reply = await app.inject({ method: 'POST', url: path, headers, ...(payload && { payload }) })
      t.equal(reply.statusCode, 415)
      t.equal(reply.json().detail, `${detail} ${forJson}`)
    }
  }
})

test('a body of GET, HEAD and DELETE means nothing, whatever it is', async (t) => {
  const { port } = await serve(t, { MAX_BODY_BYTES: '2000' })
  const bodies: [Record<string, string>, string][] = [
    [{}, '{"loss":'],
    [{}, '{}'],
    [{ 'content-type': 'text/plain' }, 'x'],
    [{ 'content-type': 'nonsense' }, 'x'],
    [{ 'content-encoding': 'gzip' }, 'x'],
    [{ 'content-digest': 'sha-256=:AAAA:' }, 'x'],
    [{}, ' '.repeat(5000)],
  ]
  const client = new Client(t, port)
  for (const [method, path, wanted] of [
    ['GET', '/livez', 200],
    ['GET', '/v1/evaluations/none', 404],
    ['DELETE', '/v1/evaluations/none', 404],
    ['DELETE', '/v1/evaluations/n%3Fne', 422],
  ] as const) {
    for (const [headers, body] of bodies) {
      const name = `${method} ${path} ${JSON.stringify(headers)} ${body.slice(0, 10)}`
      await client.write(head({ ...headers, 'content-length': body.length }, path).replace('POST', method) + body)
      const { status, headers: given } = await client.answer()
      t.equal(status, wanted, name)
      t.not(given.connection, 'close', name)
    }
  }
  for (const method of ['HEAD', 'DELETE']) {
    await client.write(head({ 'transfer-encoding': 'chunked' }, '/v1/evaluations/none').replace('POST', method))
    await client.write(chunk('{"loss":'))
    await client.write(lastChunk)
    // an answer to HEAD has no body, which this client would wait for
    if (method === 'HEAD') t.ok(await eventually(() => client.text.startsWith('HTTP/1.1 404')))
  }
  t.ok(await eventually(() => client.text.split('HTTP/1.1 404').length === 3), 'one connection for all of them')
})

test('a connection is not used again when the client may or may not send its body', async (t) => {
  const { port } = await serve(t)
  for (const [expect, connection] of [
    [{ expect: '100-continue' }, 'close'],
    [{}, undefined],
  ] as const) {
    const client = new Client(t, port)
    await client.write(head({ ...expect, 'content-type': 'text/plain', 'content-length': 5 }))
    const { status, headers } = await client.answer()
    t.same([status, headers.connection], [415, connection])
    client.socket.destroy()
  }
})

test('errors of a binary body point into its JSON part', async (t) => {
  const inputs = doublesOf({ predictions: [[1], [2]], labels: [[1], [Number.NaN]] })
  const cases: [object, string][] = [
    [{ ...options, epsilom: 1 }, '#/parameters/epsilom'],
    [options, '#/inputs/1/data/1/0'],
  ]
  for (const [parameters, pointer] of cases) {
    const { headers, payload } = binaryBody(parameters, inputs)
    const { status, body } = await send(app, headers, payload)
    t.equal(status, 422)
    t.match(body, { errors: [{ pointer }], errorCount: 1 })
  }
})

test('bytes are given back however a request ends', async (t) => {
  const { app, port } = await serve(t)
  const client = new Client(t, port)
  const bodies = [json, '{"loss":', '[]', '{}', json.replace('1', 'x')]
  for (const body of bodies) {
    await client.write(head({ 'content-length': body.length }) + body)
    await client.answer()
    t.ok(await eventually(() => app.resources.budget.held === 0))
  }
})

test('bytes are given back when the client leaves while its request is computed', async (t) => {
  const { app, port } = await serve(t)
  const many = rowsOf(20_000, 5)
  const binary = binaryBody(options, doublesOf(many))
  const bodies: [Record<string, string>, Buffer][] = [
    [{}, Buffer.from(JSON.stringify({ ...options, ...many }))],
    [{ 'content-type': 'application/x-ndjson' }, Buffer.from(linesOf(many, 20_000))],
    [binary.headers, binary.payload],
  ]
  for (const [headers, body] of bodies) {
    const client = new Client(t, port)
    await client.write(head({ ...headers, 'content-length': body.length }))
    await client.write(body)
    t.ok(await eventually(() => app.resources.budget.held > 0))
    client.socket.destroy()
    t.ok(await eventually(() => app.resources.budget.held === 0))
  }
})

/** Milliseconds that a request takes, and its answer. */
async function timed(
  port: number,
  body: Buffer,
  type = 'application/json',
): Promise<{ took: number; status: number; bytes: number }> {
  const begin = performance.now()
  const { status, bytes } = await new Promise<{ status: number; bytes: number }>((resolve, reject) => {
    const headers = { 'content-type': type, 'content-length': body.length }
    const outgoing = httpRequest({ port, host: '127.0.0.1', method: 'POST', path: '/v1/loss', headers }, (response) => {
      let bytes = 0
      response.on('data', (piece) => {
        bytes += piece.length
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, bytes }))
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
  return { took: performance.now() - begin, status, bytes }
}

const count = 30_000
const list = (element: string) => Array.from({ length: count }, () => element).join()

function bodyOf(predictions: string, labels = list('[0.25,0.75]'), labelFormat = 'probabilities'): Buffer {
  return Buffer.from(
    `{"loss":"cross-entropy","labelFormat":"${labelFormat}","predictions":[${predictions}],"labels":[${labels}]}`,
  )
}

test('a body that is wrong in every element costs no more than a right one', async (t) => {
  const { port } = await serveApart(t)
  const right = bodyOf(list('[0.25,0.75]'))
  const wrong: [string, Buffer][] = [
    ['numbers out of range', bodyOf(list('[7.25,-0.7]'))],
    ['infinite numbers', bodyOf(list('[1e999,-1e999]'))],
    ['nulls', bodyOf(list('[null,null]'))],
    ['texts', bodyOf(list('["abc","de"]'))],
    ['objects', bodyOf(list('[{"a":1},{}]'))],
    ['arrays of arrays', bodyOf(list('[[1],[2,3]]'))],
    ['rows of different lengths', bodyOf(list('[1],[1,0]'))],
    ['labels that are no classes', bodyOf(list('[0.25,0.75]'), list('0.5'), 'index')],
    ['labels without a class', bodyOf(list('[0.25,0.75]'), list('[0,0]'), 'one-hot')],
  ]
  for (let warm = 0; warm < 3; warm++) await timed(port, right)
  const wanted = await timed(port, right)
  t.equal(wanted.status, 200)
  for (const [what, body] of wrong) {
    const { took, status, bytes } = await timed(port, body)
    t.equal(status, 422, what)
    t.ok(bytes < 65_536, `${what}: ${bytes} bytes`)
    t.ok(took < 5 * wanted.took + 200, `${what}: ${took.toFixed(0)} ms, ${wanted.took.toFixed(0)} ms when right`)
  }
  const keys = Buffer.from(
    `{${Array.from({ length: 120 }, (_, at) => `"${`k${at}`.padEnd(1000, 'x')}":"${'v'.repeat(1000)}"`)}}`,
  )
  const many = await timed(port, keys)
  t.equal(many.status, 422)
  t.ok(many.bytes < 65_536, `${many.bytes} bytes`)
})

test('a small request is answered while large ones are worked off', async (t) => {
  const { port } = await serveApart(t)
  const row = '[0.01234567890123456,0.98765432109876544]'
  const large = bodyOf(
    Array.from({ length: 145_000 }, () => row).join(),
    Array.from({ length: 145_000 }, () => row).join(),
  )
  t.ok(large.length > 11e6)
  const small = Buffer.from(json)
  for (let warm = 0; warm < 5; warm++) await timed(port, small)
  let isDone = false
  const uploads = Promise.all([timed(port, large), timed(port, large)]).finally(() => {
    isDone = true
  })
  const times: number[] = []
  while (!isDone) {
    times.push((await timed(port, small)).took)
    await sleep(5)
  }
  for (const { status } of await uploads) t.equal(status, 200)
  times.sort((a, b) => a - b)
  const median = times[times.length >> 1]
  t.comment(
    `${times.length} small requests: ${median.toFixed(1)} ms in the middle, ${times.at(-1)?.toFixed(1)} ms at most`,
  )
  t.ok(times.length > 3)
  t.ok(median < 200)
})

/** How often each attack is run; 100 times takes most of a minute. */
const attackCount = Number(process.env.LOSSMETER_ATTACKS ?? 16)
/** Bytes that a service may keep for the next batch, and some that come and go. Sixteen bodies would be more. */
const settledGrowth = (16 + 8) * 2 ** 20

const heavy = { timeout: 600_000 }
const stopping = 'a sender that stops'

type Attack = (t: Scope, port: number) => Promise<unknown>

const megabyte = Buffer.from(`{"loss":"mse","labelFormat":"values","predictions":[${'1.25,'.repeat(190_000)}1]`)
const zeros = gzipSync(Buffer.alloc(2 ** 23, ' '))
const nulls = bodyOf(Array.from({ length: 50_000 }, () => '[null,null]').join(), '[1]')

/** Writes all and reads the answer; the client is gone after it. */
async function answered(t: Scope, port: number, status: number, ...parts: readonly (string | Buffer)[]): Promise<void> {
  const client = new Client(t, port)
  for (const part of parts) await client.write(part)
  const answer = await client.answer(20_000)
  client.socket.destroy()
  if (answer.status !== status) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`)
}

const attacks: readonly [string, Attack][] = [
  [
    'an aborted upload',
    async (t, port) => {
      const client = new Client(t, port)
      await client.write(head({ 'content-length': 1.4e6 }))
      await client.write(megabyte)
      client.socket.resetAndDestroy()
    },
  ],
  [
    'a bomb',
    (t, port) => answered(t, port, 413, head({ 'content-encoding': 'gzip', 'content-length': zeros.length }), zeros),
  ],
  [stopping, (t, port) => answered(t, port, 408, head({ 'content-length': 1.4e6 }), megabyte)],
  [
    'a body that is too large',
    (t, port) => answered(t, port, 413, head({ 'content-length': 2e6 }), Buffer.alloc(2e6, ' ')),
  ],
  [
    'a chunked body that is too large',
    (t, port) => {
      const large = Array.from({ length: 20 }, () => chunk(Buffer.alloc(1e5, ' ')))
      return answered(t, port, 413, head({ 'transfer-encoding': 'chunked' }), ...large, lastChunk)
    },
  ],
  [
    'a body that is no JSON at its end',
    (t, port) => answered(t, port, 400, head({ 'content-length': megabyte.length + 1 }), megabyte, 'x'),
  ],
  [
    'a body that is wrong everywhere',
    (t, port) => answered(t, port, 422, head({ 'content-length': nulls.length }), nulls),
  ],
  [
    'a stream that is left',
    async (t, port) => {
      const client = new Client(t, port)
      await client.write(head({ 'content-type': 'application/x-ndjson', 'transfer-encoding': 'chunked' }))
      await client.write(chunk(`${linesOf(rows, 1)}`))
      await client.write(chunk(megabyte))
      client.socket.destroy()
    },
  ],
]

async function attack(t: Scope, { port }: Child, run: Attack, times: number): Promise<void> {
  for (let done = 0; done < times; done += 4) {
    await Promise.all(Array.from({ length: Math.min(4, times - done) }, () => run(t, port)))
  }
}

/** The memory when nothing is in flight any more. */
async function quiet(child: Child): Promise<Memory> {
  const until = performance.now() + 60_000
  for (;;) {
    const memory = await child.memory()
    if (memory.held === 0 || performance.now() > until) return memory
  }
}

for (const [service, milliseconds, chosen] of [
  ['a patient', 20_000, attacks.filter(([name]) => name !== stopping)],
  ['an impatient', 150, attacks.filter(([name]) => name === stopping)],
] as const) {
  test(`after many attacks ${service} service holds nothing, and memory is what it was`, heavy, async (t) => {
    const child = await serveApart(t, { MAX_BODY_BYTES: '1500000', REQUEST_TIMEOUT_MS: String(milliseconds) })
    const scope = { after: () => undefined }
    for (let warm = 0; warm < 2; warm++) {
      for (const [, run] of chosen) await attack(scope, child, run, 8)
    }
    const before = await quiet(child)
    for (const [name, run] of chosen) {
      await attack(scope, child, run, attackCount)
      const { resident, held } = await quiet(child)
      const grown = resident - before.resident
      const inMebibytes = `${(grown / 2 ** 20).toFixed(1)} MiB`
      t.comment(`${attackCount} times ${name}: ${inMebibytes}`)
      t.equal(held, 0, `${name} holds nothing`)
      t.ok(grown < settledGrowth, `${name}: ${inMebibytes}`)
    }
  })
}

test('a body of /v2 is read as an inference request, with any Content-Type of the protocol or none', async (t) => {
  const inputs = ['predictions', 'labels'].map((name) => ({ name, shape: [1], datatype: 'UINT8', data: [3] }))
  const payload = Buffer.from(JSON.stringify({ parameters: { labelFormat: 'values' }, inputs }))
  const url = '/v2/models/mse/infer'
  for (const headers of [{}, { 'content-type': 'application/json' }, { 'content-type': 'application/octet-stream' }]) {
    t.equal((await app.inject({ method: 'POST', url, headers, payload })).statusCode, 200)
  }
  for (const type of ['text/plain', 'multipart/form-data; boundary=a', 'application/x-ndjson']) {
    const headers = { 'content-type': type }
    t.equal((await app.inject({ method: 'POST', url, headers, payload })).statusCode, 415, type)
  }
})

test('a body that is broken where it comes with its headers is answered like any that breaks off', async (t) => {
  const { port } = await serve(t)
  for (const broken of ['ZZ\r\n\r\n', '5\r\n{"los\r\nZZ\r\n\r\n']) {
    const client = new Client(t, port)
    await client.write(`${head({ 'transfer-encoding': 'chunked' })}${broken}`)
    const { status, body } = await client.answer()
    t.same([status, body.detail], [400, 'The body ended before it was complete.'])
    t.ok(await eventually(() => client.isClosed))
  }
})
