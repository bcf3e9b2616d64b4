import { t as root, test } from 'tap'
import { appOf, post } from '../../support.ts'
import { send, sendLines } from './support.ts'

const app = await appOf(root)
const declaration = { loss: 'mae', labelFormat: 'values', outputs: 1, groupBy: ['country', ['country', 'ok']] }
const { outputs: _, ...options } = declaration

interface Grouped {
  readonly groups: { readonly by: string[]; readonly groups: { readonly key: object; readonly samples: number }[] }[]
}

function batch(predictions: readonly number[], country: readonly unknown[], ok = country.map(() => true)) {
  return { predictions, labels: predictions.map(() => 0), groups: { country, ok } }
}

const batches = [
  batch([1, 2, 3], ['KR', 'DE', 'KR'], [true, false, false]),
  batch([4], [null]),
  batch([5, 6], ['KR', 1]),
]
const all = {
  predictions: batches.flatMap(({ predictions }) => predictions),
  labels: batches.flatMap(({ labels }) => labels),
  groups: {
    country: batches.flatMap(({ groups }) => groups.country),
    ok: batches.flatMap(({ groups }) => groups.ok),
  },
}

/** What /v1/loss says of these rows. */
async function wholeOf(rows: object): Promise<Grouped> {
  return (await post(app, '/v1/loss', { ...options, ...rows })).body as Grouped
}

async function declared(name: string, more: object = {}): Promise<void> {
  const { status, text } = await send(app, 'PUT', `/${name}`, { ...declaration, ...more })
  if (status !== 201) throw new Error(text)
}

test('a report has the groups of all batches, as /v1/loss has them, and a batch its own', async (t) => {
  await declared('groups')
  for (const [at, each] of batches.entries()) {
    const { status, body } = await send(app, 'PUT', `/groups/batches/b${at}`, each)
    t.equal(status, 201)
    t.strictSame((body as Grouped).groups, (await wholeOf(each)).groups)
  }
  const { body } = await send(app, 'GET', '/groups')
  t.strictSame((body as Grouped).groups, (await wholeOf(all)).groups)
  const replay = await send(app, 'PUT', '/groups/batches/b0', batches[0])
  t.match(replay, { status: 200, body: { replayed: true } })
  const other = { ...batches[0], groups: { ...batches[0].groups, country: ['KR', 'KR', 'KR'] } }
  t.equal((await send(app, 'PUT', '/groups/batches/b0', other)).status, 409, 'groups are content')
})

test('lines bring groups, and the declaration is kept', async (t) => {
  await declared('lines')
  const lines = batches.map((each, at) => ({ batch: `b${at}`, ...each }))
  const { groups, ...without } = lines[0]
  const { body } = await sendLines(app, '/lines/batches', [...lines, { ...without, batch: 'none' }])
  t.match(body, {
    committed: 3,
    refused: 1,
    errors: [{ batch: 'none', problem: { detail: /groups is missing; groupBy needs the columns "country", "ok"/ } }],
  })
  const { body: report } = await send(app, 'GET', '/lines')
  t.strictSame((report as Grouped).groups, (await wholeOf(all)).groups)
  t.equal((await send(app, 'PUT', '/lines', declaration)).status, 200)
  t.equal((await send(app, 'PUT', '/lines', { ...declaration, groupBy: ['country'] })).status, 409)
})

