import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { join } from 'node:path'
import { mock } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { FastifyInstance } from 'fastify'
import Fastify from 'fastify'
import { t as root, test } from 'tap'
import { rateLimit } from '../../src/access/rate-limit.ts'
import { buildApp } from '../../src/app.ts'
import { parseConfig } from '../../src/config.ts'
import { limitsOf } from '../../src/http/limits.ts'
import { requestContext } from '../../src/http/request-context.ts'
import type { Ledger } from '../../src/quotas/ledger.ts'
import { MemoryLedger } from '../../src/quotas/memory-ledger.ts'
import { Quotas } from '../../src/quotas/quotas.ts'
import { eventually } from '../eventually.ts'
import { standIns } from '../http/plugins/support.ts'
import { stopAtMinute } from '../minute.ts'
import { appOf, ask, problemOf } from '../support.ts'
import { noConnections } from '../wire/support.ts'

const body = JSON.stringify({ loss: 'mse', labelFormat: 'values', predictions: [1], labels: [2] })
const line = '{"predictions":[1],"labels":[2]}\n'
const stream = `{"loss":"mse","labelFormat":"values"}\n${line.repeat(10_000)}`

interface Sent {
  readonly headers?: Record<string, string>
  readonly payload?: string | Buffer
  readonly remoteAddress?: string
}

function send(app: FastifyInstance, { headers = {}, payload = body, remoteAddress = '192.0.2.1' }: Sent = {}) {
  const type = { 'content-type': 'application/json' }
  return ask(app, { method: 'POST', url: '/v1/loss', headers: { ...type, ...headers }, payload, remoteAddress })
}

root.beforeEach((t) => stopAtMinute(t))

test('quotas follow the clock that these tests stop', async (t) => {
  mock.timers.setTime(Date.now() + 17_000)
  t.equal(new Quotas().secondsLeft, 43)
})

test('an address may send so many requests in a minute, and others as many', async (t) => {
  const app = await appOf(t, { REQUESTS_PER_MINUTE: '3' })
  for (const left of [2, 1, 0]) {
    const { status, headers } = await send(app)
    t.same([status, headers['ratelimit-policy']], [200, '"requests";q=3;w=60;qu="requests"'])
    t.match(headers.ratelimit, new RegExp(`^"requests";r=${left};t=\\d+$`))
  }
  const refused = await send(app)
  const seconds = Number(refused.headers['retry-after'])
  t.ok(seconds > 0 && seconds <= 60)
  t.equal(refused.headers.ratelimit, `"requests";r=0;t=${seconds}`)
  const detail = `This client can send 3 requests per minute; the next minute begins in ${seconds} s.`
  const extensions = { limit: 'requestsPerMinute', allowed: 3 }
  t.same(refused.body, problemOf('rate-limited', 429, 'Rate limit exceeded', detail, '/v1/loss', extensions))
  t.equal((await ask(app, { url: '/v1/limits', remoteAddress: '192.0.2.1' })).status, 429, 'all routes together')
  t.equal((await send(app, { remoteAddress: '192.0.2.2' })).status, 200)
  for (const [at, status] of [200, 200, 200, 429].entries())
    t.equal((await send(app, { remoteAddress: `2001:db8::${at}` })).status, status, 'a network is one client')
  for (const url of ['/livez', '/readyz', '/docs', '/problems', '/openapi.json']) {
    const { statusCode, headers } = await app.inject({ url, remoteAddress: '192.0.2.1' })
    t.same([statusCode, headers.ratelimit], [200, undefined], url)
  }
  t.equal((await app.inject({ method: 'PATCH', url: '/v1/loss', remoteAddress: '192.0.2.1' })).statusCode, 405)
})

test('bytes are counted as they come, when inflated', async (t) => {
  const app = await appOf(t, { BYTES_PER_MINUTE: '100000' })
  const { status, headers } = await send(app)
  t.same([status, headers['ratelimit-policy']], [200, '"bytes";q=100000;w=60;qu="content-bytes"'])
  t.match(headers.ratelimit, /^"bytes";r=100000;/)
  t.match((await send(app)).headers.ratelimit, new RegExp(`^"bytes";r=${100_000 - body.length};`))
  const large = await send(app, { payload: body.padEnd(100_001) })
  t.match([large.status, large.body], [413, { limit: 'bytesPerMinute', allowed: 100_000 }], 'it would never fit')
  const soon = await send(app, { payload: body.padEnd(99_990) })
  t.match(
    [soon.status, soon.body],
    [429, { limit: 'bytesPerMinute', allowed: 100_000 }],
    'it fits into the next minute',
  )
  t.equal((await send(app)).status, 200)
  const inflated = { 'content-encoding': 'gzip', 'content-type': 'application/x-ndjson' }
  const ended = await send(app, { headers: inflated, payload: gzipSync(stream) })
  t.equal(ended.status, 429, 'in the middle')
  t.equal((await send(app, { payload: '' })).status, 429)
})

test('bodies that are sent at once cannot have the same bytes', async (t) => {
  const app = await appOf(t, { BYTES_PER_MINUTE: '150' })
  t.ok(body.length > 50 && body.length < 75)
  const statuses = await Promise.all([1, 2, 3].map(async () => (await send(app)).status))
  t.same(statuses.sort(), [200, 200, 429])
  t.equal((await send(app, { payload: '' })).status, 400, 'some are left')
})

