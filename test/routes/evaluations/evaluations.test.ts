import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { t as root, test } from 'tap'
import { EvaluationGone, StoreUnavailable } from '../../../src/database/errors.ts'
import type { Evaluation } from '../../../src/database/store.ts'
import { evaluationRoutes } from '../../../src/routes/evaluations/evaluations.ts'
import { listRoute } from '../../../src/routes/evaluations/list.ts'
import { appOf, ask, post, problemOf } from '../../support.ts'
import { allRows, batches, evaluationOf, foundOf, routesOver, send, sendLines, threeClasses } from './support.ts'

const app = await appOf(root)

function noEvaluation(name: string): object {
  const title = 'No such resource'
  return problemOf('not-found', 404, title, `There is no evaluation "${name}".`, `/v1/evaluations/${name}`)
}

const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

interface Report {
  readonly spec: Record<string, unknown>
  readonly createdAt: string
  readonly updatedAt: string
  readonly expiresAt: string
  readonly [field: string]: unknown
}

test('a declaration is answered with the report over no batches, and again with 200', async (t) => {
  const declaration = { ...threeClasses, include: ['confusion'], metadata: { model: 'a' }, expectedBatches: 3 }
  const created = await send(app, 'PUT', '/declared', declaration)
  t.equal(created.status, 201)
  t.equal(created.headers.location, '/v1/evaluations/declared')
  const { spec, createdAt, updatedAt, expiresAt, ...rest } = created.body as Report
  t.match(createdAt, isTime)
  t.equal(updatedAt, createdAt)
  t.equal(Date.parse(expiresAt) - Date.parse(createdAt), 30 * 86_400_000)
  t.same(rest, {
    loss: null,
    lossStatus: 'undefined',
    accuracy: null,
    samples: 0,
    outputs: 3,
    correct: 0,
    ties: 0,
    ignored: 0,
    clipped: 0,
    lossSum: 0,
    weightSum: 0,
    standardError: null,
    accuracyInterval: null,
    confusion: [
      [0, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
    ],
    evaluation: 'declared',
    status: 'open',
    batches: 0,
    expectedBatches: 3,
    metadata: { model: 'a' },
  })
  const again = await send(app, 'PUT', '/declared', { ...declaration, ...spec })
  t.equal(again.status, 200)
  t.equal(again.headers.location, undefined)
  t.same(again.body, created.body)
})

test('another declaration under the same name is refused, and names what differs', async (t) => {
  await send(app, 'PUT', '/differing', { ...threeClasses, metadata: { a: '1' } })
  const { status, body } = await send(app, 'PUT', '/differing', {
    ...threeClasses,
    outputs: 4,
    epsilon: 1e-6,
    expectedSamples: 9,
  })
  t.equal(status, 409)
  const detail =
    'The evaluation "differing" already exists with different options: epsilon, outputs, metadata, expectedSamples.'
  t.same(
    body,
    problemOf(
      'conflict',
      409,
      'The name is already in use for different content',
      detail,
      '/v1/evaluations/differing',
      {
        errors: [
          {
            pointer: '#/epsilon',
            detail: 'epsilon is 0.000001; the evaluation was declared with 1e-7',
            received: 1e-6,
          },
          { pointer: '#/outputs', detail: 'outputs is 4; the evaluation was declared with 3', received: 4 },
          {
            pointer: '#/metadata',
            detail: 'metadata is an object; the evaluation was declared with an object',
            received: 'an object',
          },
          {
            pointer: '#/expectedSamples',
            detail: 'expectedSamples is 9; the evaluation was declared with not given',
            received: 9,
          },
        ],
        errorCount: 4,
      },
    ),
  )
})

test('a declaration that cannot be evaluated is refused before anything comes', async (t) => {
  const refused: [object, string][] = [
    [{ loss: 'mse', labelFormat: 'values' }, '#/outputs'],
    [{ ...threeClasses, outputs: 0 }, '#/outputs'],
    [{ ...threeClasses, predictions: [[1]] }, '#/predictions'],
    [{ ...threeClasses, miniBatch: { size: 1, seed: 1 } }, '#/miniBatch'],
    [{ ...threeClasses, include: ['gradient'] }, '#/include/0'],
    [{ ...threeClasses, reduction: 'none' }, '#/reduction'],
    [{ ...threeClasses, classWeights: [1, 2] }, '#/classWeights'],
    [{ ...threeClasses, delta: 2 }, '#/delta'],
    [{ ...threeClasses, metadata: { a: 1 } }, '#/metadata/a'],
    [{ ...threeClasses, metadata: Object.fromEntries(Array.from({ length: 33 }, (_, at) => [at, ''])) }, '#/metadata'],
    [{ ...threeClasses, expectedBatches: -1 }, '#/expectedBatches'],
    [{ loss: 'binary-cross-entropy', labelFormat: 'binary', outputs: 2, include: ['confusion'] }, '#/include/0'],
  ]
  for (const [declaration, pointer] of refused) {
    const { status, body } = await send(app, 'PUT', '/refused', declaration)
    t.equal(status, 422, JSON.stringify(declaration))
    t.equal((body as { errors: { pointer: string }[] }).errors[0].pointer, pointer)
  }
  const tooLarge: [object, string][] = [
    [{ ...threeClasses, outputs: 1000, include: ['confusion'] }, 'maxAnswerNumbers'],
    [{ ...threeClasses, outputs: 100_000, classWeights: Array(100_000).fill(0.12345678901) }, 'maxDeclarationBytes'],
  ]
  for (const [declaration, limit] of tooLarge) {
    const { status, body } = await send(app, 'PUT', '/refused', declaration)
    t.same([status, (body as { limit: string }).limit], [413, limit])
  }
  t.same((await send(app, 'GET', '/refused')).body, noEvaluation('refused'))
})

test('a declaration that a change mends says which; following it declares the evaluation', async (t) => {
  const { labelFormat, ...unlabelled } = threeClasses
  const mended: [Record<string, unknown>, object][] = [
    [{ ...threeClasses, include: ['metrics', 'gradient'] }, { set: { include: ['metrics'] } }],
    [{ ...threeClasses, include: ['Confusion'] }, { set: { include: ['confusion'] } }],
    [{ ...threeClasses, loss: 'CrossEntropyLoss' }, { set: { loss: 'cross-entropy' } }],
    [{ ...threeClasses, predictionFormat: 'logit' }, { set: { predictionFormat: 'logits' } }],
    [{ ...threeClasses, label_smoothing: 0.1 }, { rename: { label_smoothing: 'labelSmoothing' } }],
    [{ ...unlabelled, label_format: labelFormat }, { rename: { label_format: 'labelFormat' } }],
    [{ ...threeClasses, expected_batches: 3 }, { rename: { expected_batches: 'expectedBatches' } }],
    [{ ...threeClasses, epsilon: '0.001' }, { set: { epsilon: 0.001 } }],
    [{ loss: 'hinge', outputs: 1 }, { set: { labelFormat: 'binary' } }],
  ]
  for (const [at, [declaration, remedy]] of mended.entries()) {
    const { status, body } = await send(app, 'PUT', `/mended-${at}`, declaration)
    const { errors, detail } = body as { errors: { remedies?: Record<string, object>[] }[]; detail: string }
    const [followed] = errors.flatMap(({ remedies = [] }) => remedies)
    t.same([status, followed], [422, remedy], detail)
    const { set = {}, rename = {} } = (followed ?? {}) as Record<string, Record<string, string>>
    const renamed = Object.entries(declaration).map(([name, value]) => [rename[name] ?? name, value])
    const again = await send(app, 'PUT', `/mended-${at}`, { ...Object.fromEntries(renamed), ...set })
    t.equal(again.status, 201, JSON.stringify(again.body))
  }
})

test('a declaration that only the client can mend gets no remedy', async (t) => {
  const { labelFormat, ...unlabelled } = threeClasses
  t.equal(labelFormat, 'index')
  const open = [
    unlabelled,
    { ...threeClasses, predictions: [[1]] },
    { ...threeClasses, delta: 2 },
    { ...threeClasses, outputs: 1 },
    { ...threeClasses, batch: 'step-1' },
  ]
  for (const declaration of open) {
    const { status, text } = await send(app, 'PUT', '/unmended', declaration)
    t.equal(status, 422)
    t.notMatch(text, /remedies|labels that came/, text)
  }
})

test('names have 1 to 128 characters that need no escape', async (t) => {
  const long = '~'.repeat(128)
  t.equal((await send(app, 'PUT', `/${long}`, threeClasses)).status, 201)
  t.equal((await send(app, 'PUT', `/${encodeURIComponent('a.b_c-~9')}`, threeClasses)).status, 201)
  for (const name of ['~'.repeat(129), 'a%20b', '%C3%A4', 'a%2Fb']) {
    const { status, body } = await send(app, 'PUT', `/${name}`, threeClasses)
    t.same([status, (body as { errors: { pointer: string }[] }).errors[0].pointer], [422, '#/evaluation'], name)
  }
})

test('the report is that of all rows at once', async (t) => {
  for (const [name, options] of [
    ['plain', {}],
    ['parts', { include: ['perClass', 'confusion', 'calibration'], classWeights: [1, 2, 0.3] }],
    ['ignoring', { ignoreIndex: 2, labelSmoothing: 0.1 }],
  ] as const) {
    await evaluationOf(app, name, { ...threeClasses, ...options })
    const { loss, labelFormat } = threeClasses
    const whole = await post(app, '/v1/loss', { loss, labelFormat, ...options, ...allRows })
    const { createdAt, updatedAt, expiresAt, ...report } = (await send(app, 'GET', `/${name}`)).body as Report
    t.same(report, { ...(whole.body as object), evaluation: name, status: 'open', batches: 3, metadata: {} })
  }
})

test('an evaluation is sealed and deleted only as If-Match has it', async (t) => {
  await evaluationOf(app, 'matched', threeClasses, batches.slice(0, 1))
  const url = '/v1/evaluations/matched'
  const tagNow = async () => String((await ask(app, { url })).headers.etag)
  const seal = (match: string) =>
    ask(app, {
      method: 'PATCH',
      url,
      headers: { 'content-type': 'application/json', 'if-match': match },
      payload: '{"status":"sealed"}',
    })
  const remove = (match: string) => ask(app, { method: 'DELETE', url, headers: { 'if-match': match } })
  const old = await tagNow()
  await send(app, 'PUT', '/matched/batches/step-2', batches[1])
  const tag = await tagNow()
  for (const { status, headers, body } of [await seal(old), await remove(old), await remove('"x", "y"')]) {
    t.same([status, headers.etag], [412, tag])
    t.match(body, { detail: `The evaluation "matched" does not match If-Match: its ETag is ${tag}.` })
  }
  t.equal((await seal(`"x", ${tag}`)).status, 200)
  t.equal((await remove(tag)).status, 412)
  const sealed = (await tagNow()).slice('W/'.length)
  for (const seen of ['*', sealed, `"x",W/${sealed}`])
    t.equal((await app.inject({ url, headers: { 'if-none-match': seen } })).statusCode, 304, seen)
  const removed = await app.inject({ method: 'DELETE', url, headers: { 'if-match': '*' } })
  t.equal(removed.statusCode, 204)
  t.equal((await remove('*')).status, 404)
})

test('of several clients that change what they saw, at once, one has its way', async (t) => {
  await evaluationOf(app, 'contended', threeClasses, batches.slice(0, 1))
  const url = '/v1/evaluations/contended'
  const seen = String((await ask(app, { url })).headers.etag)
  const change = (payload: string) =>
    ask(app, { method: 'PATCH', url, headers: { 'content-type': 'application/json', 'if-match': seen }, payload })
  const payloads = ['{"status":"sealed"}', '{"metadata":{"by":"one"}}', '{"metadata":{"by":"other"}}']
  const statuses = (await Promise.all(payloads.map(change))).map(({ status }) => status)
  t.same(statuses.sort(), [200, 412, 412])
  const tag = String((await ask(app, { url })).headers.etag)
  const remove = () => app.inject({ method: 'DELETE', url, headers: { 'if-match': tag } })
  const removals = (await Promise.all([remove(), remove(), remove()])).map(({ statusCode }) => statusCode)
  t.same(removals.sort(), [204, 404, 404])
})

test('an answer that the client has is not sent again', async (t) => {
  await evaluationOf(app, 'tagged')
  const { headers } = await send(app, 'GET', '/tagged')
  const tag = String(headers.etag)
  t.match(tag, /^W\/"[0-9a-f]{32}-3-open"$/)
  for (const known of [tag, `"other", ${tag}`]) {
    const same = await app.inject({ url: '/v1/evaluations/tagged', headers: { 'if-none-match': known } })
    t.same([same.statusCode, same.body, same.headers.etag], [304, '', tag])
  }
  await send(app, 'PUT', '/tagged/batches/more', batches[0])
  const next = await app.inject({ url: '/v1/evaluations/tagged', headers: { 'if-none-match': tag } })
  t.equal(next.statusCode, 200)
  t.match(next.headers.etag, /^W\/"[0-9a-f]{32}-4-open"$/)
  t.equal((await app.inject({ method: 'HEAD', url: '/v1/evaluations/tagged' })).statusCode, 200)
})

test('evaluations are listed page by page, the newest first', async (t) => {
  const names = ['list-a', 'list-b', 'list-c', 'other-list']
  for (const name of names) await evaluationOf(app, name, threeClasses, batches.slice(0, 1))
  const seen: unknown[] = []
  let after = ''
  for (let page = 1; page <= 3; page++) {
    const { status, body } = await send(app, 'GET', `?prefix=list-&limit=1${after}`)
    t.equal(status, 200)
    const { evaluations, next } = body as { evaluations: Record<string, unknown>[]; next?: string }
    seen.push(...evaluations.map(({ evaluation, batches: count, samples, loss }) => [evaluation, count, samples, loss]))
    after = `&after=${next}`
    t.equal(next === undefined, page === 3)
  }
  const loss = 1.329629447038073
  t.same(seen, [
    ['list-c', 1, 2, loss],
    ['list-b', 1, 2, loss],
    ['list-a', 1, 2, loss],
  ])
  for (const query of [
    'limit=0',
    'limit=1001',
    'limit=x',
    'limit=0x10',
    'limit=',
    'limit=1&limit=2',
    'after=-1',
    'after=1e1',
    'after=',
    'after=+1',
    'after=1.0',
    'after=%201',
    'prefix=%20',
    'typo=1',
  ]) {
    t.equal((await send(app, 'GET', `?${query}`)).status, 422, query)
  }
})

test('a list lets others have their turn between its entries', async (t) => {
  for (const name of ['turn-a', 'turn-b']) await evaluationOf(app, name)
  const { scheduler } = app.resources
  t.after(() => Object.defineProperty(scheduler, 'isOver', { value: Object.getPrototypeOf(scheduler).isOver }))
  Object.defineProperty(scheduler, 'isOver', { value: () => true, configurable: true })
  const turns = t.capture(scheduler, 'wait', scheduler.wait)
  const { body } = await send(app, 'GET', '?prefix=turn-')
  t.match(body, { evaluations: [{ evaluation: 'turn-b' }, { evaluation: 'turn-a' }] })
  t.ok(turns().length >= 2)
})

test('an evaluation that cannot be read is named in the list, and hides no other', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'lossmeter-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'store.sqlite')
  const app = await appOf(t, { DATABASE_URL: `sqlite:${path}` })
  for (const name of ['right', 'newer', 'damaged']) await evaluationOf(app, name)
  await app.close()
  const file = new DatabaseSync(path)
  file.exec(`
    UPDATE evaluations SET declaration = replace(declaration, 'cross-entropy', 'loss-of-tomorrow') WHERE name = 'newer';
    UPDATE batches SET state = x'00' WHERE evaluation IN (SELECT id FROM evaluations WHERE name = 'damaged')`)
  file.close()
  const again = await appOf(t, { DATABASE_URL: `sqlite:${path}` })
  t.match((await send(again, 'GET', '?limit=3')).body, {
    evaluations: [{ evaluation: 'right', batches: 3, samples: 6 }],
    unreadable: [
      { evaluation: 'damaged', detail: 'The evaluation store is damaged.' },
      { evaluation: 'newer', detail: 'The evaluation was declared by a newer release of the service.' },
    ],
  })
  t.match((await send(again, 'GET', '?limit=2')).body, { evaluations: [], unreadable: [{}, {}], next: /^\d+$/ })
  const right = (await send(again, 'GET', '?prefix=right')).body as { evaluations: unknown[] }
  t.equal(right.evaluations.length, 1)
  t.notOk('unreadable' in right)
  t.match((await send(again, 'GET', '?prefix=newer')).body, { evaluations: [], unreadable: [{ evaluation: 'newer' }] })
  t.equal((await send(again, 'GET', '/newer')).status, 503)
})

