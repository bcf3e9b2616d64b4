import type { FastifyInstance } from 'fastify'
import { test } from 'tap'
import { problems } from '../../src/http/problem.ts'
import type { ExampleRequest } from '../../src/routes/problem-requests.ts'
import { curlOf, requests } from '../../src/routes/problem-requests.ts'
import { appOf } from '../support.ts'

async function send(app: FastifyInstance, { method, path, headers = {}, body }: ExampleRequest) {
  return app.inject({ method, url: path, headers, ...(body !== undefined && { payload: body }) })
}

test('the wrong request has the problem, and the right one has none', async (t) => {
  for (const [name, { before = [], wrong, right }] of Object.entries(requests)) {
    const app = await appOf(t)
    for (const request of before) t.ok((await send(app, request)).statusCode < 300, `${name}, before`)
    const refused = await send(app, wrong)
    const { status } = problems[name as keyof typeof problems]
    t.match(refused.json(), { type: `/problems/${name}`, status }, name)
    const answered = await send(app, right)
    t.ok(answered.statusCode < 300, `${name}: ${answered.body.slice(0, 300)}`)
  }
})

test('as commands', async (t) => {
  t.equal(curlOf({ method: 'GET', path: '/v1/losses' }), "curl 'http://127.0.0.1:3000/v1/losses'")
  t.equal(
    curlOf({ method: 'PUT', path: '/x', headers: { A: 'b' }, body: '{}' }),
    "curl -X PUT 'http://127.0.0.1:3000/x' \\\n  -H 'A: b' \\\n  -d '{}'",
  )
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
  t.equal(
    curlOf({ method: 'POST', path: '/x', headers: form, body: '{}' }),
    "curl -X POST 'http://127.0.0.1:3000/x' \\\n  -d '{}'",
    'curl says by itself that a body is a form',
  )
  for (const { wrong, right } of Object.values(requests)) {
    for (const { body = '' } of [wrong, right]) t.notMatch(body, "'", 'needs no escape in a shell')
  }
})
