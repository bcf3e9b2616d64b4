import Fastify from 'fastify'
import { test } from 'tap'
import { security } from '../../../src/http/plugins/security-headers.ts'

test('every answer has the security headers', async (t) => {
  const app = Fastify()
  security(app)
  app.get('/', async () => 'fine')
  for (const url of ['/', '/nope']) {
    const { headers } = await app.inject(url)
    const { 'content-security-policy': policy, ...others } = headers
    const directives = String(policy).split(';')
    t.equal(directives[0], "default-src 'none'", 'what is not named is forbidden')
    t.same(directives.slice(1), [
      "base-uri 'none'",
      "connect-src 'self'",
      "font-src 'self'",
      "form-action 'self'",
      "frame-ancestors 'none'",
      "img-src 'self' data:",
      "object-src 'none'",
      "script-src 'self'",
      "script-src-attr 'none'",
      "style-src 'self'",
    ])
    t.match(others, {
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'strict-transport-security': undefined,
    })
  }
})
