import { setImmediate } from 'node:timers/promises'
import t, { test } from 'tap'
import { lossMediaTypes } from '../../src/http/bodies.ts'
import { eventually } from '../eventually.ts'
import { formOf } from '../formats/form.ts'
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
    ['/v1/loss', undefined, `The request has no Content-Type; this resource accepts ${all}.`],
    ['/v1/loss', 'text/plain', `Content-Type is "text/plain"; this resource accepts ${all}.`],
    ['/v1/loss', 'nonsense', `Content-Type is "nonsense"; this resource accepts ${all}.`],
    ['/v1/sweeps', undefined, 'The request has no Content-Type; this resource accepts application/json.'],
    ['/v1/sweeps', 'a/"b"', 'Content-Type is "a/\\"b\\""; this resource accepts application/json.'],
    [
      '/v1/mini-batches',
      'x'.repeat(100),
      `Content-Type is "${'x'.repeat(63)}…"; this resource accepts application/json.`,
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
    // looked at in each turn: an evaluation may be over between two looks of eventually
    while (app.resources.budget.held === 0) await setImmediate()
    client.socket.destroy()
    t.ok(await eventually(() => app.resources.budget.held === 0))
  }
})

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
