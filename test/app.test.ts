import { Server as HttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { t as root, test } from 'tap'
import { buildApp } from '../src/app.ts'
import { parseConfig } from '../src/config.ts'
import type { MetricsSnapshot } from '../src/operation/metrics-snapshot.ts'
import { MemoryLedger } from '../src/quotas/memory-ledger.ts'
import { withinAMinute } from './minute.ts'
import { appOf, ask, listener, post, problemOf } from './support.ts'
import { writeCertificate } from './wire/certificates.ts'

const { lines, logger } = listener()
const app = await appOf(root, {}, logger)

test('a request id that is a harmless word is kept, any other is replaced', async (t) => {
  const kept = ['a', 'trace-1', '4bf92f3577b34da6a3ce929d0e0e4736', 'A_b.c:d-9', 'x'.repeat(128)]
  for (const id of kept) {
    const { headers, body } = await app.inject({ url: '/nope', headers: { 'x-request-id': id } })
    t.same([headers['x-request-id'], JSON.parse(body).requestId], [id, id])
  }
  const replaced = ['', ' ', 'a b', 'x'.repeat(129), 'ä', '{"a":1}', '<script>', 'a\tb', 'a,b', '../etc', '%0d%0a']
  for (const id of replaced) {
    const { headers, body } = await app.inject({ url: '/nope', headers: { 'x-request-id': id } })
    t.match(headers['x-request-id'], /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/, JSON.stringify(id))
    t.equal(headers['x-request-id'], JSON.parse(body).requestId)
  }
  const twice = await app.inject({ url: '/livez', headers: { 'x-request-id': ['a', 'b'] } })
  t.match(twice.headers['x-request-id'], /^[\da-f-]{36}$/)
})

const policy = [
  "base-uri 'none'",
  "connect-src 'self'",
  "default-src 'none'",
  "font-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "img-src 'self' data:",
  "object-src 'none'",
  "script-src 'self'",
  "script-src-attr 'none'",
  "style-src 'self'",
]

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
    t.same(String(headers['content-security-policy']).split(';').toSorted(), policy)
    t.equal(headers['strict-transport-security'], undefined, 'it is for whoever ends TLS to say')
    t.equal(headers['access-control-allow-origin'], undefined)
  }
})

test('an address that there is not', async (t) => {
  const detail = 'Nothing is served at this address. /openapi.json lists the available routes.'
  for (const url of [
    '/nope',
    '/v1',
    '/v1/loss/x',
    '/V1/loss',
    '/v3/loss',
    '/docs/static/nope.js',
    '/.env',
    '/livez/x',
  ]) {
    for (const method of ['GET', 'POST', 'DELETE'] as const) {
      const { status, body } = await ask(app, { method, url: `${url}?a=b` })
      if (status === 405) continue
      t.same([status, body], [404, problemOf('not-found', 404, 'No such resource', detail, url)], `${method} ${url}`)
    }
  }
})

test('a body sent to an address that there is not is not read', async (t) => {
  const answer = await app.inject({
    method: 'POST',
    url: '/nope',
    headers: { 'content-type': 'application/json' },
    payload: '{',
  })
  t.equal(answer.statusCode, 404)
})

test('an address that cannot be read', async (t) => {
  const detail = 'The address is malformed: a part of it is badly encoded or too long.'
  for (const url of ['/problems/%', '/problems/%zz', '/problems/%c3%28', `/problems/${'x'.repeat(400)}`]) {
    const { status, body, headers } = await ask(app, { url, headers: { 'x-request-id': 'mine' } })
    t.same([status, body], [400, problemOf('bad-request', 400, 'The request cannot be read', detail, url)], url)
    t.equal(headers['x-request-id'], 'mine')
  }
})

test('the log has one line for each request, without its query', async (t) => {
  lines.length = 0
  await app.inject({ url: '/v1/limits?geheim=1', headers: { 'x-request-id': 'logged', cookie: 'geheim' } })
  t.equal(lines.length, 1)
  const { time, pid, hostname, milliseconds, ...rest } = JSON.parse(lines[0])
  t.same(rest, { level: 30, reqId: 'logged', method: 'GET', path: '/v1/limits', status: 200, msg: 'answered' })
  t.ok(milliseconds >= 0 && milliseconds < 10_000)
})