test('a list is refused while nothing can be read, and leaves out what is deleted meanwhile', async (t) => {
  const times = { createdAt: 0, updatedAt: 0 }
  const halves = { waitingPredictions: 0, waitingLabels: 0, expired: 0 }
  const counts = { batches: 0, samples: 0, expectedBatches: null, expectedSamples: null, ...halves }
  const key = { id: 1, incarnation: '00', digest: null }
  const stored: Evaluation = {
    ...key,
    owner: '',
    name: 'e',
    declaration: '',
    metadata: null,
    status: 'open',
    ...counts,
    ...times,
  }
  const listed = async (error: Error) => {
    const small = await routesOver(t, listRoute, {
      list: async () => [stored],
      open: () => ({ ...foundOf(), stored }),
      figures: async () => {
        throw error
      },
    })
    return small.inject({ url: '/v1/evaluations' })
  }
  t.equal((await listed(new StoreUnavailable('out-of-reach'))).statusCode, 503)
  t.equal((await listed(new TypeError('a mistake'))).statusCode, 500)
  t.match((await listed(new EvaluationGone())).json(), { evaluations: [] })
})

test('a sealed evaluation takes no more batches, and is sealed when it is complete', async (t) => {
  await evaluationOf(app, 'sealing', { ...threeClasses, expectedBatches: 4, expectedSamples: 7 })
  const early = await send(app, 'PATCH', '/sealing', { status: 'sealed' })
  t.equal(early.status, 409)
  const title = 'The evaluation is not complete'
  const missing = 'The evaluation "sealing" has 3 of 4 batches and 6 of 7 samples.'
  t.same(early.body, problemOf('incomplete', 409, title, missing, '/v1/evaluations/sealing'))
  await send(app, 'PUT', '/sealing/batches/last', batches[1])
  for (const status of [200, 200]) {
    const sealed = await send(app, 'PATCH', '/sealing', { status: 'sealed' })
    t.equal(sealed.status, status)
    t.match(sealed.body, { status: 'sealed', batches: 4, samples: 7 })
  }
  t.equal((await send(app, 'PUT', '/sealing/batches/more', batches[0])).status, 409)
  t.equal((await send(app, 'PUT', '/sealing/batches/last', batches[1])).status, 200)
  await evaluationOf(app, 'short', { ...threeClasses, expectedSamples: 7 })
  t.match((await send(app, 'PATCH', '/short', { status: 'sealed' })).body, { detail: /has 6 of 7 samples\.$/ })
  await evaluationOf(app, 'few', { ...threeClasses, expectedBatches: 4 })
  t.match((await send(app, 'PATCH', '/few', { status: 'sealed' })).body, { detail: /has 3 of 4 batches\.$/ })
  for (const body of [{}, { status: 'open' }, { status: 'sealed', more: 1 }]) {
    t.equal((await send(app, 'PATCH', '/sealing', body)).status, 422)
  }
  t.same((await send(app, 'PATCH', '/nothing', { status: 'sealed' })).body, noEvaluation('nothing'))
})

