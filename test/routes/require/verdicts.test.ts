import type { FastifyInstance } from 'fastify'
import { t as root, test } from 'tap'
import type { Verdict } from '../../../src/loss/verdict.ts'
import { formOf, npyOf } from '../../formats/form.ts'
import type { Answered } from '../../support.ts'
import { appOf, ask, post } from '../../support.ts'
import { evaluationOf, send } from '../evaluations/support.ts'

const app = await appOf(root)
const url = '/v1/loss'

const options = { loss: 'cross-entropy', labelFormat: 'index', include: ['metrics'], groupBy: ['country'] }
const rows = {
  predictions: [
    [0.9, 0.1],
    [0.2, 0.8],
    [0.7, 0.3],
    [0.4, 0.6],
  ],
  labels: [0, 1, 1, 1],
  groups: { country: ['KR', 'KR', 'DE', 'DE'] },
}
const { groups, ...numbers } = rows
const met = [
  { figure: 'accuracy', atLeast: 0.7 },
  { figure: 'metrics.f1.macro', atLeast: 0.5, atMost: 1 },
  { figure: 'groups.0.differences.accuracy.lowest.value', atLeast: 0.5 },
]
const missed = [{ figure: 'loss', atMost: 0.1 }]

function verdictIn({ body }: Answered): Verdict {
  return (body as { verdict: Verdict }).verdict
}

/** The same requirements in every kind of body. */
const bodies: Record<string, (require: unknown) => object> = {
  json: (require) => ({
    headers: { 'content-type': 'application/json' },
    payload: JSON.stringify({ ...options, ...rows, require }),
  }),
  ndjson: (require) => ({
    headers: { 'content-type': 'application/x-ndjson' },
    payload: `${JSON.stringify({ ...options, require })}\n${JSON.stringify(rows)}\n`,
  }),
  'multipart, a part': (require) =>
    formOf([
      ['loss', options.loss],
      ['labelFormat', options.labelFormat],
      ['include', 'metrics'],
      ['groupBy', '["country"]'],
      ['require', JSON.stringify(require)],
      ['predictions', npyOf([4, 2], rows.predictions.flat()), 'application/octet-stream'],
      ['labels', npyOf([4], rows.labels), 'application/octet-stream'],
      ['groups', JSON.stringify(groups)],
    ]),
  'multipart, among options': (require) =>
    formOf([
      ['options', JSON.stringify({ ...options, require }), 'application/json'],
      ['predictions', JSON.stringify(rows.predictions)],
      ['labels', JSON.stringify(rows.labels)],
      ['groups', JSON.stringify(groups)],
    ]),
  binary: (require) => {
    const tensors = [Buffer.from(new Float64Array(rows.predictions.flat()).buffer), Buffer.from(rows.labels)]
    const texts = Buffer.concat(groups.country.map((text) => Buffer.from([text.length, 0, 0, 0, ...Buffer.from(text)])))
    const input = (name: string, shape: number[], datatype: string, size: number) => ({
      name,
      shape,
      datatype,
      parameters: { binary_data_size: size },
    })
    const header = JSON.stringify({
      parameters: { ...options, require },
      inputs: [
        input('predictions', [4, 2], 'FP64', 64),
        input('labels', [4], 'UINT8', 4),
        input('groups.country', [4], 'BYTES', texts.length),
      ],
    })
    return {
      headers: { 'content-type': 'application/octet-stream', 'inference-header-content-length': String(header.length) },
      payload: Buffer.concat([Buffer.from(header), ...tensors, texts]),
    }
  },
}

async function answered(body: object, query = ''): Promise<Answered> {
  return ask(app, { method: 'POST', url: `${url}${query}`, ...body })
}

