import { test } from 'tap'
import { buildApp } from '../../src/app.ts'
import { parseConfig } from '../../src/config.ts'
import { appOf, ask, problemOf } from '../support.ts'

test('alive and ready', async (t) => {
  const app = await appOf(t)
  for (const [url, status] of [
    ['/livez', 'alive'],
    ['/readyz', 'ready'],
    ['/livez/', 'alive'],
    ['/readyz?verbose', 'ready'],
  ]) {
    const answer = await ask(app, { url })
    t.same([answer.status, answer.body], [200, { status }], url)
  }
})

test('alive but not ready while closing', async (t) => {
  let closing = false
  const app = await buildApp(parseConfig({ DATABASE_URL: 'memory:' }), false, () => closing)
  t.after(() => app.close())
  t.equal((await ask(app, { url: '/readyz' })).status, 200)
  closing = true
  t.same((await ask(app, { url: '/livez' })).body, { status: 'alive' })
  const { status, headers, body } = await ask(app, { url: '/readyz' })
  t.same([status, headers['retry-after']], [503, '5'])
  t.same(body, problemOf('overloaded', 503, 'Not ready', 'The service is shutting down.', '/readyz'))
})
