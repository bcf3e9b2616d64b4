import { setImmediate } from 'node:timers/promises'
import { test } from 'tap'
import { AcceptBurst } from '../../src/wire/accept-burst.ts'
import { eventually } from '../eventually.ts'
import { certificate } from './certificates.ts'
import { Client, get, served, stopClock } from './support.ts'

const { cert, key } = certificate()

test('connections that come one after the other are read when no more come, those of clients with few first', async (t) => {
  stopClock(t)
  const begun: [address: string | undefined, open: number][] = []
  const { connections, port } = await served(t, ({ socket }, response) => {
    begun.push([connections.of(socket)?.address, connections.size])
    response.end()
  })
  // the first is read until a second has come
  new Client(t, port)
  const clients = Array.from({ length: 20 }, (_, at) => {
    const client = new Client(t, port, { localAddress: at < 19 ? '127.0.0.1' : '127.0.0.2' })
    client.say(get('/'))
    return client
  })
  for (const client of clients) t.ok(await client.answered())
  t.same(begun[0], ['127.0.0.2', 21])
  t.ok(begun.every(([, open]) => open === 21))
})

test('a burst that does not end holds nothing for longer than 100 ms of processor time', async (t) => {
  const pass = stopClock(t)
  const { server, port } = await served(t, (_request, response) => response.end())
  let count = 0
  // more than one is always on its way
  server.on('connection', () => {
    count++
    if (count < 3000) new Client(t, port).socket.on('error', () => undefined)
  })
  const [, client] = Array.from({ length: 10 }, () => new Client(t, port))
  client.say(get('/'))
  t.ok(await eventually(() => count > 50))
  t.same(client.statuses, [])
  pass(101)
  t.ok(await client.answered())
  count = 3000
})

test('what very many clients do at one moment is taken in over several turns, and nothing is lost', async (t) => {
  const spread = t.capture(AcceptBurst.prototype, 'spread', AcceptBurst.prototype.spread)
  for (const ca of [undefined, cert]) {
    const tls = ca && { options: { cert, key } }
    const { connections, port } = await served(t, (_request, response) => response.end('fine'), {}, tls || undefined)
    const clients = Array.from({ length: 200 }, () => new Client(t, port, { ca }))
    for (const count of [1, 2]) {
      spread()
      for (const client of clients) client.say(get('/'))
      for (const client of clients) t.ok(await client.answered(count))
    }
    t.ok(spread().length > 0)
    for (const client of clients) client.socket.end()
    t.ok(await eventually(() => connections.size === 0))
    await setImmediate()
    t.ok(spread().length > 0, 'also when they leave')
  }
})
