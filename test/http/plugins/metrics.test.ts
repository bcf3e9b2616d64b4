import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { test } from 'tap'
import { metrics } from '../../../src/http/plugins/metrics.ts'
import { appOf } from '../../support.ts'
import { bare, standIns } from './support.ts'

test('the service is counted, and asked how full it is', async (t) => {
  const app = bare(t)
  const limits = { maxRequestsInFlight: 10, maxInFlightBytes: 1000, maxConnections: 20 }
  app.decorate('resources', { limits, budget: { held: 500 } } as never)
  app.decorate('requestsInFlight', { count: 4 })
  app.decorate('connections', { size: 6 } as never)
  await standIns(app, 'requests-in-flight')
  await app.register(metrics)
  const text = String(await app.metrics?.text())
  for (const line of [
    'http_server_active_requests 4',
    'lossmeter_requests_limit 10',
    'lossmeter_in_flight_bytes 500',
    'lossmeter_in_flight_limit_bytes 1000',
    'lossmeter_connections 6',
    'lossmeter_connections_limit 20',
  ]) {
    t.ok(text.includes(`\n${line}\n`), line)
  }
})

/** The labels of each series of requests. */
async function seriesOf(app: FastifyInstance): Promise<{ route: string; method: string; status: string }[]> {
  const pattern =
    /^http_server_request_duration_seconds_count\{http_route="(.*)",http_request_method="(.*)",http_response_status_code="(.*)"\}/gm
  const text = await app.metrics?.text()
  return [...String(text).matchAll(pattern)].map(([, route, method, status]) => ({ route, method, status }))
}

test('10,000 addresses at which there is nothing are one series', async (t) => {
  const app = await appOf(t)
  await app.inject('/v1/limits')
  const before = await seriesOf(app)
  for (let at = 0; at < 10_000; at++) await app.inject(`/${at % 2 === 0 ? 'v1/' : ''}${randomBytes(8).toString('hex')}`)
  const after = await seriesOf(app)
  t.equal(after.length, before.length + 1)
  t.same(after.at(-1), { route: '', method: 'GET', status: '404' })
})

test('routes are told as the service has them, below a base path, too, and never as they were asked for', async (t) => {
  for (const base of ['', '/models']) {
    const app = await appOf(t, base === '' ? {} : { BASE_PATH: base })
    const asked: [method: 'GET' | 'POST' | 'DELETE', url: string][] = [
      ['GET', `${base}/v1/limits?a=geheim`],
      ['POST', `${base}/v1/limits/`],
      ['GET', `${base}/v1/evaluations/geheim`],
      ['DELETE', `${base}/v1/evaluations/geheim/curve`],
      ['GET', `${base}/problems/%zz`],
      ['GET', `${base}/problems/${'geheim'.repeat(200)}`],
      ['GET', `${base}/v1/limits/geheim`],
      ['GET', `${base}/explore/geheim.js`],
      ['GET', `${base}//v1/limits`],
      ['GET', '/geheim'],
    ]
    for (const [method, url] of asked) await app.inject({ method, url })
    const series = await seriesOf(app)
    const told = (route: string) =>
      series.filter((one) => one.route === route).map(({ method, status }) => [method, status])
    t.same(told('/v1/limits'), [
      ['GET', '200'],
      ['POST', '405'],
    ])
    t.same(told('/v1/evaluations/:evaluation'), [['GET', '404']])
    t.same(told('/v1/evaluations/:evaluation/curve'), [['DELETE', '405']])
    t.ok(told('').some(([, status]) => status === '404'))
    for (const { route } of series) t.notMatch(route, /geheim|models|%/)
  }
})
