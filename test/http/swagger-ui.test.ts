import { test } from 'tap'
import { appOf } from '../support.ts'

test('Swagger UI, for narrow windows, too', async (t) => {
  const app = await appOf(t)
  for (const url of ['/docs', '/docs/']) {
    const { statusCode, body, headers } = await app.inject(url)
    t.equal(statusCode, 200)
    t.equal(headers['content-type'], 'text/html; charset=utf-8')
    t.match(body, '<meta name="viewport" content="width=device-width, initial-scale=1">')
    t.match(body, 'docs.css')
  }
  t.match(
    (await app.inject('/docs/static/swagger-initializer.js')).body,
    'split(/[?#]/, 1)',
    'a query is no part of a path',
  )
  t.match((await app.inject('/docs/static/theme/docs.css')).body, '.swagger-ui')
  for (const url of ['/docs/static/none.js', '/docs/static/..%2f..%2fpackage.json']) {
    const { statusCode, headers } = await app.inject(url)
    t.same([statusCode, headers['content-type']], [404, 'application/problem+json; charset=utf-8'], url)
  }
})

test('its large files and the document are compressed', async (t) => {
  const app = await appOf(t)
  for (const [url, most] of [
    ['/docs/static/swagger-ui-bundle.js', 450_000],
    ['/docs/static/swagger-ui-standalone-preset.js', 100_000],
    ['/docs/static/swagger-ui.css', 40_000],
    ['/openapi.json', 48_000],
  ] as const) {
    const answer = await app.inject({ url, headers: { 'accept-encoding': 'gzip, deflate, br' } })
    t.equal(answer.headers['content-encoding'], 'br', url)
    t.ok(answer.rawPayload.length < most, `${url}: ${answer.rawPayload.length} bytes`)
    t.match(answer.headers['cache-control'], url === '/openapi.json' ? 'no-cache' : 'max-age=86400')
  }
  for (const url of ['/docs/json', '/docs/yaml']) {
    const same = await app.inject(url)
    t.equal(same.statusCode, 302, url)
    t.equal(same.headers.location, '/openapi.json', url)
  }
})
