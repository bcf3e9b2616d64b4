import { readFileSync } from 'node:fs'
import { t as root, test } from 'tap'
import { batchMediaTypeDocuments } from '../../../src/routes/evaluations/examples.ts'
import type { Document } from '../../support.ts'
import { appOf, ask } from '../../support.ts'

const app = await appOf(root)
const { paths }: Document = JSON.parse(readFileSync(new URL('../../../openapi/openapi.json', import.meta.url), 'utf8'))
const ofEvaluation = '/v1/evaluations/{evaluation}'
const ofBatches = `${ofEvaluation}/batches`
const ofBatch = `${ofBatches}/{batch}`

/** The address with the names that the document gives as examples. */
function addressOf(path: string): string {
  return path.replace('{evaluation}', 'run-7').replace('{batch}', 'step-1')
}

/** The one example of a request body, and its type. */
function requestOf(path: string, method: string): { type: string; body: unknown } {
  const [example] = Object.entries(paths[path][method].requestBody?.content ?? {}).flatMap(([type, { examples }]) =>
    Object.values(examples ?? {}).map(({ value }) => ({ type, body: value })),
  )
  return example
}

/** The answer that the document shows; of problems the one of this name. */
function shownOf(path: string, method: string, status: number, problem = ''): unknown {
  const [{ example, examples }] = Object.values(paths[path][method].responses[status].content)
  return comparable(example ?? examples?.[problem].value)
}

const time = /^\d{4}-\d\d-\d\dT/

/** Without what is different each time. */
function comparable(answer: unknown): unknown {
  return JSON.parse(JSON.stringify(answer), (key, value) => {
    if (key === 'requestId' || key === 'instance' || key === 'code') return undefined
    if (key === 'type') return String(value).replace(/^https?:\/\/[^/]+/, '')
    return typeof value === 'string' && time.test(value) ? 'a time' : value
  })
}

/** Sends what the document shows, or another body, as curl and Swagger UI do. */
async function answerTo(path: string, method: string, other?: unknown): Promise<[number, unknown]> {
  const { type, body } = requestOf(path, method) ?? {}
  const content = other ?? body
  const payload = typeof content === 'string' ? content : JSON.stringify(content)
  const { status, body: answer } = await ask(app, {
    method: method.toUpperCase() as 'PUT',
    url: addressOf(path),
    ...(payload === undefined ? {} : { headers: { 'content-type': type }, payload }),
  })
  return [status, comparable(answer)]
}

test('the requests shown, in their order, are answered as shown', async (t) => {
  const declared = requestOf(ofEvaluation, 'put').body as object
  const batch = requestOf(ofBatch, 'put').body as object
  const steps: [path: string, method: string, status: number, problem?: string, body?: unknown][] = [
    [ofEvaluation, 'get', 404, 'not-found'],
    [ofEvaluation, 'put', 201],
    [ofEvaluation, 'put', 200],
    [ofEvaluation, 'put', 409, 'conflict', { ...declared, outputs: 10 }],
    [ofBatch, 'put', 201],
    [ofBatch, 'put', 200],
    [ofBatch, 'put', 422, 'invalid-content', { ...batch, labels: [3, 2] }],
    [ofBatches, 'post', 200],
    [ofEvaluation, 'get', 200],
    ['/v1/evaluations', 'get', 200],
    [ofBatches, 'get', 200],
    [`${ofEvaluation}/curve`, 'get', 200],
    [ofEvaluation, 'patch', 200],
  ]
  for (const [path, method, status, problem, body] of steps) {
    const shown = JSON.stringify(shownOf(path, method, status, problem)).replaceAll('run-8', 'run-7')
    t.same(await answerTo(path, method, body), [status, JSON.parse(shown)], `${method} ${path} ${status}`)
  }
  t.match(await answerTo(ofBatch, 'put'), [200, { replayed: true }])
  t.equal((await app.inject({ method: 'DELETE', url: addressOf(ofEvaluation) })).statusCode, 204)
  t.match(await answerTo(ofEvaluation, 'get'), [404, { type: '/problems/not-found' }])
})

test('what is wrong is told as shown', async (t) => {
  const table: [path: string, method: string, url: string, body?: object][] = [
    [ofEvaluation, 'put', '/v1/evaluations/run-9', { loss: 'cross-entropy', labelFormat: 'index' }],
    [ofEvaluation, 'get', '/v1/evaluations/run%2F7'],
    [ofEvaluation, 'delete', '/v1/evaluations/run%2F7'],
    [ofEvaluation, 'patch', '/v1/evaluations/run-9', { status: 'open' }],
    ['/v1/evaluations', 'get', '/v1/evaluations?limit=0'],
    [ofBatches, 'get', '/v1/evaluations/run-9/batches?limit=0'],
    [`${ofEvaluation}/curve`, 'get', '/v1/evaluations/run-9/curve?points=0'],
    [`${ofEvaluation}/events`, 'get', '/v1/evaluations/run%2F7/events'],
  ]
  for (const [path, method, url, payload] of table) {
    const { status, body } = await ask(app, {
      method: method as 'GET',
      url,
      ...(payload === undefined ? {} : { payload }),
    })
    t.same([status, comparable(body)], [422, shownOf(path, method, 422, 'invalid-content')], `${method} ${url}`)
  }
  const lines = { method: 'POST' as const, headers: { 'content-type': 'application/x-ndjson' }, payload: '{}' }
  const { body } = await ask(app, { ...lines, url: '/v1/evaluations/run%2F7/batches' })
  t.same(comparable(body), shownOf(ofBatches, 'post', 422, 'invalid-content'))
})

test('each request body that can be typed has an example', async (t) => {
  for (const path of Object.keys(paths).filter((known) => known.startsWith('/v1/evaluations'))) {
    for (const [method, { requestBody }] of Object.entries(paths[path])) {
      for (const [type, { examples }] of Object.entries(requestBody?.content ?? {}))
        t.equal(examples !== undefined, !(type in batchMediaTypeDocuments), `${method} ${path} ${type}`)
    }
  }
})
