import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'tap'
import { parseConfig } from '../../src/config.ts'
import { limitsOf } from '../../src/http/limits.ts'
import { Arrivals } from '../../src/wire/accept-burst.ts'
import { Connections } from '../../src/wire/server.ts'
import { eventually } from '../eventually.ts'
import { certificate } from './certificates.ts'
import { Client, get, served } from './support.ts'

const { cert, key } = certificate()
const tls = { options: { cert, key } }

test('every connection is known while it is open', async (t) => {
  const addresses: unknown[] = []
  const { connections, port } = await served(t, (request, response) => {
    addresses.push(connections.of(request.socket)?.address, connections.size, connections.addresses)
    addresses.push(...Array.from(connections.shares, ({ address }) => address))
    response.end()
  })
  t.equal(connections.of(undefined), undefined)
  const client = new Client(t, port)
  client.say(get('/'))
  t.ok(await eventually(() => client.statuses.length === 1))
  t.same(addresses, ['127.0.0.1', 1, 1, '127.0.0.1'])
  client.socket.end()
  t.ok(await eventually(() => connections.size === 0))
})

test('before it serves there is nothing to close', async (t) => {
  await new Connections(limitsOf(parseConfig({})), 1).close({ delayMs: 0, timeoutMs: 0 })
  t.pass('closed')
})

test('one request of a connection is answered at a time, in order, however many come', async (t) => {
  let open = 0
  let most = 0
  const { port } = await served(t, (request, response) => {
    most = Math.max(most, ++open)
    setTimeout(() => {
      open--
      response.end(request.url)
    }, 1)
  })
  const client = new Client(t, port)
  client.say(Array.from({ length: 300 }, (_, at) => get(`/${at}.`)).join(''))
  t.ok(await eventually(() => client.statuses.length === 300))
  t.equal(most, 1)
  t.same(
    Array.from(client.text.matchAll(/\r\n\r\n(?:\d+\r\n)?\/(\d+)\./g), ([, at]) => Number(at)),
    Array.from({ length: 300 }, (_, at) => at),
  )
})

test('requests wait while the scheduler has enough to do', async (t) => {
  const scheduler = { isCrowded: true }
  const { connections, port } = await served(t, (_request, response) => response.end())
  connections.waitFor(scheduler)
  const client = new Client(t, port)
  client.say(get('/'))
  t.ok(await eventually(() => connections.size === 1))
  await sleep(50)
  t.same(client.statuses, [])
  scheduler.isCrowded = false
  t.ok(await eventually(() => client.statuses.length === 1))
})

test('what very many clients do at one moment is taken in over several turns, and nothing is lost', async (t) => {
  const spread = t.capture(Arrivals.prototype, 'spread', Arrivals.prototype.spread)
  for (const secured of [undefined, tls]) {
    const { connections, port } = await served(t, (_request, response) => response.end('fine'), {}, secured)
    const clients = Array.from({ length: 200 }, () => new Client(t, port, false, secured && cert))
    const areAnswered = (times: number) => eventually(() => clients.every(({ statuses }) => statuses.length === times))
    for (const client of clients) client.say(get('/'))
    t.ok(await areAnswered(1))
    spread()
    for (const client of clients) client.say(get('/'))
    t.ok(await areAnswered(2))
    t.ok(spread().length > 0)
    for (const client of clients) client.socket.end()
    t.ok(await eventually(() => connections.size === 0))
    t.ok(spread().length > 0, 'also when they leave')
  }
})

test('a client that sends first and reads later sees an early last answer', async (t) => {
  for (const [version, headers] of [
    ['1.1', ['Connection: close']],
    ['1.0', []],
  ] as const) {
    const { port } = await served(t, (_request, response) => response.writeHead(413).end('too large'))
    const client = new Client(t, port)
    client.say(get('/', [...headers, 'Content-Length: 20000000'], version).replace('GET', 'POST'))
    for (let sent = 0; sent < 20; sent++) {
      client.say(Buffer.alloc(1e6))
      await sleep(1)
    }
    t.ok(await client.ended())
    t.match(client.text, /^HTTP\/1\.1 413 [\s\S]*too large/)
    t.equal(client.error, undefined)
  }
})

test('what follows the last request is read past, though it waited', async (t) => {
  const { port } = await served(t, (_request, response) => {
    response.shouldKeepAlive = false
    setTimeout(() => response.end('fine'), 50)
  })
  const client = new Client(t, port)
  client.say(get('/').repeat(200_000))
  t.ok(await client.ended())
  t.same([client.statuses, client.error], [[200], undefined])
})

test('a client that has closed its side gets its answers', async (t) => {
  const { port } = await served(t, (_request, response) => setTimeout(() => response.end('fine'), 100))
  const client = new Client(t, port)
  client.say(get('/') + get('/'))
  client.socket.end()
  t.ok(await client.ended())
  t.same(client.statuses, [200, 200])
})

test('the answer to a client that has left is given up', async (t) => {
  let isClosed = false
  const { port } = await served(t, (_request, response) => {
    response.once('close', () => {
      isClosed = true
    })
  })
  const client = new Client(t, port)
  client.say(get('/'))
  await sleep(100)
  client.socket.destroy()
  t.ok(await eventually(() => isClosed))
})

test('a client that never reads its answer is left', async (t) => {
  const { connections, port } = await served(t, (_request, response) => response.end(Buffer.alloc(50e6)), {
    answerTimeoutMs: 20,
  })
  const client = new Client(t, port)
  client.socket.pause()
  client.say(get('/'))
  t.ok(await eventually(() => connections.size === 1))
  t.ok(await eventually(() => connections.size === 0))
})

