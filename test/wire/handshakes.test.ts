import { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import type { Test } from 'tap'
import { test } from 'tap'
import type { Limits } from '../../src/http/limits.ts'
import { eventually } from '../eventually.ts'
import { certificate } from './certificates.ts'
import { Client, get, served } from './support.ts'

const { cert, key } = certificate()
const beginOfClientHello = Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1])

async function servedOverTls(t: Test, other: Partial<Limits> = {}, delayMs = 0) {
  const running = await served(
    t,
    (request, response) => {
      const connection = running.connections.of(request.socket)
      response.statusCode = connection?.isExcess ? 503 : 200
      setTimeout(() => response.end(connection?.address), delayMs)
    },
    other,
    { options: { cert, key } },
  )
  const secured = (localAddress?: string) =>
    new Client(t, running.port, { ca: cert, ...(localAddress !== undefined && { localAddress }) })
  return { ...running, secured }
}

test('a connection counts from its first byte, and is known by what is read of it', async (t) => {
  const { connections, port, secured } = await servedOverTls(t)
  const bare = new Client(t, port)
  t.ok(await eventually(() => connections.size === 1), 'before the handshake')
  const client = secured()
  client.say(get('/').repeat(50))
  t.ok(await client.answered(50))
  t.match(client.text, /\r\n127\.0\.0\.1/)
  t.equal(connections.size, 2)
  client.socket.end()
  t.ok(await eventually(() => connections.size === 1))
  bare.say(get('/'))
  t.ok(await bare.ended(), 'a client that speaks no TLS is cut')
  t.equal(bare.text.includes('HTTP'), false)
  t.ok(await eventually(() => connections.size === 0))
})

test('a client that never ends its handshake is cut, and one that resets or closes it leaves nothing', async (t) => {
  const { connections, port } = await servedOverTls(t, { headersTimeoutMs: 200 })
  const [silent, slow] = [new Client(t, port), new Client(t, port)]
  slow.say(beginOfClientHello)
  t.ok((await silent.ended()) && (await slow.ended()))
  for (const leave of ['resetAndDestroy', 'end'] as const) {
    const client = new Client(t, port)
    t.ok(await eventually(() => connections.size === 1))
    client.socket[leave]()
    t.ok(await eventually(() => connections.size === 0))
  }
})

test('what is encrypted when its connection has gone is cut', async (t) => {
  const { server } = await servedOverTls(t)
  const encrypted = new Socket()
  server.emit('secureConnection', encrypted)
  t.equal(encrypted.destroyed, true)
})

test('so many handshakes of one address are under way; others of it wait, those of other addresses do not', async (t) => {
  const { connections, port, secured } = await servedOverTls(t, { maxConnectionsPerAddress: 4 })
  const slow = new Client(t, port)
  slow.say(beginOfClientHello)
  t.ok(await eventually(() => connections.size === 1))
  await setImmediate()
  const waiting = [secured(), secured()]
  for (const client of waiting) client.say(get('/'))
  t.ok(await eventually(() => connections.size === 3))
  const leaving = new Client(t, port)
  leaving.say(beginOfClientHello)
  t.ok(await eventually(() => connections.size === 4))
  // when the second is answered, those that wait have long sent what they begin with
  for (let round = 0; round < 2; round++) {
    const other = secured('127.0.0.2')
    other.say(get('/'))
    t.ok(await other.answered())
  }
  leaving.socket.resetAndDestroy()
  t.ok(await eventually(() => connections.size === 5), 'with those that were answered')
  t.same(
    waiting.map(({ statuses }) => statuses),
    [[], []],
  )
  slow.socket.destroy()
  for (const client of waiting) t.ok(await client.answered())
})

test('connections over the limit are told so, and those that are too many to be told are cut', async (t) => {
  const { connections, port, secured } = await servedOverTls(t, { maxConnections: 1 })
  const clients = [secured()]
  t.ok(await eventually(() => connections.size === 1))
  for (let at = 0; at < 128; at++) clients.push(new Client(t, port))
  t.ok(await eventually(() => connections.size === 129))
  t.ok(await new Client(t, port).ended())
  for (const { socket } of clients.splice(1)) socket.destroy()
  t.ok(await eventually(() => connections.size === 1))
  const told = secured()
  told.say(get('/'))
  t.ok(await told.ended())
  t.same(told.statuses, [503])
})

test('a client that sends first and reads later sees an early last answer', async (t) => {
  const { connections, secured } = await servedOverTls(t)
  const client = secured()
  client.say(get('/', ['Connection: close', 'Content-Length: 20000000']).replace('GET', 'POST'))
  for (let sent = 0; sent < 20; sent++) {
    client.say(Buffer.alloc(1e6))
    await setImmediate()
  }
  t.ok(await client.ended())
  t.not(client.error, 'ECONNRESET')
  t.match(client.text, /^HTTP\/1\.1 200 [\s\S]*127\.0\.0\.1/)
  t.ok(await eventually(() => connections.size === 0))
})

test('a client that has closed its side gets its answer', async (t) => {
  const { port } = await servedOverTls(t, {}, 400)
  const client = new Client(t, port, { allowHalfOpen: true, ca: cert })
  client.say(get('/'))
  client.socket.end()
  t.ok(await eventually(() => /127\.0\.0\.1/.test(client.text)))
  t.match(client.text, /^HTTP\/1\.1 100 Continue/)
})

test('all connections end in good order', async (t) => {
  const { connections, server, port, secured } = await servedOverTls(t, {}, 100)
  let asked = 0
  server.on('request', () => asked++)
  const clients = Array.from({ length: 5 }, () => secured())
  for (const client of clients) client.say(get('/'))
  const silent = new Client(t, port)
  t.ok(await eventually(() => connections.size === 6 && asked === 5))
  await connections.close({ delayMs: 0, timeoutMs: 10_000, refusal: new Error('closing') })
  t.ok(await silent.ended())
  for (const client of clients) {
    t.same(client.statuses, [200])
    t.match(client.text, /connection: close/i)
  }
})