test('every body takes requirements, and has the same verdict', async (t) => {
  const expected = verdictIn(await answered(bodies.json(met)))
  t.equal(expected.result, 'pass')
  t.same(
    expected.requirements.map(({ figure, result, value }) => ({ figure, result, value })),
    [
      { figure: 'accuracy', result: 'pass', value: 0.75 },
      { figure: 'metrics.f1.macro', result: 'pass', value: (0.8 + 2 / 3) / 2 },
      { figure: 'groups.0.differences.accuracy.lowest.value', result: 'pass', value: 0.5 },
    ],
  )
  for (const [name, bodyOf] of Object.entries(bodies)) {
    const { status, body } = await answered(bodyOf(met))
    t.equal(status, 200, name)
    t.strictSame((body as { verdict: Verdict }).verdict, expected, name)
    t.notMatch((body as { spec: object }).spec, { require: Array }, 'it is no option')
    t.equal((await answered(bodyOf(met), '?failStatus=409')).status, 200, name)
    const failed = await answered(bodyOf(missed), '?failStatus=409')
    t.match(failed, { status: 409, type: 'application/json', body: { verdict: { result: 'fail' } } }, name)
  }
})

test('the answer is the same with requirements or without, whatever the status', async (t) => {
  const { verdict: _, ...without } = (await answered(bodies.json(missed), '?failStatus=422')).body as Record<
    string,
    unknown
  >
  t.strictSame(without, (await answered(bodies.json(undefined))).body)
})

test('every status from 400 to 499 can be asked for, and the document has it', async (t) => {
  for (const status of [400, 401, 409, 413, 415, 418, 422, 429, 431, 499])
    t.equal((await answered(bodies.json(missed), `?failStatus=${status}`)).status, status)
  for (const status of ['200', '500', '399', '4090', 'x', '', '4e2', '0409'])
    t.match(await answered(bodies.json(missed), `?failStatus=${status}`), {
      status: 422,
      type: 'application/problem+json',
    })
})

test('a gate without requirements, or with a misspelt one, is refused', async (t) => {
  t.match(await answered(bodies.json(undefined), '?failStatus=409'), {
    status: 422,
    body: { detail: 'failStatus has no effect without require' },
  })
  t.equal((await answered(bodies.json(missed), '?failstatus=409')).status, 422)
  t.equal((await answered(bodies.json([]))).status, 422)
})

async function refusal(app: FastifyInstance, require: unknown, more: object = {}, to = url): Promise<string> {
  const { status, body } = await post(app, to, {
    ...options,
    include: [],
    groupBy: undefined,
    ...numbers,
    ...more,
    require,
  })
  return status === 422 ? (body as { detail: string }).detail : `status ${status}`
}

test('a figure that is not in the answer is refused with what would have it, tried on the data', async (t) => {
  const { body } = await post(app, url, {
    ...options,
    ...rows,
    include: [],
    require: [{ figure: 'metrics.f1.macr', atLeast: 0 }],
  })
  t.match(body, {
    errors: [
      {
        pointer: '#/require/0/figure',
        detail: /did you mean "metrics\.f1\.macro"\?/,
        remedies: [{ set: { require: [{ figure: 'metrics.f1.macro', atLeast: 0 }], include: ['metrics'] } }],
      },
    ],
  })
  const [{ remedies }] = (body as { errors: { remedies: { set: object }[] }[] }).errors
  t.equal((await post(app, url, { ...options, ...rows, ...remedies[0].set })).status, 200)
  const of = (figure: string, more?: object) => refusal(app, [{ figure, atLeast: 0 }], more)
  for (const [figure, near] of [
    ['f1', 'metrics.f1.macro'],
    ['Accuracy', 'accuracy'],
    ['roc_auc', 'ranking.rocAuc'],
    ['precision', 'metrics.precision.macro'],
    ['perClass.1.recal', 'perClass.1.recall'],
  ])
    t.match(await of(figure), `did you mean "${near}"?`, figure)
  t.match(await of('topKAccuracy'), 'needs topKAccuracy, which is in the answer with the option topK')
  t.match(await of('thresholds.perOutput.0.rocAuc.lower'), 'with the option thresholds')
  t.match(await of('groups.0.groups.0.loss'), 'with the option groupBy')
  t.match(await of('metrics.rmse', { include: ['metrics'] }), 'which requires labelFormat "values"')
  t.match(await of('perClass.2.recall', { include: ['perClass'] }), 'which is not in this answer')
  const values = { loss: 'mse', labelFormat: 'values', predictions: [1, 2], labels: [1, 3] }
  t.match(await of('accuracy', values), 'requires class or binary labels')
  t.match(await of('metrics.f1.macro', { ...values, include: ['metrics'] }), 'which requires class or binary labels')
})

