import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { t as root, test } from 'tap'
import { EvaluationGone } from '../../../src/database/errors.ts'
import type { Evaluations } from '../../../src/evaluations/service.ts'
import { batchRoutes } from '../../../src/routes/evaluations/batches.ts'
import type { FormBody, FormPart } from '../../formats/form.ts'
import { formOf, npyOf } from '../../formats/form.ts'
import { appOf, ask, post, problemOf } from '../../support.ts'
import { batches, evaluationOf, foundOf, routesOver, send, threeClasses } from './support.ts'

const app = await appOf(root)
const url = '/v1/evaluations'

/** A batch of three classes in the binary layout. */
function binary({ predictions, labels }: (typeof batches)[number]): { headers: object; payload: Buffer } {
  const numbers = new Float32Array(predictions.flat())
  const indices = new Int32Array(labels)
  const inputs = [
    ['predictions', [predictions.length, 3], 'FP32', numbers],
    ['labels', [labels.length], 'INT32', indices],
  ] as const
  const head = JSON.stringify({
    inputs: inputs.map(([name, shape, datatype, { byteLength }]) => {
      return { name, shape, datatype, parameters: { binary_data_size: byteLength } }
    }),
  })
  const payload = Buffer.concat([head, ...inputs.map(([, , , data]) => data)].map((part) => Buffer.from(bytesOf(part))))
  const headers = { 'content-type': 'application/octet-stream', 'inference-header-content-length': head.length }
  return { headers, payload }
}

function bytesOf(part: string | Float32Array | Int32Array): Uint8Array {
  return typeof part === 'string' ? Buffer.from(part) : new Uint8Array(part.buffer)
}

test('a batch is answered as /v1/loss answers it, with its place', async (t) => {
  const include = ['perClass', 'confusion', 'calibration']
  await evaluationOf(app, 'placed', { ...threeClasses, include }, [])
  for (const [at, batch] of batches.entries()) {
    const { status, body } = await send(app, 'PUT', `/placed/batches/b${at}`, batch)
    const alone = await post(app, '/v1/loss', { loss: 'cross-entropy', labelFormat: 'index', include, ...batch })
    t.equal(status, 201)
    t.same(body, {
      ...(alone.body as object),
      evaluation: 'placed',
      batch: `b${at}`,
      sequence: at + 1,
      replayed: false,
    })
  }
})

test('the same content again is answered again, in whatever format, and counts once', async (t) => {
  const halves = {
    predictions: [
      [0.5, 0.25, 0.25],
      [0, 1, 0],
    ],
    labels: [0, 1],
  }
  await evaluationOf(app, 'replayed', threeClasses, [halves])
  const path = '/replayed/batches/step-1'
  const first = await send(app, 'PUT', path, halves)
  t.equal(first.status, 200)
  t.match(first.body, { sequence: 1, replayed: true, samples: 2 })
  const { headers, payload } = binary(halves)
  const others = [
    { headers: { 'content-type': 'application/json' }, payload: JSON.stringify(halves, null, 2) },
    { headers, payload },
    { headers: { ...headers, 'content-encoding': 'gzip' }, payload: gzipSync(payload) },
  ]
  for (const other of others) {
    const again = await ask(app, { method: 'PUT', url: url + path, ...other } as never)
    t.equal(again.status, 200)
    t.same(again.body, first.body)
  }
  t.match((await send(app, 'GET', '/replayed')).body, { batches: 1, samples: 2 })
})

test('other content under a name that is taken is refused', async (t) => {
  await evaluationOf(app, 'taken', threeClasses, batches.slice(0, 1))
  const others = [batches[1], { ...batches[0], labels: [1, 1] }, { ...batches[0], sampleWeights: [1, 1] }]
  for (const other of others) {
    const { status, body } = await send(app, 'PUT', '/taken/batches/step-1', other)
    t.equal(status, 409)
    const detail = 'The batch "step-1" was sent before with different content.'
    const instance = `${url}/taken/batches/step-1`
    t.same(body, problemOf('conflict', 409, 'The name is already in use for different content', detail, instance))
  }
  t.match((await send(app, 'GET', '/taken')).body, { batches: 1, samples: 2 })
})

