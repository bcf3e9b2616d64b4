import type { FastifyInstance } from 'fastify'
import { t as root, test } from 'tap'
import type { FormPart } from '../../formats/form.ts'
import { formOf, npyOf } from '../../formats/form.ts'
import { appOf, ask, post, problemOf } from '../../support.ts'
import { allRows, evaluationOf, send, sendLines, threeClasses } from './support.ts'

const app = await appOf(root)
const join = { within: 'P30D' }
const joined = { ...threeClasses, join }
const ids = ['a', 'b', 'c', 'd', 'e', 'f']
const { predictions, labels } = allRows

const nothing = { received: 0, accepted: 0, replayed: 0, conflicts: 0, joined: 0, errors: [] }

/** The rows of some places. */
function rows(places: readonly number[], field: 'predictions' | 'labels') {
  const numbers = field === 'predictions' ? predictions : labels
  return { ids: places.map((at) => ids[at]), [field]: places.map((at) => numbers[at]) }
}

/** The figures of a report that /v1/loss has as well. */
async function lossOf(app: FastifyInstance, content: object, declared: Record<string, unknown> = threeClasses) {
  const { outputs: _, join: __, ...options } = declared
  return (await post(app, '/v1/loss', { ...options, ...content })).body as Record<string, unknown>
}

test('rows count when both halves are there, and the report is that of /v1/loss over them', async (t) => {
  await evaluationOf(app, 'whole', joined, [])
  const first = await send(app, 'POST', '/whole/predictions', rows([0, 1, 2, 3], 'predictions'))
  t.equal(first.status, 200)
  t.same(first.body, { ...nothing, received: 4, accepted: 4 })
  const second = await send(app, 'POST', '/whole/labels', rows([5, 3, 0], 'labels'))
  t.same(second.body, { ...nothing, received: 3, accepted: 3, joined: 2 })
  const report = await send(app, 'GET', '/whole')
  const { joined: counts, ...figures } = report.body as Record<string, unknown>
  t.match(figures, await lossOf(app, { predictions: [predictions[3], predictions[0]], labels: [labels[3], labels[0]] }))
  const { oldestWaiting, ...numbers } = counts as Record<string, unknown>
  t.match(oldestWaiting, /^\d{4}-\d\d-\d\dT/)
  t.same(numbers, { predictions: 4, labels: 3, joined: 2, waitingPredictions: 2, waitingLabels: 1, expired: 0 })
  t.match(figures, { join, batches: 1 })
  const last = await send(app, 'POST', '/whole/predictions', rows([4, 5], 'predictions'))
  t.same(last.body, { ...nothing, received: 2, accepted: 2, joined: 1 })
  await send(app, 'POST', '/whole/labels', rows([1, 2, 4], 'labels'))
  const all = (await send(app, 'GET', '/whole')).body
  t.match(all, await lossOf(app, allRows))
  t.match(all, {
    joined: { predictions: 6, labels: 6, joined: 6, waitingPredictions: 0, waitingLabels: 0, oldestWaiting: null },
  })
})

test('what is sent again is a replay, other content is a conflict, and the rest is kept', async (t) => {
  await evaluationOf(app, 'again', joined, [])
  const path = '/again/predictions'
  await send(app, 'POST', path, rows([0, 1], 'predictions'))
  const other = {
    ids: ['a', 'b', 'c', 'c', 'c'],
    predictions: [predictions[0], predictions[2], predictions[2], predictions[2], predictions[3]],
  }
  const detail = (id: unknown) =>
    `The predictions of the id ${JSON.stringify(id)} were sent before, with other content.`
  const mixed = await send(app, 'POST', path, other)
  t.same(mixed.body, {
    received: 5,
    accepted: 1,
    replayed: 2,
    conflicts: 2,
    joined: 0,
    errors: [
      { id: 'b', index: 1, detail: detail('b') },
      { id: 'c', index: 4, detail: detail('c') },
    ],
  })
  await send(app, 'POST', '/again/labels', rows([0, 1, 2], 'labels'))
  const known = await send(app, 'POST', '/again/labels', { ids: ['a', 'b'], labels: [labels[0], 0] })
  t.match(known.body, { replayed: 1, conflicts: 1, joined: 0, errors: [{ id: 'b', index: 1 }] })
  t.match((await send(app, 'POST', path, rows([0], 'predictions'))).body, { replayed: 1, accepted: 0 })
  t.match((await send(app, 'GET', '/again')).body, { samples: 3, batches: 1 })
})

