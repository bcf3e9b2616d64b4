import { t as root, test } from 'tap'
import { comparisonAnswer } from '../../../src/routes/comparisons/answer.ts'
import { lossAnswer } from '../../../src/routes/loss/answer.ts'
import { formOf } from '../../formats/form.ts'
import { binaryBody } from '../../formats/support.ts'
import { matrix } from '../../matrix.ts'
import { appOf, ask, post } from '../../support.ts'
import { send, sendLines } from '../evaluations/support.ts'

const app = await appOf(root)
const options = { loss: 'cross-entropy', labelFormat: 'index', topK: 2, include: ['metrics', 'intervals'] }
const predictions = matrix(
  '0.5 0.25 0.25; 0.25 0.5 0.25; 0.125 0.25 0.625; 0.5 0.375 0.125; 0.25 0.5 0.25; 0.5 0.25 0.25',
)
const labels = [0, 1, 2, 1, 0, 2]
const sampleWeights = [1, 2, 0.5, 1, 0, 3]
const request = { ...options, predictions, labels, sampleWeights }
// `post` takes the id out
const strict = lossAnswer.omit({ requestId: true }).strict()

interface Figures {
  readonly intervals: unknown
  readonly groups?: readonly { readonly groups: readonly unknown[] }[]
}

async function intervalsOf(content: object): Promise<unknown> {
  const { status, body, text } = await post(app, '/v1/loss', content)
  if (status !== 200) throw new Error(text)
  strict.parse(body)
  return (body as Figures).intervals
}

test('every body and a stream give the same intervals, and they fit their schema', async (t) => {
  const expected = await intervalsOf(request)
  t.match(expected, {
    metrics: { f1: { macro: { standardError: Number, interval: [Number, Number] } } },
    topKAccuracy: {},
  })
  const inputs = Object.entries({ predictions, labels, sampleWeights }).map(([name, rows]) => ({
    name,
    shape: name === 'predictions' ? [6, 3] : [6],
    datatype: 'FP64',
    bytes: new Uint8Array(Float64Array.from(rows.flat()).buffer),
  }))
  const binary = binaryBody(options, inputs)
  const form = formOf([
    ['options', JSON.stringify(options)],
    ...Object.entries({ predictions, labels, sampleWeights }).map(
      ([name, rows]) => [name, JSON.stringify(rows)] as const,
    ),
  ])
  const line = (rows: readonly number[]) =>
    JSON.stringify({
      predictions: rows.map((i) => predictions[i]),
      labels: rows.map((i) => labels[i]),
      sampleWeights: rows.map((i) => sampleWeights[i]),
    })
  const lines = [JSON.stringify(options), line([5, 1]), line([0, 2, 3]), line([4])].join('\n')
  for (const { headers, payload } of [
    binary,
    form,
    { headers: { 'content-type': 'application/x-ndjson' }, payload: lines },
  ]) {
    const { status, body } = await ask(app, { method: 'POST', url: '/v1/loss', headers, payload })
    t.equal(status, 200)
    t.strictSame((body as Figures).intervals, expected)
  }
})

test('an evaluation has those of all its rows, and so has each group', async (t) => {
  const groupBy = ['half']
  const half = labels.map((_, i) => i % 2)
  const { status } = await send(app, 'PUT', '/sure', { ...options, groupBy, outputs: 3 })
  t.equal(status, 201)
  const part = (from: number, to: number) => ({
    ...{ predictions: predictions.slice(from, to), labels: labels.slice(from, to) },
    ...{ sampleWeights: sampleWeights.slice(from, to), groups: { half: half.slice(from, to) } },
  })
  t.equal((await send(app, 'PUT', '/sure/batches/a', part(0, 2))).status, 201)
  t.equal(
    (
      await sendLines(app, '/sure/batches', [
        { batch: 'b', ...part(2, 5) },
        { batch: 'c', ...part(5, 6) },
      ])
    ).status,
    200,
  )
  const { body } = await send(app, 'GET', '/sure')
  const whole = (await post(app, '/v1/loss', { ...request, groupBy, groups: { half } })).body as Figures
  t.strictSame([(body as Figures).intervals, (body as Figures).groups], [whole.intervals, whole.groups])
  t.strictSame((body as Figures).intervals, await intervalsOf(request))
})

test('with ranking in one batch only, and with nothing to be about not at all', async (t) => {
  t.match(await intervalsOf({ ...request, include: ['ranking', 'intervals'], topK: undefined }), {
    ranking: { rocAuc: { standardError: null }, averagePrecision: { standardError: Number } },
  })
  const payload = { ...request, topK: undefined, include: ['intervals'] }
  const { status, body } = await ask(app, { method: 'POST', url: '/v1/loss', payload })
  t.equal(status, 422)
  t.match(body, {
    errors: [
      {
        pointer: '#/include/0',
        detail: /add metrics or ranking to include, or set topK/,
        remedies: [{ set: { include: ['intervals', 'metrics'] } }],
      },
    ],
  })
})

test('a comparison has paired ones, in groups too', async (t) => {
  const content = {
    ...request,
    baseline: predictions.toReversed(),
    groupBy: ['one'],
    groups: { one: labels.map(() => 1) },
  }
  const { status, body } = await post(app, '/v1/comparisons', content)
  t.equal(status, 200)
  const { difference, groups } = comparisonAnswer.omit({ requestId: true }).strict().parse(body)
  t.match(difference, {
    metrics: { f1: { macro: { value: Number, standardError: Number, interval: [Number, Number] } } },
  })
  t.strictSame(groups?.[0].groups[0].difference, difference)
})
