import { test } from 'tap'
import { Client, head, options, serve } from '../formats/support.ts'
import { problemOf } from '../support.ts'

const right = JSON.stringify({ ...options, predictions: [1], labels: [1] })
const waits = { expect: '100-continue' }

test('a client that waits is told to go on, and can use the connection again', async (t) => {
  const { port } = await serve(t)
  const client = new Client(t, port)
  for (const expect of ['100-continue', '100-Continue']) {
    await client.write(head({ expect, 'content-length': right.length }))
    t.equal((await client.answer()).status, 100)
    await client.write(right)
    const { status, headers } = await client.answer()
    t.same([status, headers.connection], [200, 'keep-alive'])
  }
  await client.write(head({ ...waits, connection: 'close', 'content-length': right.length }))
  t.equal((await client.answer()).status, 100)
  await client.write(right)
  t.equal((await client.answer()).headers.connection, 'close')
  t.ok(await client.closed())
})

test('a client that waits is refused before it sends anything', async (t) => {
  const { port } = await serve(t, { MAX_BODY_BYTES: '1024' })
  const cases: [string, number][] = [
    [head({ ...waits, 'content-length': 1025 }), 413],
    [head({ ...waits, 'content-length': 10, 'content-encoding': 'br' }), 415],
    [head({ ...waits, 'content-length': 10, 'content-type': 'text/plain' }), 415],
    [head({ ...waits, 'content-length': 10 }, '/nothing'), 404],
    [head({ ...waits, 'content-length': 10 }, '/v1/losses'), 405],
    [head({ ...waits, 'content-length': 10 }, '/v1/%loss'), 400],
    [head({ ...waits, 'content-length': 10 }).replace('POST /v1/loss', 'GET /livez'), 200],
  ]
  for (const [bytes, wanted] of cases) {
    const client = new Client(t, port)
    await client.write(bytes)
    t.equal((await client.answer()).status, wanted, bytes)
    t.ok(await client.closed())
    t.equal(client.text, '')
  }
})

test('a client that was told to go on and is refused in the middle can use the connection again', async (t) => {
  const { port } = await serve(t, { MAX_BODY_BYTES: '1024' })
  const client = new Client(t, port)
  await client.write(head({ ...waits, 'transfer-encoding': 'chunked' }))
  t.equal((await client.answer()).status, 100)
  await client.write(`800\r\n${' '.repeat(2048)}\r\n0\r\n\r\n`)
  const { status, headers } = await client.answer()
  t.equal(status, 413)
  t.not(headers.connection, 'close')
  await client.write(head({ 'content-length': right.length }) + right)
  t.equal((await client.answer()).status, 200)
})

test('another expectation fails', async (t) => {
  const { port } = await serve(t)
  const client = new Client(t, port)
  await client.write(head({ expect: 'the-unexpected', 'content-length': right.length }) + right)
  const { status, body } = await client.answer()
  const { requestId: _, ...problem } = body
  t.equal(status, 417)
  t.same(
    problem,
    problemOf('expectation-failed', 417, 'Expectation failed', 'Expect may only be 100-continue.', '/v1/loss'),
  )
  await client.write(head({ 'content-length': right.length }) + right)
  t.equal((await client.answer()).status, 200)
})

test('where there is no connection there is nobody to be told', async (t) => {
  const { app } = await serve(t)
  const headers = { 'content-type': 'application/json', ...waits }
  const { statusCode } = await app.inject({ method: 'POST', url: '/v1/loss', headers, payload: right })
  t.equal(statusCode, 200)
})
