import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'tap'
import { appOf, ask, problemOf } from '../support.ts'

const posts = ['/v1/loss', '/v1/comparisons', '/v1/mini-batches', '/v1/sweeps']
const gets = [
  '/v1/losses',
  '/v1/limits',
  '/problems',
  '/problems/not-found',
  '/livez',
  '/readyz',
  '/docs',
  '/openapi.json',
]
const everyMethod = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'QUERY'] as const

test('every address refuses the methods that it does not have, and says which it has', async (t) => {
  const app = await appOf(t)
  const table = [
    ...posts.map((url) => ({ url, allow: 'POST' })),
    ...gets.map((url) => ({ url, allow: 'GET, HEAD' })),
    { url: '/docs/static/index.css', allow: 'HEAD, GET' },
  ]
  for (const { url, allow } of table) {
    for (const method of everyMethod.filter((name) => !allow.split(', ').includes(name))) {
      const answer = await ask(app, { method: method as 'GET', url })
      const where = `${method} ${url}`
      t.same([answer.status, answer.headers.allow, answer.type], [405, allow, 'application/problem+json'], where)
      if (method === 'HEAD') continue
      const pattern = url.replace('/problems/not-found', '/problems/{name}').replace('/index.css', '/*')
      t.same(
        answer.body,
        problemOf('method-not-allowed', 405, 'Method not allowed', `${pattern} accepts ${allow}.`, url),
        where,
      )
    }
  }
})

test('HEAD answers as GET does, without a body', async (t) => {
  const app = await appOf(t)
  for (const url of gets) {
    const answers = [await app.inject({ method: 'HEAD', url }), await app.inject({ url })]
    t.same([answers[0].statusCode, answers[0].body], [200, ''], url)
    t.equal(answers[0].headers['content-type'], answers[1].headers['content-type'], url)
  }
})

test('it refuses before the body is there', async (t) => {
  const app = await appOf(t)
  await app.listen({ port: 0 })
  const { port } = app.server.address() as AddressInfo
  const status = await new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': 1000 }
    const pending = request({ port, method: 'PUT', path: '/v1/loss', headers }, (response) => {
      response.resume()
      resolve(response.statusCode)
      pending.destroy()
    })
    pending.on('error', reject)
    pending.write('{"loss":')
  })
  t.equal(status, 405)
})
