import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import type { FastifyInstance } from 'fastify'
import Fastify from 'fastify'
import { t as root, test } from 'tap'
import { buildApp } from '../src/app.ts'
import { parseConfig } from '../src/config.ts'
import { limitsOf } from '../src/http/limits.ts'
import { requestsInFlight } from '../src/http/plugins/requests-in-flight.ts'
import { requestContext } from '../src/http/request-context.ts'
import type { MetricsSnapshot } from '../src/operation/metrics-snapshot.ts'
import { MemoryLedger } from '../src/quotas/memory-ledger.ts'
import { eventually } from './eventually.ts'
import { stopAtMinute } from './minute.ts'
import { appOf, ask, listener, post, problemOf } from './support.ts'
import { noConnections } from './wire/support.ts'

const { lines, logger } = listener()
const app = await appOf(root, {}, logger)

test('every answer has its request id and the security headers', async (t) => {
  const answers = [
    await app.inject('/livez'),
    await app.inject('/docs'),
    await app.inject('/nope'),
    await app.inject('/problems/%zz'),
    await app.inject({ method: 'PUT', url: '/v1/loss' }),
    await app.inject({ method: 'POST', url: '/v1/loss', payload: {} }),
    await app.inject({ method: 'POST', url: '/v1/loss' }),
  ]
  t.same(
    answers.map(({ statusCode }) => statusCode),
    [200, 200, 404, 400, 405, 422, 415],
  )
  for (const { headers } of answers) {
    t.match(headers['x-request-id'], /^[\da-f-]{36}$/)
    t.equal(headers['x-content-type-options'], 'nosniff')
    t.match(headers['content-security-policy'], "default-src 'none';")
    t.equal(headers['access-control-allow-origin'], undefined)
  }
})

test('an address that cannot be read', async (t) => {
  const detail = 'The URL is malformed: a part of it is badly encoded or too long.'
  for (const url of ['/problems/%', '/problems/%zz', '/problems/%c3%28', `/problems/${'x'.repeat(400)}`]) {
    const { status, body, headers } = await ask(app, { url, headers: { 'x-request-id': 'mine' } })
    t.same([status, body], [400, problemOf('bad-request', 400, 'The request cannot be read', detail, url)], url)
    t.equal(headers['x-request-id'], 'mine')
    t.match(JSON.parse(String(lines.at(-1))), { requestId: 'mine', status: 400, msg: 'answered' })
  }
})

test('pages of other origins may call when that is asked for', async (t) => {
  const [one, other] = ['https://a.example', 'https://b.example']
  for (const [CORS_ORIGIN, allowed] of [
    ['*', ['*', '*']],
    [`${one}, https://c.example`, [one, undefined]],
  ] as const) {
    const open = await appOf(t, { CORS_ORIGIN })
    const answers = [one, other].map((origin) => open.inject({ url: '/livez', headers: { origin } }))
    t.same(
      (await Promise.all(answers)).map(({ headers }) => headers['access-control-allow-origin']),
      allowed,
    )
    for (const [url, method] of [
      ['/v1/evaluations/run', 'PUT'],
      ['/v1/evaluations/run', 'PATCH'],
      ['/v1/evaluations/run', 'DELETE'],
    ]) {
      const headers = {
        origin: one,
        'access-control-request-method': method,
        'access-control-request-headers': 'authorization, content-type, if-match',
      }
      const { statusCode, headers: preflight } = await open.inject({ method: 'OPTIONS', url, headers })
      t.equal(statusCode, 204)
      t.ok(String(preflight['access-control-allow-methods']).split(', ').includes(method), method)
      t.equal(preflight['access-control-allow-headers'], headers['access-control-request-headers'])
    }
    const { headers } = await open.inject({ url: '/v1/evaluations', headers: { origin: one } })
    t.same(
      ['etag', 'location', 'retry-after', 'ratelimit'].filter(
        (name) => !String(headers['access-control-expose-headers']).split(', ').includes(name),
      ),
      [],
    )
  }
})

test('a slash at the end does no harm', async (t) => {
  t.equal((await ask(app, { url: '/v1/losses/' })).status, 200)
  t.equal((await post(app, '/v1/loss/', {})).status, 422)
})

