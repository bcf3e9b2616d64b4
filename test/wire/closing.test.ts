import { once } from 'node:events'
import { connect } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import type { FastifyReply } from 'fastify'
import { test } from 'tap'
import { Connections } from '../../src/wire/server.ts'
import { eventually } from '../eventually.ts'
import { Client, get, limits, served } from './support.ts'

const refusal = new Error('The service is shutting down.')

test('no request fails while clients come again and again', async (t) => {
  const { connections, port } = await served(t, (_request, response) => {
    setTimeout(() => response.end('fine'), 5)
  })
  const seen = { answered: 0, last: 0, failed: 0, refused: 0 }
  const visit = async () => {
    while (seen.refused === 0) {
      const client = new Client(t, port)
      for (let isLast = false; !isLast; ) {
        const before = client.statuses.length
        client.say(get('/'))
        await eventually(() => client.statuses.length > before || client.isEnded)
        if (client.statuses.length === before) {
          if (client.error === 'ECONNREFUSED') seen.refused++
          else seen.failed++
          return
        }
        seen.answered++
        isLast = client.text.includes('Connection: close')
      }
      seen.last++
      client.socket.end()
    }
  }
  const visits = Promise.all(Array.from({ length: 20 }, visit))
  t.ok(await eventually(() => seen.answered > 100))
  await connections.close({ delayMs: 200, timeoutMs: 20_000, refusal })
  await visits
  t.equal(connections.size, 0)
  t.match(seen, { failed: 0 })
  t.ok(seen.last >= 20, 'each connection was told')
  t.ok(seen.refused > 0, 'in the end nobody listens')
})

test('a request that comes on an idle connection is answered, and the connection closed', async (t) => {
  const { connections, server, port } = await served(t, (_request, response) => response.end('fine'))
  const [busy, idle] = [new Client(t, port), new Client(t, port)]
  for (const client of [busy, idle]) {
    client.say(get('/'))
    t.ok(await client.answered())
    t.match(client.text, 'Connection: keep-alive')
  }
  const began = performance.now()
  const closed = connections.close({ delayMs: 0, timeoutMs: 20_000, refusal })
  t.ok(await eventually(() => !server.listening))
  busy.say(get('/'))
  t.ok(await busy.ended())
  t.same(busy.statuses, [200, 200])
  t.match(busy.text, 'Connection: close')
  t.ok(await idle.ended())
  t.ok(performance.now() - began > 2000, 'it had the time to say something')
  busy.socket.end()
  idle.socket.end()
  await closed
  t.same([busy.error, idle.error, connections.size], [undefined, undefined, 0])
})

test('what has not ended in time is refused, or cut', async (t) => {
  const refused: unknown[] = []
  const { connections, port } = await served(t, (request, response) => {
    if (request.url === '/begun') response.write('begun')
    const exchange = connections.of(request.socket)?.exchange
    if (request.url !== '/refused' || exchange === undefined) return
    const reply = {
      send(problem: unknown) {
        refused.push(problem)
        response.writeHead(503).end()
      },
    }
    exchange.reply = reply as unknown as FastifyReply
  })
  const clients = ['/begun', '/bare', '/refused'].map((path) => {
    const client = new Client(t, port, { allowHalfOpen: path === '/begun' })
    client.say(get(path, ['Content-Length: 5']))
    return client
  })
  // goes on sending after it was refused, until it is cut
  const stubborn = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  stubborn.on('error', () => undefined)
  stubborn.write(get('/bare', ['Content-Length: 1000']))
  const sending = setInterval(() => stubborn.write('x'), 100)
  t.teardown(() => clearInterval(sending))
  t.ok(await eventually(() => clients[0].statuses.length === 1 && connections.size === 4))
  await connections.close({ delayMs: 0, timeoutMs: 300, refusal })
  for (const client of clients) t.ok(await client.ended())
  t.same(
    clients.map(({ statuses }) => statuses),
    [[200], [], [503]],
  )
  t.same(refused, [refusal])
  t.ok(await eventually(() => connections.size === 0))
})

test('a server that listens no more, or never did, is closed all the same', async (t) => {
  const { connections, server } = await served(t, () => undefined)
  server.close()
  await connections.close({ delayMs: 0, timeoutMs: 1000, refusal })
  t.equal(server.listening, false)
  await new Connections(limits(), 1).close({ delayMs: 0, timeoutMs: 0, refusal })
})

test('beside others it stops at its turn, and answers when they have stopped, too', async (t) => {
  const { connections, server, port } = await served(t, (_request, response) => response.end('fine'))
  const client = new Client(t, port)
  client.say(get('/'))
  t.ok(await client.answered())
  const [mayStop, stopped] = [Promise.withResolvers<boolean>(), Promise.withResolvers<void>()]
  let [hasAsked, hasStopped] = [false, false]
  const peers = {
    mayStop: () => {
      hasAsked = true
      return mayStop.promise
    },
    trip: async () => {
      t.fail('others take what is on its way')
    },
    stopped: () => {
      hasStopped = true
      return stopped.promise
    },
  }
  const closed = connections.close({ delayMs: 0, timeoutMs: 20_000, refusal, peers })
  t.ok(await eventually(() => hasAsked))
  const come = once(server, 'request')
  client.say(get('/'))
  await come
  for (let turn = 0; turn < 10; turn++) await setImmediate()
  t.same([server.listening, client.statuses.length], [true, 1])
  mayStop.resolve(false)
  t.ok(await eventually(() => hasStopped))
  for (let turn = 0; turn < 10; turn++) await setImmediate()
  t.same([server.listening, client.statuses.length], [false, 1])
  stopped.resolve()
  t.ok(await client.ended())
  t.same(client.statuses, [200, 200])
  client.socket.end()
  await closed
})

test('the last of them waits until nothing comes, and until nothing is on its way', async (t) => {
  const { connections, server, port } = await served(t, (_request, response) => response.end('fine'))
  const clients: Client[] = []
  let trips = 0
  const peers = {
    mayStop: () => Promise.resolve(true),
    trip: async () => {
      trips++
      if (trips > 3) return
      const client = new Client(t, port)
      clients.push(client)
      client.say(get('/'))
      t.ok(await eventually(() => connections.size === clients.length))
    },
    stopped: () => Promise.resolve(),
  }
  await connections.close({ delayMs: 0, timeoutMs: 20_000, refusal, peers })
  t.same(
    clients.map(({ statuses }) => statuses),
    [[200], [200], [200]],
  )
  t.ok(trips > 20, 'quiet turns after three that were not')
  t.equal(server.listening, false)
})

test('a connection that comes while the service closes is told that its answer is its last', async (t) => {
  const { connections, port } = await served(t, (_request, response) => response.end('fine'))
  const closed = connections.close({ delayMs: 300, timeoutMs: 5000, refusal })
  const client = new Client(t, port)
  client.say(get('/'))
  t.ok(await client.ended())
  t.match(client.text, /^HTTP\/1\.1 200 [\s\S]*Connection: close/)
  client.socket.end()
  await closed
})