test('what is wrong with a batch is said as ever, and nothing of it is kept', async (t) => {
  await evaluationOf(app, 'wrong', threeClasses, [])
  const cases: [unknown, number, string][] = [
    ['{', 400, 'malformed-body'],
    [{}, 422, '#/predictions'],
    [{ ...batches[0], loss: 'mse' }, 422, '#/loss'],
    [{ ...batches[0], labels: [1, 3] }, 422, '#/labels/1'],
    [{ predictions: [[0.5, 0.5]], labels: [0] }, 422, '#/predictions'],
    [{ predictions: [[0.5, [0.5]]], labels: [0] }, 422, '#/predictions/0/1'],
    [{ predictions: [], labels: [] }, 422, '#/predictions'],
  ]
  for (const [content, expected, where] of cases) {
    const { status, body } = await send(app, 'PUT', '/wrong/batches/a', content)
    const { errors, type } = body as { errors?: { pointer: string }[]; type: string }
    t.same([status, errors?.[0].pointer ?? type.split('/').at(-1)], [expected, where], JSON.stringify(content))
  }
  const { headers, payload } = binary({ predictions: [[1, 0, 0]], labels: [3] })
  const { body } = await ask(app, { method: 'PUT', url: `${url}/wrong/batches/a`, headers, payload } as never)
  t.match(body, { errors: [{ pointer: '#/inputs/1/data/0' }] })
  const form = { method: 'PUT' as const, url: `${url}/wrong/batches/a`, headers: { 'content-type': 'text/csv' } }
  t.match((await ask(app, { ...form, payload: '1,2' })).body, {
    accepted: ['application/json', 'application/octet-stream', 'multipart/form-data'],
  })
  t.match((await send(app, 'GET', '/wrong')).body, { batches: 0, samples: 0 })
  const nothing = await send(app, 'PUT', '/nothing/batches/a', batches[0])
  t.match(nothing.body, {
    status: 404,
    detail: 'There is no evaluation "nothing". Declare it first with PUT /v1/evaluations/nothing.',
  })
})

test('a batch as files is the same batch', async (t) => {
  await evaluationOf(app, 'files', threeClasses, [])
  const content = {
    predictions: [
      [0.25, 0.5, 0.25],
      [1, 0, 0],
    ],
    labels: [1, 2],
  }
  const wanted = await send(app, 'PUT', '/files/batches/a', content)
  t.equal(wanted.status, 201)
  const parts: FormPart[] = [
    ['labels', npyOf([2], [1, 2], '<i8'), 'application/octet-stream'],
    ['predictions', npyOf([2, 3], content.predictions.flat(), '<f4'), 'application/octet-stream'],
  ]
  const put = async (form: FormBody, name = 'a') => {
    const answer = await ask(app, { method: 'PUT', url: `${url}/files/batches/${name}`, ...form } as never)
    const { requestId: _, ...body } = answer.body as Record<string, unknown>
    return { status: answer.status, body }
  }
  const { requestId: _, ...first } = wanted.body as Record<string, unknown>
  t.same(await put(formOf(parts)), { status: 200, body: { ...first, replayed: true } })
  const other = await put(formOf([...parts, ['loss', 'mse']]), 'b')
  t.match(other, { status: 422, body: { errors: [{ pointer: '#/loss' }] } })
})

test('a batch that came damaged is not kept', async (t) => {
  await evaluationOf(app, 'damaged', threeClasses, [])
  const payload = JSON.stringify(batches[0])
  const digest = (text: string) => `sha-256=:${createHash('sha256').update(text).digest('base64')}:`
  const put = (header: string) =>
    ask(app, {
      method: 'PUT',
      url: `${url}/damaged/batches/a`,
      headers: { 'content-type': 'application/json', 'content-digest': header },
      payload,
    })
  const { status, body } = await put(digest(`${payload} `))
  t.equal(status, 400)
  const detail = 'The sha-256 digest of the body differs from the one in Content-Digest.'
  const title = 'The body does not match its digest'
  t.same(body, problemOf('digest-mismatch', 400, title, detail, `${url}/damaged/batches/a`))
  t.match((await send(app, 'GET', '/damaged')).body, { batches: 0 })
  t.equal((await put(digest(payload))).status, 201)
})