test('the curve of one group', async (t) => {
  const curve = async (group: unknown) => send(app, 'GET', `/groups/curve?group=${encodeURIComponent(String(group))}`)
  const { body } = await curve('{"country":"KR"}')
  const { points } = body as { points: { samples: number; loss: number; cumulative: object }[] }
  t.match(points, [
    { samples: 2, loss: 2, cumulative: { samples: 2 } },
    { samples: 0, loss: null, lossStatus: 'undefined', cumulative: { samples: 2 } },
    { samples: 1, loss: 5, cumulative: { samples: 3, loss: 3 } },
  ])
  const both = await curve('{"ok":false,"country":"KR"}')
  t.match(both.body, { points: [{ samples: 1, loss: 3 }, { samples: 0 }, { samples: 0 }] })
  for (const wrong of ['KR', '{"country":"KR","device":1}', '{"country":0.5}', '[]']) {
    const { status, body: problem } = await curve(wrong)
    t.equal(status, 422, wrong)
    t.match(problem, { errors: [{ pointer: '#/group', detail: /must be the key of a group as JSON/ }] })
  }
  await declared('plain', { groupBy: undefined })
  t.equal((await send(app, 'GET', '/plain/curve?group={}')).status, 422)
})

test('an evaluation has no more groups than maxGroups, in all its batches', async (t) => {
  await declared('many', { groupBy: ['country'] })
  const numbered = (from: number, count: number) => {
    const country = Array.from({ length: count }, (_, i) => from + i)
    return { predictions: country, labels: country, groups: { country } }
  }
  t.equal((await send(app, 'PUT', '/many/batches/a', numbered(0, 600))).status, 201)
  t.equal((await send(app, 'PUT', '/many/batches/b', numbered(300, 600))).status, 201)
  const { status, body } = await send(app, 'PUT', '/many/batches/c', numbered(800, 201))
  t.equal(status, 413)
  t.match(body, { detail: 'The column "country" has 1001 groups; the limit maxGroups is 1000 in total.' })
  t.equal((await send(app, 'PUT', '/many/batches/a', numbered(0, 600))).status, 200, 'a replay adds none')
  const lines = [
    { batch: 'd', ...numbered(900, 50) },
    { batch: 'e', ...numbered(950, 51) },
    { batch: 'f', ...numbered(950, 50) },
  ]
  t.match((await sendLines(app, '/many/batches', lines)).body, { committed: 2, refused: 1, errors: [{ batch: 'e' }] })
  const { body: report } = await send(app, 'GET', '/many')
  t.equal((report as Grouped).groups[0].groups.length, 1000)
})

test('evaluations by different groupings can be compared', async (t) => {
  await declared('other', { groupBy: ['ok'] })
  const { predictions, labels, groups } = batches[0]
  const { status } = await send(app, 'PUT', '/other/batches/b0', { predictions, labels, groups: { ok: groups.ok } })
  t.equal(status, 201)
  const { body } = await send(app, 'GET', '/groups/comparison?with=other')
  t.match(body, { batches: { paired: 1 }, difference: { loss: 0 } })
})

test('thresholds are kept by an evaluation, and given to each group', async (t) => {
  const binary = { loss: 'brier', labelFormat: 'binary', groupBy: ['country'], thresholds: 5 }
  await send(app, 'PUT', '/cuts', { ...binary, outputs: 1, costs: { falsePositive: 1, falseNegative: 2 } })
  const parts = [
    { predictions: [0.9, 0.4], labels: [1, 0], groups: { country: ['KR', 'DE'] } },
    { predictions: [0.3, 0.6], labels: [1, 1], groups: { country: ['KR', 'KR'] } },
  ]
  for (const [at, part] of parts.entries()) t.equal((await send(app, 'PUT', `/cuts/batches/${at}`, part)).status, 201)
  const { body } = await send(app, 'GET', '/cuts')
  const whole = await post(app, '/v1/loss', {
    ...binary,
    costs: { falsePositive: 1, falseNegative: 2 },
    predictions: parts.flatMap(({ predictions }) => predictions),
    labels: parts.flatMap(({ labels }) => labels),
    groups: { country: parts.flatMap(({ groups }) => groups.country) },
  })
  const { thresholds, groups } = whole.body as { thresholds: object; groups: object }
  t.match(thresholds, { perOutput: [{ best: { f1: { threshold: 0 } } }] })
  t.strictSame([(body as { thresholds: object }).thresholds, (body as Grouped).groups], [thresholds, groups])
})
