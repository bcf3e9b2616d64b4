import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { test } from 'tap'
import { buildApp } from '../../src/app.ts'
import { parseConfig } from '../../src/config.ts'
import { eventually } from '../eventually.ts'
import { appOf, ask, problemOf } from '../support.ts'

test('alive and ready', async (t) => {
  const app = await appOf(t)
  const alive = { status: 'alive' }
  const ofStore = { storeWaiting: 0, storeWaitMs: 0, storeRefused: 0 }
  const load = { requestsInFlight: 1, bytesInFlight: 0, connections: 0, ...ofStore }
  const ready = { status: 'ready', store: 'ready', load }
  for (const [url, body] of [
    ['/livez', alive],
    ['/readyz', ready],
    ['/livez/', alive],
    ['/readyz?verbose', ready],
  ] as const) {
    const answer = await ask(app, { url })
    t.same([answer.status, answer.body], [200, body], url)
  }
})

test('both are answered, with 200, however full the service is', async (t) => {
  const app = await appOf(t, { MAX_REQUESTS_IN_FLIGHT: '1', MAX_CONNECTIONS: '1' })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const busy = connect(port, '127.0.0.1')
  t.teardown(() => busy.destroy())
  busy.write('POST /v1/loss HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 200000\r\n\r\n')
  busy.write(`{"predictions":[${'1,'.repeat(90_000)}`)
  const asked = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`)
    return { status: answer.status, connection: answer.headers.get('connection'), body: await answer.json() }
  }
  const load = () => app.resources.budget.held
  t.ok(await eventually(() => load() > 0))
  t.match(await asked('/readyz'), {
    status: 200,
    connection: 'close',
    body: { status: 'ready', load: { requestsInFlight: 2, bytesInFlight: load() } },
  })
  t.match(await asked('/livez'), { status: 200, body: { status: 'alive' } })
  t.match(await asked('/v1/limits'), { status: 503, body: { detail: 'Too many connections are open.' } })
})

test('not ready before the store was reached once', async (t) => {
  const app = await appOf(t, { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing' })
  const detail = 'The evaluation store has not been reached since the service started.'
  for (const url of ['/readyz', '/v2/health/ready']) {
    const { status, body } = await ask(app, { url })
    t.equal(status, 503, url)
    t.ok(JSON.stringify(body).includes(detail), url)
  }
  t.equal((await ask(app, { url: '/livez' })).status, 200)
})

test('alive but not ready while closing', async (t) => {
  let closing = false
  const app = await buildApp(parseConfig({ DATABASE_URL: 'memory:' }), false, { isClosing: () => closing })
  t.after(() => app.close())
  t.equal((await ask(app, { url: '/readyz' })).status, 200)
  closing = true
  t.same((await ask(app, { url: '/livez' })).body, { status: 'alive' })
  const { status, headers, body } = await ask(app, { url: '/readyz' })
  t.same([status, headers['retry-after']], [503, '5'])
  t.same(body, problemOf('overloaded', 503, 'Not ready', 'The service is shutting down.', '/readyz'))
})