test('what only a ledger can tell is waited for', async (t) => {
  const ledger = new MemoryLedger()
  const cluster = { ledger, onMetrics: () => undefined, scrape: async () => '' }
  const services = await Promise.all(
    [1, 2].map(() =>
      buildApp(parseConfig({ DATABASE_URL: 'memory:', REQUESTS_PER_MINUTE: '6', BYTES_PER_MINUTE: '300000' }), false, {
        cluster,
      }),
    ),
  )
  t.after(() => Promise.all(services.map((app) => app.close())))
  const ndjson = { 'content-encoding': 'gzip', 'content-type': 'application/x-ndjson' }
  const streams = [stream.slice(0, 250_012), stream.slice(0, 125_012)]
  t.same((await send(services[0], { headers: ndjson, payload: gzipSync(streams[0]) })).status, 200)
  const cut = await send(services[1], { headers: ndjson, payload: gzipSync(streams[1]) })
  t.match([cut.status, cut.body], [429, { limit: 'bytesPerMinute' }], 'in the middle')
  const other = { remoteAddress: '192.0.2.9' }
  const counts = { 200: 0, 429: 0 }
  for (let at = 0; at < 12; at++) {
    const { status, headers } = await send(services[at % 2], other)
    counts[status as 200 | 429]++
    t.match(headers.ratelimit, new RegExp(`^"requests";r=${Math.max(0, 5 - at)};t=`), 'exact where slices are single')
  }
  t.same(counts, { 200: 6, 429: 6 })
})

test('a client that leaves while its request waits holds nothing', async (t) => {
  const held = Promise.withResolvers<void>()
  const inner = new MemoryLedger()
  let asked = 0
  const ledger: Ledger = {
    take: async (asks) => {
      asked++
      await held.promise
      return inner.take(asks)
    },
    close: async () => undefined,
  }
  const quotas = new Quotas(ledger, undefined, { patience: 60_000 })
  const app = Fastify()
  t.after(() => app.close())
  app.decorate('connections', noConnections)
  await app.register(requestContext, { limits: limitsOf(parseConfig({})) })
  await standIns(app, 'access')
  app.decorateRequest('client', null)
  await app.register(rateLimit, { standard: { requestsPerMinute: 0, bytesPerMinute: 1000 }, quotas })
  app.post('/v1/loss', async () => 'answered')
  await app.listen({ host: '127.0.0.1', port: 0 })
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
  socket.write('POST /v1/loss HTTP/1.1\r\nHost: a\r\nContent-Length: 400\r\nContent-Type: text/plain\r\n\r\n')
  t.ok(await eventually(() => asked === 1))
  const { bytes } = quotas.of('127.0.0.1')
  socket.destroy()
  const closed = once(app.server, 'close')
  app.server.close()
  await closed
  held.resolve()
  t.ok(await eventually(() => bytes.spare > 0))
  t.same([bytes.held, bytes.used], [0, 0])
})

test('the quota of a key goes before that of all, and keys of one name share it', async (t) => {
  const sha256 = (key: string) => createHash('sha256').update(key).digest('hex')
  const list = [
    { name: 'small', sha256: sha256('a'), scopes: ['evaluate'], requestsPerMinute: 2 },
    { name: 'small', sha256: sha256('b'), scopes: ['evaluate'], requestsPerMinute: 2 },
    { name: 'other', sha256: sha256('c'), scopes: ['evaluate'], bytesPerMinute: 50 },
  ]
  const API_KEYS_FILE = join(t.testdir({ 'keys.json': JSON.stringify(list) }), 'keys.json')
  const app = await appOf(t, { API_KEYS_FILE, REQUESTS_PER_MINUTE: '4' })
  const sent = async (key: string, remoteAddress: string) => {
    const { status } = await send(app, { headers: { authorization: `Bearer ${key}` }, remoteAddress })
    return status
  }
  t.same([await sent('a', '192.0.2.1'), await sent('b', '192.0.2.2'), await sent('a', '192.0.2.3')], [200, 200, 429])
  t.same([await sent('c', '192.0.2.1'), await sent('d', '192.0.2.1')], [413, 401])
})

test('without quotas there are no fields', async (t) => {
  const { headers } = await send(await appOf(t))
  t.same([headers.ratelimit, headers['ratelimit-policy']], [undefined, undefined])
})

test('behind declared proxies the address is the one that they tell, and nobody else is believed', async (t) => {
  const table: [TRUST_PROXY: string | undefined, from: string, forwarded: string, same: boolean][] = [
    [undefined, '192.0.2.1', '198.51.100.', true],
    ['1', '192.0.2.1', '198.51.100.', false],
    ['1', '192.0.2.1', '198.51.100.%, 203.0.113.7', true],
    ['2', '192.0.2.1', '198.51.100.%, 203.0.113.7', false],
    ['192.0.2.0/24, 203.0.113.7', '192.0.2.1', '198.51.100.%, 203.0.113.7', false],
    ['10.0.0.0/8', '192.0.2.1', '198.51.100.', true],
  ]
  for (const [proxies, remoteAddress, forwarded, same] of table) {
    const app = await appOf(t, { REQUESTS_PER_MINUTE: '1', ...(proxies && { TRUST_PROXY: proxies }) })
    const from = (last: string) => (forwarded.includes('%') ? forwarded.replace('%', last) : forwarded + last)
    const first = await send(app, { remoteAddress, headers: { 'x-forwarded-for': from('1') } })
    const second = await send(app, { remoteAddress, headers: { 'x-forwarded-for': from('2') } })
    t.same([first.status, second.status], [200, same ? 429 : 200], `${proxies} ${forwarded}`)
  }
})
