import { test } from 'tap'
import { cors } from '../../../src/http/plugins/cors.ts'
import { bare } from './support.ts'

const exposed = 'x-request-id, retry-after, ratelimit, ratelimit-policy, www-authenticate'
const both = 'https://a.example, https://b.example'
const table: [string | undefined, string, string | undefined][] = [
  [undefined, 'https://a.example', undefined],
  ['*', 'https://a.example', '*'],
  [both, 'https://b.example', 'https://b.example'],
  [both, 'https://c.example', undefined],
]

test('pages of the named origins may call', async (t) => {
  for (const [origins, origin, allowed] of table) {
    const app = bare(t)
    await cors(app, origins)
    app.get('/', async () => 'fine')
    const { headers } = await app.inject({ url: '/', headers: { origin } })
    t.equal(headers['access-control-allow-origin'], allowed, `${origins} ${origin}`)
    t.equal(headers['access-control-expose-headers'], origins === undefined ? undefined : exposed)
    const preflight = await app.inject({
      method: 'OPTIONS',
      url: '/',
      headers: { origin, 'access-control-request-method': 'POST' },
    })
    t.equal(preflight.statusCode, origins === undefined ? 404 : 204)
  }
})