test('a connection that comes while the service closes is told that its answer is its last', async (t) => {
  const { connections, port } = await served(t, (_request, response) => response.end('fine'))
  const closed = connections.close({ delayMs: 300, timeoutMs: 5000 })
  const client = new Client(t, port)
  client.say(get('/'))
  t.ok(await client.ended())
  t.match(client.text, /^HTTP\/1\.1 200 [\s\S]*Connection: close/)
  client.socket.end()
  await closed
})

test('nothing that follows a connection that has gone is answered', async (t) => {
  const begun: string[] = []
  const { server } = await served(t, (request) => begun.push(String(request.url)))
  server.emit('request', { socket: undefined, url: '/gone' }, {})
  t.same(begun, [])
})

test('connections over the limit are marked', async (t) => {
  const { connections, port } = await served(
    t,
    (request, response) => response.end(String(connections.of(request.socket)?.isExcess)),
    { maxConnectionsPerAddress: 1 },
  )
  const [first, second] = [new Client(t, port), new Client(t, port)]
  t.ok(await eventually(() => connections.size === 2))
  for (const client of [first, second]) client.say(get('/'))
  t.ok(await eventually(() => first.statuses.length + second.statuses.length === 2))
  t.same([first, second].map(({ text }) => /true|false/.exec(text)?.[0]).toSorted(), ['false', 'true'])
})

test('under TLS a connection counts from its first byte, and is known by what is read of it', async (t) => {
  const { connections, port } = await served(
    t,
    (request, response) => response.end(String(connections.of(request.socket)?.address)),
    {},
    tls,
  )
  const bare = new Client(t, port)
  t.ok(await eventually(() => connections.size === 1), 'before the handshake')
  const client = new Client(t, port, false, cert)
  client.say(Array.from({ length: 50 }, () => get('/')).join(''))
  t.ok(await eventually(() => client.statuses.length === 50))
  t.match(client.text, /\r\n127\.0\.0\.1/)
  t.equal(connections.size, 2)
  client.socket.end()
  t.ok(await eventually(() => connections.size === 1))
  bare.say(get('/'))
  t.ok(await bare.ended(), 'who speaks no TLS is cut')
  t.equal(bare.text.includes('HTTP'), false)
  t.ok(await eventually(() => connections.size === 0))
})

test('under TLS a client that never ends its handshake is cut, and one that resets it leaves nothing', async (t) => {
  const { connections, port } = await served(t, (_request, response) => response.end(), { headersTimeoutMs: 200 }, tls)
  const silent = new Client(t, port)
  t.ok(await silent.ended())
  // the beginning of a ClientHello
  const slow = new Client(t, port)
  slow.say(Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1]))
  t.ok(await slow.ended())
  const rude = new Client(t, port)
  t.ok(await eventually(() => connections.size === 1))
  rude.socket.resetAndDestroy()
  t.ok(await eventually(() => connections.size === 0))
})

test('under TLS connections over the limit are told so, and those that are too many to be told are cut', async (t) => {
  const { connections, port } = await served(
    t,
    (request, response) => response.writeHead(connections.of(request.socket)?.isExcess ? 503 : 200).end(),
    { maxConnections: 1 },
    tls,
  )
  const clients = [new Client(t, port, false, cert)]
  t.ok(await eventually(() => connections.size === 1))
  for (let at = 0; at < 128; at++) clients.push(new Client(t, port))
  t.ok(await eventually(() => connections.size === 129))
  const cut = new Client(t, port)
  t.ok(await cut.ended())
  for (const { socket } of clients.splice(1)) socket.destroy()
  t.ok(await eventually(() => connections.size === 1))
  const told = new Client(t, port, false, cert)
  told.say(get('/'))
  t.ok(await told.ended())
  t.same(told.statuses, [503])
})

test('under TLS a client that sends first and reads later sees an early last answer', async (t) => {
  const { connections, port } = await served(
    t,
    (_request, response) => response.writeHead(413).end('too large'),
    {},
    tls,
  )
  const client = new Client(t, port, false, cert)
  client.say(get('/', ['Connection: close', 'Content-Length: 20000000']).replace('GET', 'POST'))
  for (let sent = 0; sent < 20; sent++) {
    client.say(Buffer.alloc(1e6))
    await sleep(1)
  }
  t.ok(await client.ended())
  t.not(client.error, 'ECONNRESET')
  t.match(client.text, /^HTTP\/1\.1 413 [\s\S]*too large/)
  t.ok(await eventually(() => connections.size === 0))
})

test('under TLS a client that has closed its side gets its answer', async (t) => {
  const { port } = await served(t, (_request, response) => setTimeout(() => response.end('late'), 400), {}, tls)
  const client = new Client(t, port, true, cert)
  client.say(get('/'))
  client.socket.end()
  t.ok(await eventually(() => /late/.test(client.text)))
  t.match(client.text, /^HTTP\/1\.1 100 Continue/)
})

test('under TLS all connections end in good order', async (t) => {
  let asked = 0
  const { connections, port } = await served(
    t,
    (_request, response) => {
      asked++
      setTimeout(() => response.end('late'), 100)
    },
    {},
    tls,
  )
  const clients = Array.from({ length: 5 }, () => new Client(t, port, false, cert))
  for (const client of clients) client.say(get('/'))
  const silent = new Client(t, port)
  t.ok(await eventually(() => connections.size === 6 && asked === 5))
  await connections.close({ delayMs: 0, timeoutMs: 10_000 })
  t.ok(await silent.ended())
  for (const client of clients) {
    t.same(client.statuses, [200])
    t.match(client.text, /connection: close/i)
  }
})
