import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import Fastify from 'fastify'
import { test } from 'tap'
import { SecuredResponse, security, securityHeaders } from '../../../src/http/plugins/security-headers.ts'

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

test('a response of a server of the service writes them itself, once, before all others', async (t) => {
  const app = Fastify({ serverFactory: (listener) => createServer({ ServerResponse: SecuredResponse }, listener) })
  t.after(() => app.close())
  security(app)
  app.get('/', async (_request, reply) => reply.header('x-mine', '1').send('fine'))
  await app.listen({ host: '127.0.0.1', port: 0 })
  const socket = connect({ port: (app.server.address() as AddressInfo).port, host: '127.0.0.1' })
  socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  let said = ''
  for await (const chunk of socket) said += chunk
  const [head, body] = said.split('\r\n\r\n')
  const [status, ...lines] = head.split('\r\n')
  t.equal(status, 'HTTP/1.1 200 OK')
  const names = Object.keys(securityHeaders)
  t.same(
    lines.slice(0, names.length),
    Object.entries(securityHeaders).map(([name, value]) => `${name}: ${value}`),
  )
  t.same(
    lines
      .slice(names.length)
      .map((line) => line.split(':')[0].toLowerCase())
      .toSorted(),
    ['connection', 'content-length', 'content-type', 'date', 'x-mine'],
  )
  t.equal(body, 'fine')
})
