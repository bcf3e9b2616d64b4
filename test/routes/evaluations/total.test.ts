import { t as root, test } from 'tap'
import type { Answered } from '../../support.ts'
import { appOf, ask, post } from '../../support.ts'
import { allRows, batches, evaluationOf, send, threeClasses } from './support.ts'

const app = await appOf(root)

function total(query: string, headers: Record<string, string> = {}): Promise<Answered> {
  return ask(app, { method: 'GET', url: `/v1/evaluations-total${query}`, headers })
}

const parts = ['perClass', 'confusion', 'calibration', 'metrics']
const grouped = { ...threeClasses, include: parts, groupBy: ['country', ['country', 'device']] }
const columns = [
  { country: ['KR', 'DE'], device: [1, 2] },
  { country: ['KR'], device: [2] },
  { country: ['FR', null, 'DE'], device: [1, 1, 2] },
]
const groups = {
  country: columns.flatMap(({ country }) => country),
  device: columns.flatMap(({ device }) => device),
}

test('a total has the bits of all rows at once, with groups and parts', async (t) => {
  for (const [at, batch] of batches.entries()) {
    const declaration = { ...grouped, metadata: { team: 'a', part: String(at) }, expectedSamples: at }
    await evaluationOf(app, `all-${at}`, declaration, [{ ...batch, groups: columns[at] }])
  }
  await evaluationOf(app, 'all-none', { ...grouped, metadata: { team: 'a' } }, [])
  const { outputs: _, ...options } = grouped
  const { requestId, ...expected } = (await post(app, '/v1/loss', { ...options, ...allRows, groups })).body as Record<
    string,
    unknown
  >
  const { status, body } = await total('?prefix=all-')
  t.equal(status, 200)
  const { requestId: own, evaluations, batches: count, ...rest } = body as Record<string, unknown>
  t.same(rest, expected)
  t.equal(JSON.stringify(rest.groups), JSON.stringify(expected.groups), 'to the bit')
  t.same([evaluations, count], [4, 3])
  t.match((await total('?metadata.team=a&metadata.part=1')).body, { evaluations: 1, samples: 1 })
  t.match((await total('?prefix=all-none')).body, { evaluations: 1, batches: 0, samples: 0, outputs: 3, loss: null })
})

test('a total is judged as a report is', async (t) => {
  await evaluationOf(app, 'judged-1', threeClasses, [batches[0]])
  await evaluationOf(app, 'judged-2', threeClasses, [batches[1]])
  const query = (atLeast: number) =>
    `?prefix=judged-&failStatus=409&require=${encodeURIComponent(JSON.stringify([{ figure: 'accuracy', atLeast }]))}`
  const passed = await total(query(0.6))
  t.match(passed, { status: 200, body: { accuracy: 2 / 3, verdict: { result: 'pass' } } })
  const failed = await total(query(0.7), { 'if-none-match': String(passed.headers.etag) })
  t.match(failed, {
    status: 409,
    body: { evaluations: 2, verdict: { result: 'fail', requirements: [{ value: 2 / 3 }] } },
  })
  t.match((await total('?prefix=judged-&failStatus=409')).body, { status: 422, errors: [{ pointer: '#/failStatus' }] })
  t.match((await total('?prefix=judged-&require=[{"figure":"f1","atLeast":1}]')).body, { status: 422 })
})

test('a total follows what its evaluations get, and has a tag', async (t) => {
  await evaluationOf(app, 'live-1', threeClasses, [batches[0]])
  await evaluationOf(app, 'live-2', threeClasses, [batches[1]])
  const first = await total('?prefix=live-')
  t.match(first.body, { samples: 3, batches: 2 })
  const etag = String(first.headers.etag)
  t.equal((await total('?prefix=live-')).headers.etag, etag)
  const seen = await app.inject({ url: '/v1/evaluations-total?prefix=live-', headers: { 'if-none-match': etag } })
  t.equal(seen.statusCode, 304)
  await send(app, 'PUT', '/live-2/batches/more', batches[2])
  const second = await total('?prefix=live-', { 'if-none-match': etag })
  t.equal(second.status, 200)
  t.match(second.body, { samples: 6, batches: 3 })
  await app.inject({ method: 'DELETE', url: '/v1/evaluations/live-1' })
  t.match((await total('?prefix=live-')).body, { samples: 4, batches: 2, evaluations: 1 })
})

test('evaluations that were declared differently are not merged, and the answer says why', async (t) => {
  await evaluationOf(app, 'mixed-1', { ...threeClasses, metadata: { a: '1' } }, [])
  await evaluationOf(app, 'mixed-2', { ...threeClasses, epsilon: 1e-6, include: ['confusion'] }, [])
  const { status, body } = await total('?prefix=mixed')
  t.equal(status, 409)
  t.match(body, {
    detail: 'The evaluations "mixed-2" and "mixed-1" were declared differently: epsilon, include.',
    errorCount: 2,
    errors: [
      {
        pointer: '#/epsilon',
        detail: '"mixed-1" was declared with epsilon 1e-7, and "mixed-2" with 0.000001',
      },
      { pointer: '#/include' },
    ],
  })
  t.match((await total('?prefix=nothing')).body, { status: 404, detail: 'No evaluation fits.' })
  t.match((await total('?prefix=a/b')).body, { status: 422, errors: [{ pointer: '#/prefix' }] })
  t.match((await total('?sort=loss')).body, { status: 422, errors: [{ pointer: '#/sort' }] })
})

test('more groups than an answer may have are refused', async (t) => {
  const declaration = { ...threeClasses, groupBy: ['user'] }
  const rows = (first: number) => ({
    predictions: Array.from({ length: 600 }, () => [0.2, 0.7, 0.1]),
    labels: Array.from({ length: 600 }, () => 1),
    groups: { user: Array.from({ length: 600 }, (_, at) => first + at) },
  })
  await evaluationOf(app, 'wide-1', declaration, [rows(0)])
  await evaluationOf(app, 'wide-2', declaration, [rows(600)])
  const { status, body } = await total('?prefix=wide-')
  t.equal(status, 413)
  t.match(body, { limit: 'maxGroups', allowed: 1000 })
})