test('a deleted name is free, and counts from 1 again', async (t) => {
  await evaluationOf(app, 'deleting')
  const deleted = await app.inject({ method: 'DELETE', url: '/v1/evaluations/deleting' })
  t.same([deleted.statusCode, deleted.body], [204, ''])
  for (const method of ['GET', 'DELETE'] as const) {
    t.same((await send(app, method, '/deleting')).body, noEvaluation('deleting'))
  }
  await evaluationOf(app, 'deleting', { ...threeClasses, reduction: 'sum' }, batches.slice(0, 1))
  t.match((await send(app, 'GET', '/deleting')).body, { batches: 1, samples: 2 })
  const { body } = await sendLines(app, '/deleting/batches', [{ batch: 'step-1', ...batches[0] }])
  t.match(body, { replayed: 1 })
})

test('an owner has so many evaluations at most', async (t) => {
  const full = await routesOver(t, evaluationRoutes, { declare: async () => ({ outcome: 'full' }) })
  const headers = { 'content-type': 'application/json' }
  const payload = JSON.stringify(threeClasses)
  const answer = await full.inject({ method: 'PUT', url: '/v1/evaluations/one-more', headers, payload })
  t.equal(answer.statusCode, 413)
  t.match(answer.json(), { limit: 'maxEvaluations', allowed: 100_000 })
})