test('an interval that no answer has is refused before anything is computed', async (t) => {
  const of = (figure: string, more?: object) => refusal(app, [{ figure, atLeast: 0, confident: true }], more)
  t.match(await of('loss', { reduction: 'sum' }), 'reduction "sum" has none')
  t.match(await of('samples'), 'needs an interval, and "samples" has none')
  t.match(
    await of('metrics.f1.macro', { include: ['metrics'] }),
    'is in the answer with include: ["intervals"]. Send include',
  )
  t.match(await of('metrics.f1.macro'), 'Send include ["metrics"')
  t.equal(await of('metrics.f1.macro', { include: ['metrics', 'intervals'] }), 'status 200')
  t.equal(await of('loss'), 'status 200')
  t.equal(await of('accuracy'), 'status 200')
})

test('bounds that nothing meets, or that are none, are refused', async (t) => {
  t.match(await refusal(app, [{ figure: 'loss' }]), 'require[0] has neither atLeast nor atMost')
  t.match(await refusal(app, [{ figure: 'loss', atLeast: 2, atMost: 1 }]), 'no number is both')
  t.match(await refusal(app, [{ figure: 'loss', margin: 1 }]), 'A margin compares two models')
  t.match(await refusal(app, [{ figure: 'loss', atMost: '1' }]), 'must be a number')
})

test('hostile requirements are refused, and shortly', async (t) => {
  const one = { figure: 'accuracy', atLeast: 0 }
  for (const require of [
    Array(1000).fill(one),
    Array(101).fill(one),
    one,
    'accuracy',
    [[one]],
    [null],
    [{ ...one, figure: Array(129).fill('a').join('.') }],
    [{ ...one, figure: 'x'.repeat(100_000) }],
    [{ ...one, figure: '' }],
    [{ ...one, figure: 'accuracy.' }],
    [{ ...one, figure: ['accuracy'] }],
    ...[
      '__proto__',
      'constructor.name',
      'spec.loss',
      'groups',
      'accuracyInterval',
      'perSample.losses.0',
      'lossStatus',
    ].map((figure) => [{ figure, atLeast: 0 }]),
  ]) {
    const answer = await post(app, url, { ...options, ...rows, require })
    t.equal(answer.status, 422, JSON.stringify(require).slice(0, 60))
    t.ok(answer.text.length < 2 ** 14)
  }
  t.equal((await post(app, url, { ...options, ...rows, require: Array(100).fill(one) })).status, 200)
  const key = JSON.stringify({ ...options, ...rows, require: [one] }).replace('"atLeast"', '"__proto__":1,"atLeast"')
  t.equal((await post(app, url, key)).status, 400)
})

test('a stream refuses before it is read what it can never have', async (t) => {
  const payload = `${JSON.stringify({ ...options, require: [{ figure: 'ranking.rocAuc', atLeast: 0 }] })}\nnot read`
  const { status, body } = await answered({ headers: { 'content-type': 'application/x-ndjson' }, payload })
  t.equal(status, 422)
  t.match(body, { detail: /ranking is only available for a single batch/, line: 1 })
})

test('an infinite loss does not pass', async (t) => {
  const infinite = { ...options, logPolicy: 'exact', ...rows, predictions: rows.predictions.map(() => [1, 0]) }
  const answer = await post(app, `${url}?failStatus=409`, { ...infinite, require: [{ figure: 'loss', atLeast: 0 }] })
  t.match(answer, {
    status: 409,
    body: {
      verdict: { requirements: [{ result: 'fail', value: null, detail: 'loss is infinite; it must be at least 0' }] },
    },
  })
})

