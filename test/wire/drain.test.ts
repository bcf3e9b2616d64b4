import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { mock } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { test } from 'tap'
import { drain } from '../../src/wire/drain.ts'
import { eventually } from '../eventually.ts'
import { Client, chunk, head, lastChunk, options, serve, tooLarge } from '../formats/support.ts'

const small = { MAX_BODY_BYTES: '100000' }
const refusal = tooLarge('The body is larger than maxBodyBytes, 100000 bytes.', 'maxBodyBytes', 100_000)
const large = Buffer.alloc(300_000, ' ')
const right = JSON.stringify({ ...options, predictions: [1], labels: [1] })

test('a client that writes everything first sees the refusal and uses the connection again', async (t) => {
  const { app, port } = await serve(t, small)
  const client = new Client(t, port)
  for (let round = 0; round < 3; round++) {
    await client.write(head({ 'content-length': large.length }))
    await client.write(large)
    const { status, body } = await client.answer()
    const { requestId: _, ...problem } = body
    t.same([status, problem], [413, refusal])

    await client.write(head({ 'transfer-encoding': 'chunked' }))
    for (let from = 0; from < large.length; from += 10_000)
      await client.write(chunk(large.subarray(from, from + 10_000)))
    await client.write(lastChunk)
    const second = await client.answer()
    t.same([second.status, second.body.limit], [413, 'maxBodyBytes'])

    await client.write(head({ 'content-length': right.length }) + right)
    t.equal((await client.answer()).status, 200)
  }
  t.equal(app.resources.budget.held, 0)
})

test('an error in the middle of a body is seen, and the rest is read past', async (t) => {
  const { port } = await serve(t)
  const client = new Client(t, port)
  await client.write(`${head({ 'content-length': 1_000_000 })}{"loss":x`)
  t.equal((await client.answer()).status, 400)
  await client.write(Buffer.alloc(999_991, 'x'))
  await client.write(head({ 'content-length': right.length }) + right)
  t.equal((await client.answer()).status, 200)
})

test('a client that sends on and on is cut off', async (t) => {
  const { port } = await serve(t, { MAX_BODY_BYTES: '2000' })
  const client = new Client(t, port)
  await client.write(head({ 'transfer-encoding': 'chunked' }))
  let sent = 0
  while (!client.isClosed && sent < 1e7) {
    await client.write(chunk(Buffer.alloc(1000, ' ')))
    sent += 1000
    await setImmediate()
  }
  t.equal((await client.answer()).status, 413)
  t.ok(await client.closed())
  t.ok(sent < 1e7)
})

test('a client that stops sending is cut off', async (t) => {
  const { app, port } = await serve(t, { ...small, REQUEST_TIMEOUT_MS: '100' })
  const client = new Client(t, port)
  await client.write(head({ 'content-length': 300_000 }))
  t.equal((await client.answer()).status, 413)
  t.ok(await client.closed(2000))
  t.ok(await eventually(() => app.resources.budget.held === 0))
})

test('what is complete needs no draining', async (t) => {
  const { port } = await serve(t)
  const client = new Client(t, port)
  await client.write(`${head({ 'content-length': 3 })}[1]`)
  t.equal((await client.answer()).status, 422)
  await client.write(head({ 'content-length': right.length }) + right)
  t.equal((await client.answer()).status, 200)
})

test('a request without a connection is not cut off when it is over', async (t) => {
  const { app } = await serve(t)
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const headers = { 'content-type': 'text/plain' }
  t.equal((await app.inject({ method: 'POST', url: '/v1/loss', headers, payload: 'x' })).statusCode, 415)
  for (let turn = 0; turn < 5; turn++) await setImmediate()
  t.doesNotThrow(() => mock.timers.tick(10 * 60_000), 'to cut it off would throw')
})

test('as many bytes as are allowed are read past, and no more', async (t) => {
  const request = new IncomingMessage(new Socket())
  drain(request, 10, 1000)
  for (const [bytes, isCut] of [
    [10, false],
    [1, true],
  ] as const) {
    request.push(Buffer.alloc(bytes))
    await setImmediate()
    t.equal(request.socket.destroyed, isCut)
  }
})