test('a text and an integer that look alike are two ids', async (t) => {
  await evaluationOf(app, 'alike', joined, [])
  await send(app, 'POST', '/alike/predictions', { ids: [17, '17'], predictions: predictions.slice(0, 2) })
  const one = await send(app, 'POST', '/alike/labels', { ids: ['17'], labels: [labels[1]] })
  t.match(one.body, { joined: 1 })
  t.match(
    (await send(app, 'GET', '/alike')).body,
    await lossOf(app, { predictions: [predictions[1]], labels: [labels[1]] }),
  )
  t.match((await send(app, 'GET', '/alike/waiting?half=predictions')).body, { waiting: [{ id: 17 }] })
})

test('one wrong row refuses its body, and nothing of it is kept', async (t) => {
  await evaluationOf(app, 'wrong', joined, [])
  const cases: [string, object, string, string, string][] = [
    [
      'predictions',
      { ids: ['a', 'b'], predictions: [predictions[0], [0.5, 0.2, 0.2]] },
      '#/predictions/1',
      'row-sum',
      'predictions[1] sums to 0.8999999999999999; rows of probabilities sum to 1 within rowSumTolerance 0.001.',
    ],
    [
      'predictions',
      { ids: ['a'], predictions: [[0.5, 0.5]] },
      '#/predictions',
      'shape',
      'predictions has 2 numbers per row; the evaluation was declared with outputs 3',
    ],
    [
      'predictions',
      { ids: ['a', 'b'], predictions: [predictions[0]] },
      '#/predictions',
      'shape',
      'predictions has 1 row; ids has 2 ids, and each row needs one',
    ],
    [
      'predictions',
      { ids: ['a'], predictions: [predictions[0]], at: ['2026-02-30T00:00:00Z'] },
      '#/at/0',
      'malformed',
      'at[0] must be a time from 1970 to 9998, as RFC 3339, such as 2026-12-01T09:30:00Z, or as milliseconds since 1970',
    ],
    [
      'predictions',
      { ids: ['a'], predictions: [predictions[0]], labels: [1] },
      '#/labels',
      'unknown-field',
      '"labels" is not a recognised field; the fields are ids, predictions, sampleWeights, groups, at. Send it with the labels of the rows: POST .../labels.',
    ],
    ['predictions', { predictions: [predictions[0]] }, '#/ids', 'missing', 'ids is missing; it must be an array'],
    [
      'labels',
      { ids: ['a', 'b'], labels: [1, 3] },
      '#/labels/1',
      'out-of-range',
      'labels[1] is 3; labelFormat "index" needs an integer from 0 to 2, one of the 3 outputs of predictions. Classes count from 0: subtract 1 from labels.',
    ],
    [
      'labels',
      {
        ids: ['a', 'b'],
        labels: [
          [0, 1, 0],
          [1, 0, 0],
        ],
      },
      '#/labels',
      'shape',
      'labels[0] is an array of 3 numbers; labelFormat "index" needs one integer per sample.',
    ],
    [
      'labels',
      { ids: ['a'], labels: ['1'] },
      '#/labels/0',
      'not-a-number',
      'labels[0] is a string; it must be the number of a class, counted from 0. Send labels as numbers, without quotation marks.',
    ],
    [
      'labels',
      { ids: [true], labels: [1] },
      '#/ids/0',
      'wrong-type',
      'ids[0] must be a string of 1 to 128 characters, or an integer from -(2^53 - 1) to 2^53 - 1',
    ],
    [
      'labels',
      { ids: ['x'.repeat(129)], labels: [1] },
      '#/ids/0',
      'malformed',
      'ids[0] must be a string of 1 to 128 characters, or an integer from -(2^53 - 1) to 2^53 - 1',
    ],
    ['labels', { ids: [], labels: [] }, '#/ids', 'empty', 'ids is empty; it must have at least one id'],
    [
      'labels',
      { ids: 'a', labels: [1] },
      '#/ids',
      'wrong-type',
      'ids is a string; it must be an array with one id for each row',
    ],
  ]
  for (const [half, content, pointer, code, detail] of cases) {
    const { status, body, text } = await send(app, 'POST', `/wrong/${half}`, content)
    t.equal(status, 422, detail)
    t.match(JSON.parse(text), { errors: [{ pointer, code }] })
    t.equal((body as { detail: string }).detail.split(' One-hot rows')[0], detail)
  }
  t.match((await send(app, 'GET', '/wrong')).body, { joined: { predictions: 0, labels: 0, joined: 0 } })
})

