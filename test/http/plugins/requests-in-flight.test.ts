import type { FastifyInstance } from 'fastify'
import { test } from 'tap'
import { handleError } from '../../../src/http/error-handler.ts'
import { requestsInFlight } from '../../../src/http/plugins/requests-in-flight.ts'
import type { RequestContext } from '../../../src/http/request-context.ts'
import type { Connections } from '../../../src/wire/server.ts'
import type { AddressUsage, Connection } from '../../../src/wire/table.ts'
import { fakeConnection, fakeExchange } from '../../wire/support.ts'
import type { Scope } from './support.ts'
import { bare, standIns } from './support.ts'

/** What requests wait for that begin now. */
type Waits = 'for nothing' | 'for its body' | 'for its client'

/** An application whose requests all come on the connection that is set, and wait until they are let go. */
async function serving(t: Scope, maxRequestsInFlight: number, isBehindProxies = false) {
  const app = bare(t)
  const known = { addresses: 1, usages: [] as AddressUsage[], of: () => set.connection }
  const set: { connection: Connection | undefined; waits: Waits; release: (() => void)[] } = {
    connection: undefined,
    waits: 'for nothing',
    release: [],
  }
  app.decorate('connections', known as unknown as Connections)
  app.setErrorHandler(handleError)
  app.decorateRequest('work')
  app.addHook('onRequest', (request, reply, done) => {
    const { waits } = set
    const giveWay = (reason: Error) => reply.send(reason)
    const work = { task: {}, isWaiting: waits === 'for its body', isStalled: waits === 'for its client', giveWay }
    request.work = work as unknown as RequestContext
    done()
  })
  await standIns(app, 'access-log', 'request-context', 'request-id', 'security-headers')
  await app.register(requestsInFlight, { limits: { maxRequestsInFlight }, isBehindProxies })
  app.get('/', async () => {
    await new Promise<void>((resolve) => set.release.push(resolve))
    return 'fine'
  })
  app.get('/health', { config: { isAlwaysAnswered: true } }, async () => 'well')
  const begin = async (count: number, remoteAddress = '192.0.2.9') => {
    const before = set.release.length
    const answers = Array.from({ length: count }, () => app.inject({ url: '/', remoteAddress }))
    while (set.release.length < before + count) await new Promise((resolve) => setImmediate(resolve))
    return answers
  }
  return { app, known, set, begin }
}

async function refusal(app: FastifyInstance, url = '/'): Promise<unknown[]> {
  const { statusCode, headers, body } = await app.inject(url)
  return [statusCode, headers['retry-after'], statusCode === 200 ? body : JSON.parse(body).detail]
}

test('so many requests are answered at one time, and health always', async (t) => {
  const { app, set, begin } = await serving(t, 3)
  const answers = await begin(3)
  t.equal(app.requestsInFlight.count, 3)
  t.same(await refusal(app), [503, '1', 'Too many requests are in flight.'])
  t.same(await refusal(app, '/health'), [200, undefined, 'well'])
  for (const release of set.release) release()
  for (const answer of answers) t.equal((await answer).statusCode, 200)
  t.equal(app.requestsInFlight.count, 0)
  const [again] = await begin(1)
  set.release.at(-1)?.()
  t.equal((await again).statusCode, 200)
})

test('one address has at most three quarters of them, and half while others are there', async (t) => {
  const { app, known, set, begin } = await serving(t, 5)
  const [many, one] = [fakeConnection('192.0.2.1').connection, fakeConnection('192.0.2.2').connection]
  set.connection = many
  const alone = await begin(4)
  t.equal(many.usage.answering.length, 4)
  t.same(await refusal(app), [503, '1', 'Too many requests of this address are in flight.'])
  known.addresses = 2
  t.same(await refusal(app), [503, '1', 'Too many requests of this address are in flight.'])
  set.connection = one
  const other = await begin(1)
  t.same(await refusal(app), [503, '1', 'Too many requests are in flight.'])
  for (const release of set.release) release()
  await Promise.all([...alone, ...other])
  t.same([many.usage.answering.length, one.usage.answering.length, app.requestsInFlight.count], [0, 0, 0])
  set.connection = many
  const shared = await begin(3)
  t.same(await refusal(app), [503, '1', 'Too many requests of this address are in flight.'])
  for (const release of set.release) release()
  await Promise.all(shared)
})

test('where all are taken, the newest that only waits gives way to an address that has far fewer', async (t) => {
  for (const waits of ['for its body', 'for its client'] as const) {
    const { app, known, set, begin } = await serving(t, 12)
    const all = ['192.0.2.1', '192.0.2.2', '192.0.2.3'].map((name) => fakeConnection(name).connection)
    const [first, second, third] = all
    known.addresses = 3
    known.usages = all.map(({ usage }) => usage)
    set.connection = first
    set.waits = waits
    const [older, newer] = await begin(2)
    set.waits = 'for nothing'
    const others = [older, ...(await begin(4))]
    set.connection = second
    others.push(...(await begin(6)))
    t.same(await refusal(app), [503, '1', 'Too many requests are in flight.'], 'it has as many as any')
    set.connection = third
    others.push(...(await begin(1)))
    const { statusCode, body } = await newer
    t.same([statusCode, JSON.parse(body).detail], [503, 'Too many requests are in flight.'])
    t.same(await refusal(app), [503, '1', 'Too many requests are in flight.'], 'who has most now waits for nothing')
    t.same(
      all.map(({ usage }) => usage.answering.length),
      [5, 6, 1],
    )
    for (const release of set.release) release()
    for (const answer of others) t.equal((await answer).statusCode, 200)
    t.same([...all.map(({ usage }) => usage.answering.length), app.requestsInFlight.count], [0, 0, 0, 0])
  }
})

test('a connection that is one too many is told so, except of the health', async (t) => {
  const { app, set } = await serving(t, 5)
  set.connection = fakeConnection().connection
  set.connection.isExcess = true
  t.same(await refusal(app), [503, '1', 'Too many connections are open.'])
  t.same(await refusal(app, '/health'), [200, undefined, 'well'])
  t.equal(app.requestsInFlight.count, 0)
})

test('an exchange knows how it is answered', async (t) => {
  const { app, set } = await serving(t, 5)
  const { connection } = fakeConnection()
  connection.exchange = fakeExchange().exchange
  set.connection = connection
  await app.inject('/health')
  t.equal(connection.exchange.reply?.sent, true)
})

test('behind proxies the address is that of the request', async (t) => {
  const { app, known, set, begin } = await serving(t, 5, true)
  known.addresses = 1
  set.connection = fakeConnection('10.0.0.1').connection
  const from = async (remoteAddress: string) => (await app.inject({ url: '/', remoteAddress })).statusCode
  const many = await begin(4, '192.0.2.1')
  t.equal(await from('192.0.2.1'), 503)
  const one = await begin(1, '192.0.2.2')
  t.equal(await from('192.0.2.3'), 503, 'all are taken')
  set.release.shift()?.()
  await many.shift()
  t.equal(await from('192.0.2.1'), 503, 'more than half while another is there')
  const two = await begin(1, '192.0.2.2')
  for (const release of set.release) release()
  for (const answer of [...many, ...one, ...two]) t.equal((await answer).statusCode, 200)
  t.equal(app.requestsInFlight.count, 0)
})
