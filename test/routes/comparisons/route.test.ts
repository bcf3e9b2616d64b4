import { t as root, test } from 'tap'
import { formOf, npyOf } from '../../formats/form.ts'
import { matrix } from '../../matrix.ts'
import { appOf, ask, post } from '../../support.ts'

const app = await appOf(root)
const url = '/v1/comparisons'

const options = { loss: 'cross-entropy', labelFormat: 'index', include: ['confusion', 'gradient'] }
const predictions = matrix('0.75 0.25; 0.5 0.5; 0.125 0.875')
const baseline = matrix('0.5 0.5; 0.25 0.75; 1 0')
const labels = [0, 1, 1]
const sampleWeights = [1, 2, 0.5]
const request = { ...options, predictions, baseline, labels, sampleWeights }

function binaryOf(parameters: object, tensors: Record<string, readonly (number | readonly number[])[]>) {
  const inputs = Object.entries(tensors).map(([name, rows]) => ({
    name,
    shape: Array.isArray(rows[0]) ? [rows.length, rows[0].length] : [rows.length],
    datatype: 'FP64',
    parameters: { binary_data_size: 8 * rows.flat().length },
  }))
  const header = JSON.stringify({ parameters, inputs })
  const bytes = Object.values(tensors).map((rows) => Buffer.from(Float64Array.from(rows.flat()).buffer))
  return {
    headers: { 'content-type': 'application/octet-stream', 'inference-header-content-length': String(header.length) },
    payload: Buffer.concat([Buffer.from(header), ...bytes]),
  }
}

test('each answer is that of POST /v1/loss', async (t) => {
  const { baseline: other, ...one } = request
  const { status, body } = await post(app, url, request)
  t.equal(status, 200)
  const [alone, otherAlone] = [
    await post(app, '/v1/loss', one),
    await post(app, '/v1/loss', { ...one, predictions: other }),
  ]
  t.match(body, { predictions: alone.body, baseline: otherAlone.body })
  const { predictions: answer, baseline: otherAnswer } = body as Record<string, unknown>
  t.strictSame([answer, otherAnswer], [alone.body, otherAlone.body])
})

test('every kind of body gives the same answer', async (t) => {
  const { body: expected } = await post(app, url, request)
  const file = 'application/octet-stream'
  const form = formOf([
    ['options', JSON.stringify(options)],
    ['predictions', npyOf([3, 2], predictions.flat()), file],
    ['baseline', npyOf([3, 2], baseline.flat(), '<f4'), file],
    ['labels', 'a\n0\n1\n1\n'.slice(2), 'text/csv'],
    ['sampleWeights', JSON.stringify(sampleWeights)],
  ])
  const { headers, payload } = binaryOf(options, { predictions, baseline, labels, sampleWeights })
  const answers = [
    await ask(app, { method: 'POST', url, headers: form.headers, payload: form.payload }),
    await ask(app, { method: 'POST', url, headers, payload }),
  ]
  for (const { status, body } of answers) t.strictSame([status, body], [200, expected])
})

test('errors point to the baseline in every kind of body', async (t) => {
  const wrong = baseline.with(1, [0.25, 7])
  const file = 'application/octet-stream'
  const form = formOf([
    ['options', JSON.stringify(options)],
    ['predictions', npyOf([3, 2], predictions.flat()), file],
    ['baseline', npyOf([3, 2], wrong.flat()), file],
    ['labels', JSON.stringify(labels)],
  ])
  const binary = binaryOf(options, { predictions, baseline: wrong, labels })
  const table = [
    [await post(app, url, { ...request, baseline: wrong }), '#/baseline/1/1'],
    [await ask(app, { method: 'POST', url, headers: form.headers, payload: form.payload }), '#/baseline/1/1'],
    [await ask(app, { method: 'POST', url, ...binary }), '#/inputs/1/data/1/1'],
  ] as const
  for (const [{ status, body }, pointer] of table)
    t.match([status, body], [422, { errors: [{ pointer, received: 7 }] }])
})

