import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { test } from 'tap'
import { problems } from '../../src/http/problems.ts'
import type { ExampleRequest } from '../../src/routes/problem-requests.ts'
import { curlOf, requests, withoutRequests } from '../../src/routes/problem-requests.ts'
import { appOf } from '../support.ts'

const needKeys = ['unauthenticated', 'forbidden']

/** A file in which the key of the examples has one scope. */
function keyFile(t: Test): string {
  const sha256 = createHash('sha256').update('KEY').digest('hex')
  const folder = t.testdir({ 'keys.json': JSON.stringify([{ name: 'example', sha256, scopes: ['evaluate'] }]) })
  return join(folder, 'keys.json')
}

async function send(app: FastifyInstance, { method, path, headers = {}, body }: ExampleRequest) {
  return app.inject({ method, url: path, headers, ...(body !== undefined && { payload: body }) })
}

test('the wrong request has the problem, and the right one has none', async (t) => {
  for (const [name, { before = [], wrong, right }] of Object.entries(requests)) {
    const app = await appOf(t, needKeys.includes(name) ? { API_KEYS_FILE: keyFile(t) } : {})
    for (const request of before) t.ok((await send(app, request)).statusCode < 300, `${name}, before`)
    const refused = await send(app, wrong)
    const { status } = problems[name as keyof typeof problems]
    t.match(refused.json(), { type: `/problems/${name}`, status }, name)
    const answered = await send(app, right)
    t.ok(answered.statusCode < 300, `${name}: ${answered.body.slice(0, 300)}`)
  }
})

test('every other type has the words why there is no such pair', async (t) => {
  t.same([...Object.keys(requests), ...Object.keys(withoutRequests)].toSorted(), Object.keys(problems).toSorted())
})

test('the command that is to show too large a header makes one', async (t) => {
  const [, made] = withoutRequests['headers-too-large']?.match(/\$\((printf %0\d+d 0)\)/) ?? []
  t.ok(execFileSync('sh', ['-c', made]).length > 16 * 1024)
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