test('batches are listed page by page', async (t) => {
  await evaluationOf(app, 'paged')
  const page = (query: string) => send(app, 'GET', `/paged/batches${query}`)
  const { batches: first, next } = (await page('?limit=2')).body as { batches: Record<string, unknown>[]; next: number }
  t.equal(next, 2)
  t.same(
    first.map(({ createdAt, ...entry }) => [typeof createdAt, entry]),
    [
      [
        'string',
        { batch: 'step-1', sequence: 1, samples: 2, loss: 1.329629447038073, lossStatus: 'finite', accuracy: 0.5 },
      ],
      [
        'string',
        { batch: 'step-2', sequence: 2, samples: 1, loss: 0.22314342631421757, lossStatus: 'finite', accuracy: 1 },
      ],
    ],
  )
  t.match((await page('?limit=2&after=2')).body, { batches: [{ batch: 'step-3', sequence: 3 }] })
  t.same((await page('?after=3')).body, { batches: [] })
  t.equal((await send(app, 'GET', '/nothing/batches')).status, 404)
})

test('a batch goes to what was declared anew through another replica, in another way', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'lossmeter-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const DATABASE_URL = `sqlite:${join(folder, 'store')}`
  const [one, other] = [await appOf(t, { DATABASE_URL }), await appOf(t, { DATABASE_URL })]
  await evaluationOf(one, 'anew')
  t.equal((await other.inject({ method: 'DELETE', url: `${url}/anew` })).statusCode, 204)
  await evaluationOf(other, 'anew', { ...threeClasses, outputs: 2 }, [])
  const row = { predictions: [[0.25, 0.75]], labels: [1] }
  t.match(await send(one, 'PUT', '/anew/batches/step-1', row), { status: 201, body: { sequence: 1, outputs: 2 } })
  t.match(await send(one, 'PUT', '/anew/batches/step-2', batches[0]), {
    status: 422,
    body: { detail: /declared with outputs 2/ },
  })
  t.equal((await other.inject({ method: 'DELETE', url: `${url}/anew` })).statusCode, 204)
  t.equal((await send(one, 'PUT', '/anew/batches/step-3', row)).status, 404)
})

test('what the store says of a batch becomes its answer', async (t) => {
  const withRemembered: Evaluations['withRemembered'] = (_owner, _name, work) => work(foundOf())
  const cases = [
    ['sealed', 409, { type: '/problems/sealed', detail: 'The evaluation "e" is sealed.' }],
    ['full', 413, { limit: 'maxBatches' }],
    ['gone', 404, { detail: 'There is no evaluation "e".' }],
  ] as const
  for (const [outcome, status, expected] of cases) {
    const small = await routesOver(t, batchRoutes, { withRemembered, put: async () => [{ outcome }] })
    const answer = await put(small)
    t.equal(answer.statusCode, status)
    t.match(answer.json(), expected)
  }
  const batch = { name: 'a', sequence: 1, samples: 1, loss: 0, lossStatus: 'finite', accuracy: 1, createdAt: 0 }
  const lost = await routesOver(t, batchRoutes, {
    withRemembered,
    put: async () => [{ outcome: 'replayed', batch: batch as never }],
    stateOf: async () => {
      throw new EvaluationGone()
    },
  })
  t.equal((await put(lost)).statusCode, 404, 'it was deleted in the meantime')
})

test('a large batch is not held until its commit', async (t) => {
  const rows = 20_000
  const large = {
    predictions: Array.from({ length: rows }, () => [0.25, 0.5, 0.25]),
    labels: Array.from({ length: rows }, (_, at) => at % 3),
  }
  const held: number[] = []
  const small = await routesOver(t, batchRoutes, {
    find: async () => foundOf(),
    put: async () => {
      held.push(small.resources.budget.held)
      return [{ outcome: 'gone' }]
    },
  })
  const answer = await put(small, large)
  t.equal(answer.statusCode, 404, 'it was there, and was deleted before the commit')
  t.same(held, [0])
  const none = await routesOver(t, batchRoutes, { find: async () => undefined })
  t.equal((await put(none, large)).statusCode, 404)
})

async function put(small: typeof app, content: unknown = batches[1]) {
  const headers = { 'content-type': 'application/json' }
  return small.inject({ method: 'PUT', url: `${url}/e/batches/a`, headers, payload: JSON.stringify(content) })
}