test('an evaluation may be shown in the metrics, and so many of an owner at most', async (t) => {
  const shown = { ...threeClasses, metrics: true }
  await evaluationOf(app, 'shown-with', { ...shown, include: ['metrics'] }, batches)
  t.match(
    (await send(app, 'GET', '/shown-with')).body,
    { metrics: { f1: {} } },
    'the report has the metrics of its rows',
  )
  t.equal((await send(app, 'PUT', '/shown', shown)).status, 201)
  t.equal((await send(app, 'PUT', '/shown', shown)).status, 200)
  t.match((await send(app, 'PUT', '/shown', threeClasses)).body, { status: 409, errors: [{ pointer: '#/metrics' }] })
  t.equal((await send(app, 'PUT', '/not-shown', { ...threeClasses, metrics: false })).status, 201)
  t.equal((await send(app, 'PUT', '/not-shown', threeClasses)).status, 200, 'a default that is spelled out')
  t.match((await send(app, 'PUT', '/never', { ...threeClasses, metrics: 'yes' })).body, { status: 422 })
  for (let at = 1; at < 19; at++) t.equal((await send(app, 'PUT', `/shown-${at}`, shown)).status, 201)
  t.match((await send(app, 'PUT', '/shown-20', shown)).body, { status: 413, limit: 'maxShownEvaluations', allowed: 20 })
  await app.inject({ method: 'DELETE', url: '/v1/evaluations/shown' })
  t.equal((await send(app, 'PUT', '/shown-20', shown)).status, 201)
})

test('evaluations may be kept for ever', async (t) => {
  const small = await appOf(t, { EVALUATION_RETENTION_DAYS: '0' })
  const { body } = await send(small, 'PUT', '/kept', threeClasses)
  t.equal((body as Report).expiresAt, null)
})
