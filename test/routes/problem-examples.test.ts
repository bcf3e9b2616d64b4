import type { Socket } from 'node:net'
import type { FastifyInstance, InjectOptions } from 'fastify'
import { t as root, test } from 'tap'
import { buildApp } from '../../src/app.ts'
import { parseConfig } from '../../src/config.ts'
import { answerClientError } from '../../src/http/client-error.ts'
import type { ProblemName } from '../../src/http/problems.ts'
import { problems } from '../../src/http/problems.ts'
import { exampleId, invalidExample, problemExample } from '../../src/routes/problem-examples.ts'
import { appOf, document } from '../support.ts'

const app = await appOf(root)

/** The example of a problem in the document. */
function shown(path: string, method: string, name: ProblemName): unknown {
  const { content } = document.paths[path][method].responses[problems[name].status]
  return atHost(content['application/problem+json'].examples?.[name].value as object)
}

/** A problem with the path of its type alone: the examples are those of another host. */
function atHost(problem: object): object {
  const { type, ...rest } = problem as { type?: string }
  return { type: type?.replace(/^https?:\/\/[^/]+/, ''), ...rest }
}

/** What the service answers, under the id of the examples. */
async function answered(service: FastifyInstance, request: InjectOptions): Promise<unknown> {
  const headers = { 'x-request-id': exampleId, ...request.headers }
  return atHost((await service.inject({ ...request, headers })).json())
}

const json = { 'content-type': 'application/json' }

for (const url of ['/v1/loss', '/v1/mini-batches', '/v1/sweeps']) {
  test(`the examples of ${url} are what it answers`, async (t) => {
    const table: [ProblemName, InjectOptions][] = [
      ['malformed-body', { headers: json, payload: '{"size": NaN}' }],
      ['limit-exceeded', { headers: { ...json, 'content-length': '70000000' }, payload: '{}' }],
      ['unsupported-media-type', { headers: { 'content-type': 'application/x-www-form-urlencoded' }, payload: '{}' }],
      ['expectation-failed', { headers: { ...json, expect: 'a miracle' }, payload: '{}' }],
    ]
    for (const [name, request] of table)
      t.same(await answered(app, { method: 'POST', url, ...request }), shown(url, 'post', name), name)
  })
}

test('the examples of invalid content are what the service answers', async (t) => {
  const sweep = { loss: 'cross-entropy', labelFormat: 'index', predictions: [[1, 2]], labels: [1], values: [0, 1] }
  const table: [string, object][] = [
    ['/v1/mini-batches', { populationSize: 10, size: 20, seed: 42, replacement: false }],
    ['/v1/sweeps', { ...sweep, parameter: { name: 'temperature' } }],
  ]
  for (const [url, payload] of table)
    t.same(await answered(app, { method: 'POST', url, payload }), shown(url, 'post', 'invalid-content'), url)
})

test('an unknown problem type, and a service that is about to stop', async (t) => {
  t.same(await answered(app, { url: '/problems/typo' }), shown('/problems/{name}', 'get', 'not-found'))
  const closing = await buildApp(parseConfig({ DATABASE_URL: 'memory:' }), false, { isClosing: () => true })
  t.after(() => closing.close())
  t.same(await answered(closing, { url: '/readyz' }), shown('/readyz', 'get', 'overloaded'))
})

test('what is answered before there is a request has no path, but an id', async (t) => {
  const table: [ProblemName, string][] = [
    ['bad-request', 'HPE_INVALID_METHOD'],
    ['request-timeout', 'ERR_HTTP_REQUEST_TIMEOUT'],
    ['headers-too-large', 'HPE_HEADER_OVERFLOW'],
  ]
  for (const [name, code] of table) {
    let written = ''
    const write = (text: string) => {
      written += text
    }
    // as much of a socket as is used
    const socket = { writable: true, destroyed: false, write, destroySoon: () => undefined } as unknown as Socket
    answerClientError.call(app, Object.assign(new Error(), { code }), socket)
    const { requestId, ...answered } = JSON.parse(written.split('\r\n\r\n')[1])
    t.same({ ...answered, requestId: exampleId }, shown('/livez', 'get', name), name)
    t.match(requestId, /^[0-9a-f-]{36}$/)
    t.match(problemExample(name), { instance: '/' })
  }
})

test('every type has an example, and a route may say more', async (t) => {
  for (const [name, { status, title }] of Object.entries(problems)) {
    t.match(problemExample(name as ProblemName), { type: `/problems/${name}`, status, title, detail: /^[A-Z].+\.$/ })
  }
  t.equal(problemExample('method-not-allowed').detail, problems['method-not-allowed'].meaning)
  t.match(problemExample('malformed-body', ['Why.', { line: 1 }]), { detail: 'Why.', line: 1, offset: undefined })
  const error = { pointer: '#/size', code: 'out-of-range', detail: 'too many', received: 20 } as const
  t.match(invalidExample(error), { status: 422, detail: 'too many', errors: [error], errorCount: 1, instance: '' })
})