test('the Open Inference Protocol has no verdicts', async (t) => {
  const { status, body } = await post(app, '/v2/models/cross-entropy/infer', {
    parameters: { labelFormat: 'index', require: met },
    inputs: [
      { name: 'predictions', shape: [1, 2], datatype: 'FP64', data: [0.5, 0.5] },
      { name: 'labels', shape: [1], datatype: 'INT64', data: [0] },
    ],
  })
  t.equal(status, 422)
  t.match(body, { error: /require has no effect here/ })
})

test('two models: the whole interval of the difference against a margin', async (t) => {
  const n = 400
  const of = (p: number) => Array.from({ length: n }, (_, i) => [p + (i % 7) / 100, 1 - p - (i % 7) / 100])
  const [good, bad] = [of(0.8), of(0.3)]
  const labels = Array(n).fill(0)
  const compare = (predictions: number[][], baseline: number[][], require: unknown, query = '', more: object = {}) =>
    post(app, `/v1/comparisons${query}`, {
      loss: 'cross-entropy',
      labelFormat: 'index',
      predictions,
      baseline,
      labels,
      require,
      ...more,
    })
  const both = [{ figure: 'loss' }, { figure: 'accuracy', margin: 0.01 }]
  t.match(verdictIn(await compare(good, bad, both)), { result: 'pass' })
  t.match(verdictIn(await compare(good, good, both)), { result: 'pass' }, 'no worse than itself')
  const worse = await compare(bad, good, both, '?failStatus=409')
  t.equal(worse.status, 409)
  const { difference } = worse.body as {
    difference: { loss: number; interval: number[]; accuracy: { value: number; interval: number[] } }
  }
  t.same(
    verdictIn(worse).requirements.map(({ result, value, interval }) => ({ result, value, interval })),
    [
      { result: 'fail', value: difference.loss, interval: difference.interval },
      { result: 'fail', value: difference.accuracy.value, interval: difference.accuracy.interval },
    ],
  )
  t.match(verdictIn(await compare(bad, good, [{ figure: 'loss', margin: 5 }])), { result: 'pass' })
  const f1 = [{ figure: 'metrics.f1.macro', margin: 0.01 }]
  t.match((await compare(good, bad, f1)).body, {
    errors: [{ remedies: [{ set: { include: ['metrics', 'intervals'] } }] }],
  })
  const paired = await compare(good, bad, f1, '', { include: ['metrics', 'intervals'] })
  t.match(verdictIn(paired), { result: 'pass' })
  const { difference: ofFigures } = paired.body as { difference: { metrics: { f1: { macro: object } } } }
  t.match(ofFigures.metrics.f1.macro, {
    value: verdictIn(paired).requirements[0].value,
    interval: verdictIn(paired).requirements[0].interval,
  })
  for (const [require, says] of [
    [[{ figure: 'loss', atMost: 1 }], 'the whole interval of the difference decides'],
    [[{ figure: 'loss', margin: -1 }], 'must be a number >= 0'],
    [[{ figure: 'samples' }], 'of whose difference a comparison has no interval'],
    [[{ figure: 'accurcy' }], 'did you mean "accuracy"?'],
  ] as const)
    t.match((await compare(good, bad, require)).body, { detail: new RegExp(says.replaceAll('?', '\\?')) }, says)
})