test('every body format brings the same content', async (t) => {
  await evaluationOf(app, 'formats', joined, [])
  const url = '/v1/evaluations/formats'
  const two = { ids: ['a', 'b'], predictions: predictions.slice(0, 2), at: [1_764_666_000_000, 1_764_666_000_001] }
  t.match((await send(app, 'POST', '/formats/predictions', two)).body, { accepted: 2 })
  const form: FormPart[] = [
    ['ids', '["a", "b"]'],
    ['predictions', npyOf([2, 3], two.predictions.flat()), 'application/octet-stream'],
    ['at', npyOf([2], two.at, '<i8'), 'application/octet-stream'],
  ]
  const sent = formOf(form)
  const asForm = await ask(app, { method: 'POST', url: `${url}/predictions`, ...sent })
  t.match(asForm.body, { received: 2, replayed: 2 })
  const texts = Buffer.concat(['a', 'b'].map((text) => Buffer.concat([Buffer.from([1, 0, 0, 0]), Buffer.from(text)])))
  const numbers = Buffer.from(new Float64Array(two.predictions.flat()).buffer)
  const times = Buffer.from(new BigInt64Array(two.at.map(BigInt)).buffer)
  const input = (name: string, shape: number[], datatype: string, size: number) => ({
    name,
    shape,
    datatype,
    parameters: { binary_data_size: size },
  })
  const header = JSON.stringify({
    inputs: [
      input('ids', [2], 'BYTES', texts.length),
      input('predictions', [2, 3], 'FP64', numbers.length),
      input('at', [2], 'INT64', times.length),
    ],
  })
  const headers = {
    'content-type': 'application/octet-stream',
    'inference-header-content-length': String(header.length),
  }
  const payload = Buffer.concat([Buffer.from(header), texts, numbers, times])
  const asBytes = await ask(app, { method: 'POST', url: `${url}/predictions`, headers, payload })
  t.match(asBytes.body, { received: 2, replayed: 2 })
  const lines = await sendLines(
    app,
    '/formats/predictions',
    two.ids.map((id, at) => ({
      ids: [id],
      predictions: [two.predictions[at]],
      at: [new Date(two.at[at]).toISOString()],
    })),
  )
  t.match(lines.body, { received: 2, replayed: 2, refused: 0 })
})

test('each line stands alone', async (t) => {
  await evaluationOf(app, 'lines', joined, [])
  await send(app, 'POST', '/lines/predictions', { ids, predictions })
  const answer = await sendLines(app, '/lines/labels', [
    { ids: ['a', 'b'], labels: labels.slice(0, 2) },
    '',
    { ids: ['c', 'd'], labels: [labels[2], 7] },
    { ids: ['e', 'a'], labels: [labels[4], 0] },
    'no JSON',
  ])
  t.match(answer.body, {
    received: 4,
    accepted: 3,
    replayed: 0,
    conflicts: 1,
    joined: 3,
    refused: 2,
    errors: [
      { line: 3, detail: /^Line 3: labels\[1\] is 7; / },
      { id: 'a', index: 1, line: 4, detail: 'The labels of the id "a" were sent before, with other content.' },
      { line: 5, detail: /^Line 5: The line is not valid JSON/ },
    ],
  })
  const some = [0, 1, 4]
  const expected = { predictions: some.map((at) => predictions[at]), labels: some.map((at) => labels[at]) }
  t.match((await send(app, 'GET', '/lines')).body, await lossOf(app, expected))
})