test('looks at the health are no news', async (t) => {
  lines.length = 0
  for (const url of ['/livez', '/readyz']) await app.inject(url)
  t.same(lines, [])
})

test('CORS is off unless it is asked for', async (t) => {
  const table: [string | undefined, string, string | undefined][] = [
    [undefined, 'https://a.example', undefined],
    ['*', 'https://a.example', '*'],
    ['https://a.example, https://b.example', 'https://b.example', 'https://b.example'],
    ['https://a.example, https://b.example', 'https://c.example', undefined],
  ]
  for (const [configured, origin, allowed] of table) {
    const service = await appOf(t, configured === undefined ? {} : { CORS_ORIGIN: configured })
    const { headers } = await service.inject({ url: '/livez', headers: { origin } })
    t.equal(headers['access-control-allow-origin'], allowed, `${configured} ${origin}`)
    const preflight = await service.inject({
      method: 'OPTIONS',
      url: '/v1/loss',
      headers: { origin, 'access-control-request-method': 'POST' },
    })
    t.equal(preflight.statusCode, configured === undefined ? 405 : 204)
  }
})

test('a slash at the end does no harm', async (t) => {
  t.equal((await ask(app, { url: '/v1/losses/' })).status, 200)
  t.equal((await post(app, '/v1/loss/', {})).status, 422)
})

test('a request of HTTP/1.1 needs a host', async (t) => {
  const service = await appOf(t)
  await service.listen({ port: 0 })
  for (const [version, status] of [
    ['1.1', 400],
    ['1.0', 200],
  ]) {
    const said = await saidOn(service, `GET /livez HTTP/${version}\r\nConnection: close\r\n\r\n`)
    t.match(said, `HTTP/1.1 ${status} `)
    if (status === 400) t.match(said, '"detail":"An HTTP/1.1 request must include a Host header."')
  }
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
  const began = performance.now()
  t.match(await saidOn(hasty, 'GET /livez HTTP/1.1\r\nHost: '), /^HTTP\/1\.1 408 [\s\S]*"\/problems\/request-timeout"/)
  t.ok(performance.now() - began < 5000)
})

test('an idle connection stays open as long as it is told to', async (t) => {
  const brief = await appOf(t, { KEEP_ALIVE_TIMEOUT_MS: '2000' })
  t.equal(brief.server.keepAliveTimeout, 2000)
})

test('a database that is out of reach at the start is told of in the log, and all else is served', async (t) => {
  const { logger, lines: told } = listener()
  const away = await appOf(t, { DATABASE_URL: 'postgres://nobody@127.0.0.1:9/nothing' }, logger)
  while (told.length === 0) await sleep(5)
  t.match(JSON.parse(told[0]), { level: 40, msg: 'the store of evaluations cannot be used' })
  t.equal((await away.inject('/v1/limits')).statusCode, 200)
  const { statusCode, headers } = await away.inject('/v1/evaluations')
  t.same([statusCode, headers['retry-after']], [503, '5'])
})

test('with an address for traces the store is observed', async (t) => {
  const traced = await appOf(t, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' })
  t.equal((await traced.inject('/v1/evaluations')).statusCode, 200)
  t.match((await traced.inject('/metrics')).body, /^http_server_request_duration_seconds_count/m)
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
  for (const [proxies, status] of table) {
    const service = await appOf(t, { REQUESTS_PER_MINUTE: '1', ...(proxies && { TRUST_PROXY: proxies }) })
    const base = await service.listen({ host: '127.0.0.1', port: 0 })
    const from = async (address: string) =>
      (await fetch(`${base}/v1/limits`, { headers: { 'x-forwarded-for': address, connection: 'close' } })).status
    await withinAMinute()
    t.same([await from('198.51.100.1'), await from('198.51.100.2')], [200, status], String(proxies))
  }
})

test('with a certificate it speaks HTTPS', async (t) => {
  const app = await appOf(t, writeCertificate(t.testdir({})))
  t.ok(app.server instanceof HttpsServer)
})

test('below a base path', async (t) => {
  const app = await appOf(t, { BASE_PATH: '/a' })
  t.equal((await app.inject('/a/v1/losses')).statusCode, 200)
  t.equal((await app.inject('/v1/losses')).statusCode, 404)
})