test('what is missing is said, of options and tensors together', async (t) => {
  const { status, body } = await post(app, url, { loss: 'mse', predictions: [1], labels: [1] })
  t.match([status, body], [422, { errorCount: 2, errors: [{ pointer: '#/labelFormat' }, { pointer: '#/baseline' }] }])
  const bytes = binaryOf({ loss: 'mse', labelFormat: 'values', baseline: [1] }, { predictions: [1], labels: [1] })
  const answer = await ask(app, { method: 'POST', url, ...bytes })
  t.match(answer.body, { errors: [{ pointer: '#/parameters/baseline', detail: /belongs in inputs/ }] })
})

test('only a comparison knows a baseline, and it is no stream', async (t) => {
  const { status, body } = await post(app, '/v1/loss', request)
  t.match([status, body], [422, { errors: [{ pointer: '#/baseline', detail: /not a recognised field/ }] }])
  const bytes = binaryOf(options, { predictions, baseline, labels })
  t.match((await ask(app, { method: 'POST', url: '/v1/loss', ...bytes })).body, {
    status: 422,
    errors: [{ pointer: '#/inputs/1/name' }],
  })
  const form = formOf([
    ['baseline', '[1]'],
    ...Object.entries({ loss: 'mse', labelFormat: 'values', predictions: '[1]', labels: '[1]' }),
  ])
  const answer = await ask(app, { method: 'POST', url: '/v1/loss', headers: form.headers, payload: form.payload })
  t.match(answer.body, { status: 422, errors: [{ pointer: '#/baseline' }] })
  const headers = { 'content-type': 'application/x-ndjson' }
  const stream = await ask(app, { method: 'POST', url, headers, payload: '{"loss":"mse"}\n' })
  t.match(stream.body, {
    status: 415,
    accepted: ['application/json', 'application/octet-stream', 'multipart/form-data'],
  })
})

test('both answers count against maxAnswerNumbers', async (t) => {
  const rows = Array.from({ length: 60_000 }, (_, i) => i)
  const content = {
    loss: 'mse',
    labelFormat: 'values',
    predictions: rows,
    baseline: rows,
    labels: rows,
    include: ['perSample'],
  }
  t.match((await post(app, url, content)).body, {
    status: 413,
    limit: 'maxAnswerNumbers',
    allowed: 200_000,
    pointer: '#/include/0',
    detail: /would hold 240000 numbers/,
  })
})

test('the difference of accuracies has the standard error of paired rows, weighted and of several outputs', async (t) => {
  const chances = Array.from({ length: 23 }, (_, i) => [((i * 7) % 10) / 10, ((i * 3) % 10) / 10])
  const others = Array.from({ length: 23 }, (_, i) => [((i * 9) % 10) / 10, ((i * 11) % 10) / 10])
  const truths = Array.from({ length: 23 }, (_, i) => [i % 2, i % 3 === 0 ? 1 : 0])
  const weighted = Array.from({ length: 23 }, (_, i) => (i % 5) / 2)
  const { body } = await post(app, url, {
    loss: 'binary-cross-entropy',
    labelFormat: 'binary',
    predictions: chances,
    baseline: others,
    labels: truths,
    sampleWeights: weighted,
  })
  // from the definition, in doubles
  const right = (row: readonly number[], i: number) => row.filter((p, k) => p > 0.5 === truths[i][k] > 0.5).length
  const e = chances.map((row, i) => right(row, i) - right(others[i], i))
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)
  const total = 2 * sum(weighted)
  const mean = sum(e.map((each, i) => weighted[i] * each)) / total
  const n = weighted.filter((weight) => weight > 0).length
  const squares = sum(e.map((each, i) => (weighted[i] * (each - 2 * mean)) ** 2))
  const standardError = Math.sqrt((n / (n - 1)) * squares) / total
  const { accuracy } = (
    body as { difference: { accuracy: { value: number; standardError: number; interval: number[] } } }
  ).difference
  const close = (found: number, expected: number) => t.ok(Math.abs(found - expected) < 1e-14, `${found}, ${expected}`)
  close(accuracy.value, mean)
  close(accuracy.standardError, standardError)
  close(accuracy.interval[1], mean + 1.959963984540054 * standardError)
  t.equal(accuracy.value, (body as { agreement: { accuracyDifference: number } }).agreement.accuracyDifference)
})
