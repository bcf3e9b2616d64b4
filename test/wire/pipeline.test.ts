import { setImmediate } from 'node:timers/promises'
import { test } from 'tap'
import { eventually } from '../eventually.ts'
import { Client, get, served } from './support.ts'

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
  t.ok(await client.answered(300))
  t.equal(most, 1)
  t.same(
    Array.from(client.text.matchAll(/\r\n\r\n(?:\d+\r\n)?\/(\d+)\./g), ([, at]) => Number(at)),
    Array.from({ length: 300 }, (_, at) => at),
  )
})

test('a request does not wait for those of other connections', async (t) => {
  const { port } = await served(t, (request, response) => void (request.url !== '/never' && response.end()))
  const [slow, other] = [new Client(t, port), new Client(t, port)]
  slow.say(get('/never') + get('/'))
  other.say(get('/'))
  t.ok(await other.answered())
  t.same(slow.statuses, [])
})

test('requests wait while the scheduler has enough to do, and then one of each address begins in turn', async (t) => {
  const scheduler = { isCrowded: true }
  const begun: (string | undefined)[] = []
  const { connections, server, port } = await served(t, ({ socket }, response) => {
    begun.push(connections.of(socket)?.address)
    response.end()
  })
  connections.waitFor(scheduler)
  let come = 0
  server.on('request', () => come++)
  for (let count = 0; count < 40; count++) new Client(t, port).say(get('/'))
  t.ok(await eventually(() => come === 40))
  new Client(t, port, { localAddress: '127.0.0.2' }).say(get('/'))
  t.ok(await eventually(() => come === 41))
  await setImmediate()
  t.same(begun, [])
  scheduler.isCrowded = false
  t.ok(await eventually(() => begun.length === 41))
  t.equal(begun.indexOf('127.0.0.2'), 1)
})

test('at most 16 requests begin in one turn of the event loop, and 4 where they are refused at once', async (t) => {
  for (const [bound, isRefused] of [
    [16, false],
    [4, true],
  ] as const) {
    let [inTurn, most] = [0, 0]
    const scheduler = { isCrowded: true }
    const { connections, server, port } = await served(t, async (_request, response) => {
      inTurn++
      queueMicrotask(() => {
        inTurn = 0
      })
      most = Math.max(most, inTurn)
      if (!isRefused) await setImmediate()
      response.end()
    })
    connections.waitFor(scheduler)
    let come = 0
    server.on('request', () => come++)
    const clients = Array.from({ length: 60 }, () => new Client(t, port))
    for (const client of clients) client.say(get('/'))
    t.ok(await eventually(() => come === 60))
    scheduler.isCrowded = false
    for (const client of clients) t.ok(await client.answered())
    t.equal(most, bound)
  }
})

test('at most 4096 requests wait beyond one of each connection, and none is cut for what another sends', async (t) => {
  const { connections, port } = await served(t, (_request, response) => response.end())
  const scheduler = { isCrowded: true }
  connections.waitFor(scheduler)
  const modest = new Client(t, port)
  // what one read brings is 64 KiB
  const greedy = Array.from({ length: 4 }, () => new Client(t, port))
  for (const client of greedy) client.say('GET / HTTP/1.1\r\nHost:a\r\n\r\n'.repeat(2500))
  t.ok(await eventually(() => greedy.filter(({ isEnded }) => isEnded).length === 2))
  modest.say(get('/'))
  scheduler.isCrowded = false
  t.ok(await modest.answered())
  for (const client of greedy) if (!client.isEnded) t.ok(await client.answered(2500))
})

test('what follows the last request is read past, though it waited', async (t) => {
  const begun: unknown[] = []
  const { port } = await served(t, (request, response) => {
    begun.push(request.url)
    response.shouldKeepAlive = false
    setTimeout(() => response.end('fine'), 50)
  })
  const client = new Client(t, port)
  client.say(get('/').repeat(200_000))
  t.ok(await client.ended())
  t.same([client.statuses, client.error, begun], [[200], undefined, ['/']])
})