test('groups and weights of the predictions count when the label comes', async (t) => {
  const declared = { ...threeClasses, groupBy: ['country', ['country', 'device']], include: ['metrics', 'confusion'] }
  await evaluationOf(app, 'groups', { ...declared, join }, [])
  const groups = { country: ['KR', 'KR', 'DE', null, 'DE', 'KR'], device: [1, 2, 1, 2, 1, true] }
  const sampleWeights = [1, 2, 0.5, 0, 3, 1]
  const sent = await send(app, 'POST', '/groups/predictions', { ids, predictions, groups, sampleWeights })
  t.match(sent.body, { accepted: 6 })
  for (const at of [3, 5, 0, 2, 4, 1])
    await send(app, 'POST', '/groups/labels', { ids: [ids[at]], labels: [labels[at]] })
  const { body } = await send(app, 'GET', '/groups')
  t.match(body, await lossOf(app, { predictions, labels, groups, sampleWeights }, declared))
  t.match(body, { batches: 6 })
  const without = await send(app, 'POST', '/groups/predictions', { ids, predictions })
  t.match(without.body, { status: 422, errors: [{ pointer: '#/groups' }] })
})

test('the halves that wait are listed, the oldest first', async (t) => {
  await evaluationOf(app, 'waits', joined, [])
  for (const at of [2, 0, 1]) await send(app, 'POST', '/waits/predictions', rows([at], 'predictions'))
  await send(app, 'POST', '/waits/labels', rows([0, 5], 'labels'))
  const idsOf = (body: unknown) => (body as { waiting: { id: unknown }[] }).waiting.map(({ id }) => id)
  const first = await send(app, 'GET', '/waits/waiting?half=predictions&limit=1')
  const { next } = first.body as { next: string }
  const second = await send(app, 'GET', `/waits/waiting?half=predictions&limit=1&after=${next}`)
  t.same([...idsOf(first.body), ...idsOf(second.body)].toSorted(), ['b', 'c'])
  t.notOk('next' in (second.body as object))
  t.same(idsOf((await send(app, 'GET', '/waits/waiting?half=labels')).body), ['f'])
  t.match((await send(app, 'GET', '/waits/waiting')).body, { errors: [{ pointer: '#/half' }] })
  t.match((await send(app, 'GET', '/waits/waiting?half=labels&after=x')).body, {
    errors: [{ pointer: '#/after' }],
  })
})

test('an evaluation takes either batches or halves', async (t) => {
  await evaluationOf(app, 'halves', joined, [])
  await evaluationOf(app, 'batches', threeClasses, [])
  const title = 'The evaluation takes its rows in another way'
  const batch = await send(app, 'PUT', '/halves/batches/b', allRows)
  const noBatches =
    'The evaluation "halves" was declared with join, and takes no batches: send the predictions of its rows to POST .../predictions, and their labels to POST .../labels.'
  t.same(batch.body, problemOf('not-joined', 409, title, noBatches, '/v1/evaluations/halves/batches/b'))
  t.match((await sendLines(app, '/halves/batches', [{ batch: 'b', ...allRows }])).body, { status: 409 })
  const half = await send(app, 'POST', '/batches/labels', rows([0], 'labels'))
  const noHalves =
    'The evaluation "batches" was declared without join, and takes batches: PUT .../batches/NAME. One that takes predictions and labels apart is declared with join, such as {"within": "P30D"}.'
  t.same(half.body, problemOf('not-joined', 409, title, noHalves, '/v1/evaluations/batches/labels'))
  t.match((await send(app, 'GET', '/batches/waiting?half=labels')).body, { status: 409 })
  t.match((await send(app, 'POST', '/none/labels', rows([0], 'labels'))).body, { status: 404 })
})

test('join is part of the declaration', async (t) => {
  await evaluationOf(app, 'declared', joined, [])
  t.equal((await send(app, 'PUT', '/declared', joined)).status, 200)
  const longer = await send(app, 'PUT', '/declared', { ...joined, join: { within: 'P31D' } })
  t.match(longer.body, { status: 409, errors: [{ pointer: '#/join' }] })
  for (const within of ['PT59M', 'P3651D', 'P1M', 'P', 'PT', '30 days', '', 5]) {
    const { status, body } = await send(app, 'PUT', '/never', { ...threeClasses, join: { within } })
    t.equal(status, 422, String(within))
    t.match(body, { errors: [{ pointer: '#/join/within' }] })
  }
  for (const within of ['PT1H', 'P3650D', 'P2W', 'P1DT12H30M5S']) {
    t.equal((await send(app, 'PUT', `/w-${within}`, { ...threeClasses, join: { within } })).status, 201)
  }
})