/** Everything that the service says to these bytes until it closes the connection. */
async function saidOn(service: FastifyInstance, bytes: string): Promise<string> {
  const socket = connect((service.server.address() as AddressInfo).port)
  socket.write(bytes)
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

test('timeouts of any size start, and slow headers are answered in time', async (t) => {
  const patient = await appOf(t, { HEADERS_TIMEOUT_MS: '400000', REQUEST_TIMEOUT_MS: '1' })
  t.equal(patient.server.headersTimeout, 400_000)
  const hasty = await appOf(t, { HEADERS_TIMEOUT_MS: '200' })
  await hasty.listen({ port: 0 })
  t.match(await saidOn(hasty, 'GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n'), /400 [\s\S]*include a Host header/)
  const began = performance.now()
  t.match(await saidOn(hasty, 'GET /livez HTTP/1.1\r\nHost: '), /^HTTP\/1\.1 408 [\s\S]*"\/problems\/request-timeout"/)
  t.ok(performance.now() - began < 5000)
})

test('a database that is out of reach at the start is told of in the log, and all else is served', async (t) => {
  const { logger, lines: told } = listener()
  const away = await appOf(t, { DATABASE_URL: 'postgres://nobody@127.0.0.1:9/nothing' }, logger)
  t.ok(await eventually(() => told.length > 0))
  t.match(JSON.parse(told[0]), { level: 40, msg: 'the evaluation store cannot be used' })
  t.equal((await away.inject('/v1/limits')).statusCode, 200)
  const { statusCode, headers } = await away.inject('/v1/evaluations')
  t.same([statusCode, headers['retry-after']], [503, '5'])
})

test('a worker that does not delete old evaluations is ready all the same', async (t) => {
  const worker = await buildApp(parseConfig({ DATABASE_URL: 'memory:' }), false, { sweeps: false })
  t.equal((await worker.inject('/readyz')).statusCode, 200)
  await worker.close()
})

test('a worker tells its own metrics to the others, and everybody those of all', async (t) => {
  let snapshot: (() => Promise<MetricsSnapshot>) | undefined
  const worker = await buildApp(parseConfig({ DATABASE_URL: 'memory:' }), false, {
    cluster: {
      ledger: new MemoryLedger(),
      onMetrics: (of) => {
        snapshot = of
      },
      scrape: async () => 'of all',
    },
  })
  t.equal((await worker.inject('/metrics')).body, 'of all')
  t.ok((await snapshot?.())?.some(({ name }) => name === 'lossmeter_workers'))
  await worker.close()
})

test('an issuer of tokens that is out of reach at the start hinders nothing but tokens', async (t) => {
  const service = await appOf(t, { OIDC_ISSUER: 'http://127.0.0.1:9', OIDC_AUDIENCE: 'lossmeter' })
  t.equal((await service.inject('/livez')).statusCode, 200)
  t.equal((await service.inject('/v1/limits')).statusCode, 401)
  const { statusCode, headers } = await service.inject({
    url: '/v1/limits',
    headers: { authorization: `Bearer ${tokenOf()}` },
  })
  t.same([statusCode, headers['retry-after']], [503, '5'])
})

/** A token of the right form. */
function tokenOf(): string {
  const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
  return `${encoded({ alg: 'ES256', kid: 'a' })}.${encoded({ iss: 'http://127.0.0.1:9' })}.AAAA`
}

test('proxies are those that are declared, by number or by address', async (t) => {
  const table: [string | undefined, number][] = [
    [undefined, 429],
    ['1', 200],
    ['127.0.0.1', 200],
    ['10.0.0.0/8', 429],
  ]
  stopAtMinute(t)
  for (const [proxies, status] of table) {
    const service = await appOf(t, { REQUESTS_PER_MINUTE: '1', ...(proxies && { TRUST_PROXY: proxies }) })
    const base = await service.listen({ host: '127.0.0.1', port: 0 })
    const from = async (address: string) =>
      (await fetch(`${base}/v1/limits`, { headers: { 'x-forwarded-for': address, connection: 'close' } })).status
    t.same([await from('198.51.100.1'), await from('198.51.100.2')], [200, status], String(proxies))
  }
})

test('a plugin that is registered before what it depends on fails at the start', async (t) => {
  const early = Fastify()
  early.decorate('connections', noConnections)
  await t.rejects(async () => early.register(requestsInFlight, { limits: { maxRequestsInFlight: 1 } }), {
    code: 'FST_ERR_PLUGIN_DEPENDENCY_NOT_REGISTERED',
  })
  await t.rejects(async () => Fastify().register(requestContext, { limits: limitsOf(parseConfig({})) }), {
    code: 'FST_ERR_PLUGIN_NOT_PRESENT_IN_INSTANCE',
  })
})