test('a report of an evaluation, with its ETag or without', async (t) => {
  await evaluationOf(app, 'gate')
  const ask = (query: string, headers = {}) => app.inject({ url: `/v1/evaluations/gate?${query}`, headers })
  const asked = (require: unknown) => `require=${encodeURIComponent(JSON.stringify(require))}`
  const right = await send(
    app,
    'GET',
    `/gate?${asked([
      { figure: 'accuracy', atLeast: 0.1 },
      { figure: 'batches', atLeast: 3 },
    ])}&failStatus=409`,
  )
  t.match(right, { status: 200, body: { verdict: { result: 'pass' } } })
  const wrong = `${asked(missed)}&failStatus=409`
  t.match(await send(app, 'GET', `/gate?${wrong}`), { status: 409, body: { verdict: { result: 'fail' } } })
  const etag = right.headers.etag as string
  t.equal((await ask(wrong, { 'if-none-match': etag })).statusCode, 409, 'nothing unchanged hides a verdict')
  t.equal((await ask(asked(missed), { 'if-none-match': etag })).statusCode, 304)
  for (const [query, says] of [
    ['failStatus=409', 'failStatus has no effect without require'],
    ['require=[', 'require is not valid JSON'],
    [`require=${encodeURIComponent('{}')}`, 'require must be a list of 1 to 100 requirements'],
    [asked([{ figure: 'metrics.f1.macro', atLeast: 0 }]), 'would have to be declared with: include'],
    [asked([{ figure: 'ranking.rocAuc', atLeast: 0 }]), 'ranking is only available for a single batch'],
    ['require=1&require=2', 'must be a string'],
  ])
    t.match(
      await send(app, 'GET', `/gate?${query}`),
      { status: 422, body: { detail: new RegExp(says.replaceAll('[', '\\[')) } },
      says,
    )
  const declared = await send(app, 'PUT', '/other', { loss: 'mse', labelFormat: 'values', outputs: 1, require: missed })
  t.match(declared, { status: 422, body: { detail: /GET \/v1\/evaluations\/\{evaluation\}\?require=/ } })
})

test('a comparison of evaluations', async (t) => {
  for (const name of ['one', 'two']) await evaluationOf(app, name)
  const asked = (require: unknown) => `require=${encodeURIComponent(JSON.stringify(require))}`
  const path = (require: unknown, more = '') => `/one/comparison?with=two&${asked(require)}${more}`
  const { status, body } = await send(app, 'GET', path([{ figure: 'loss' }, { figure: 'accuracy' }], '&failStatus=409'))
  t.equal(status, 200)
  t.match(body, {
    verdict: {
      result: 'pass',
      requirements: [
        { value: 0, interval: [0, 0] },
        { value: 0, interval: [0, 0] },
      ],
    },
    difference: { accuracy: { value: 0, standardError: 0, interval: [0, 0] } },
  })
  t.equal((await send(app, 'GET', path([{ figure: 'samples' }]))).status, 422)
  t.equal((await send(app, 'GET', '/one/comparison?with=two&failStatus=409')).status, 422)
  await send(app, 'PUT', '/three', { loss: 'cross-entropy', labelFormat: 'index', outputs: 3 })
  const nothing = await send(app, 'GET', `/one/comparison?with=three&${asked([{ figure: 'accuracy' }])}&failStatus=409`)
  t.match(nothing, { status: 409, body: { verdict: { result: 'inconclusive' } } })
})

test('a field that a requirement does not have is refused, with what the other one takes', async (t) => {
  const two = { ...options, ...rows, baseline: rows.predictions }
  for (const [to, field, hint] of [
    [url, 'margin', 'A margin compares two models: POST /v1/comparisons takes it.'],
    [url, 'least', 'did you mean "atLeast"?'],
    ['/v1/comparisons', 'atLeast', 'In a comparison the whole interval of the difference decides'],
    ['/v1/comparisons', 'least', 'the fields are figure, margin'],
  ]) {
    const content = to === url ? { ...options, ...rows } : two
    const { status, body } = await post(app, to, { ...content, require: [{ figure: 'loss', [field]: 0 }] })
    t.equal(status, 422, `${to} ${field}`)
    const { errors } = body as { errors: { pointer: string; detail: string }[] }
    t.match(errors, [{ pointer: `#/require/0/${field}` }])
    t.match(errors[0].detail, hint)
  }
})

test('a difference that is neither better nor worse cannot be required', async (t) => {
  const values = { loss: 'mse', labelFormat: 'values', predictions: [1, 2, 3], labels: [1, 2, 4], baseline: [1, 2, 2] }
  const require = [{ figure: 'metrics.meanError' }]
  const { status, body } = await post(app, '/v1/comparisons', { ...values, include: ['metrics', 'intervals'], require })
  const detail = 'require[0].figure is "metrics.meanError", which is not better when higher or lower'
  t.match([status, body], [422, { errors: [{ pointer: '#/require/0/figure', detail }] }])
})