test('a sealed evaluation answers replays and takes nothing new', async (t) => {
  await evaluationOf(app, 'sealed', joined, [])
  await send(app, 'POST', '/sealed/predictions', rows([0, 1], 'predictions'))
  await send(app, 'PATCH', '/sealed', { status: 'sealed' })
  t.match((await send(app, 'POST', '/sealed/predictions', rows([1], 'predictions'))).body, { replayed: 1 })
  t.match((await send(app, 'POST', '/sealed/labels', rows([1], 'labels'))).body, {
    type: '/problems/sealed',
    status: 409,
  })
})

test('the ETag changes with the halves that wait', async (t) => {
  await evaluationOf(app, 'tagged', joined, [])
  const before = (await send(app, 'GET', '/tagged')).headers.etag
  await send(app, 'POST', '/tagged/predictions', rows([0], 'predictions'))
  const after = await send(app, 'GET', '/tagged')
  t.not(after.headers.etag, before)
  const headers = { 'if-none-match': String(after.headers.etag) }
  t.equal((await app.inject({ url: '/v1/evaluations/tagged', headers })).statusCode, 304)
})

test('joined rows are batches to the lists and the curve', async (t) => {
  await evaluationOf(app, 'listed', joined, [])
  await send(app, 'POST', '/listed/predictions', { ids, predictions })
  await send(app, 'POST', '/listed/labels', rows([0, 1], 'labels'))
  await send(app, 'POST', '/listed/labels', rows([2, 3, 4], 'labels'))
  t.match((await send(app, 'GET', '/listed/batches')).body, {
    batches: [
      { batch: /^joined\.[0-9a-f]{24}$/, sequence: 1, samples: 2 },
      { batch: /^joined\./, sequence: 2, samples: 3 },
    ],
  })
  t.match((await send(app, 'GET', '/listed/curve')).body, { points: [{ samples: 2 }, { cumulative: { samples: 5 } }] })
})

test('a label counts in the window of the time of its row, however late it comes', async (t) => {
  await evaluationOf(app, 'hourly', { ...joined, window: 'hour' }, [])
  const at = [10, 11, 10, 12, 11, 10].map((hour) => Date.UTC(2026, 11, 1, hour, 30))
  await send(app, 'POST', '/hourly/labels', rows([5, 1], 'labels'))
  t.match((await send(app, 'POST', '/hourly/predictions', { ids, predictions, at })).body, { accepted: 6, joined: 2 })
  t.match((await send(app, 'POST', '/hourly/labels', rows([4, 3, 2, 1, 0], 'labels'))).body, { replayed: 1, joined: 4 })
  const { windows } = (await send(app, 'GET', '/hourly/windows')).body as { windows: unknown[] }
  const hours: [number, number, number[]][] = [
    [10, 2, [0, 2, 5]],
    [11, 2, [1, 4]],
    [12, 1, [3]],
  ]
  t.equal(windows.length, 3)
  for (const [place, [hour, batches, own]] of hours.entries()) {
    const of = { predictions: own.map((row) => predictions[row]), labels: own.map((row) => labels[row]) }
    const { spec: _, requestId: __, ...figures } = await lossOf(app, of)
    const [from, to] = [hour, hour + 1].map((each) => `2026-12-01T${each}:00:00.000Z`)
    t.same(windows[place], { from, to, batches, ...figures })
  }
  t.match((await send(app, 'GET', '/hourly?from=2026-12-01T11:00:00Z')).body, { batches: 3, samples: 3 })
  t.match((await send(app, 'GET', '/hourly/batches?limit=2')).body, {
    batches: [{ window: '2026-12-01T10:00:00.000Z' }, { window: '2026-12-01T11:00:00.000Z' }],
  })
  t.match((await send(app, 'GET', '/hourly')).body, { ...(await lossOf(app, allRows)), window: 'hour', join })
})
