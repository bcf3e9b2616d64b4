import { t as root, test } from 'tap'
import { Evaluation } from '../../../src/loss/evaluation.ts'
import { lossAnswer } from '../../../src/routes/loss/answer.ts'
import { digits } from '../../digits.ts'
import { matrix } from '../../matrix.ts'
import type { Answered } from '../../support.ts'
import { appOf, ask, golden, listener, post } from '../../support.ts'

const url = '/v1/loss'
const { logger, lines } = listener()
const app = await appOf(root, {}, logger)

interface Row {
  readonly name: string
  readonly request: Record<string, unknown>
  readonly expect: Record<string, number | null>
  readonly status: number
  readonly pointer: string
}
const { evaluations, refusals } = golden<{ evaluations: Row[]; refusals: Row[] }>('losses.json')

interface Problem {
  readonly type: string
  readonly detail: string
  readonly errors: { pointer: string; detail: string; received: unknown }[]
  readonly errorCount: number
}

const strict = lossAnswer.omit({ requestId: true }).strict()

/** The body of a right answer, which fits its schema. */
async function right(request: unknown): Promise<Record<string, unknown>> {
  const { status, type, body } = await post(app, url, request)
  if (status !== 200 || type !== 'application/json') throw new Error(`${status} ${JSON.stringify(body)}`)
  return strict.parse(body)
}

/** The body of a refusal, which is small, says where and what, and shares nothing with the log. */
function refused({ status, type, text, body }: Answered): Problem {
  if (status !== 422 || type !== 'application/problem+json' || text.length > 65_536) {
    throw new Error(`${status} ${type} ${text.slice(0, 500)}`)
  }
  return body as Problem
}

function isClose(got: unknown, want: number | null): boolean {
  if (typeof got !== 'number' || want === null) return got === want
  return Math.abs(got - want) <= 2e-15 * Math.max(1, Math.abs(want))
}

for (const { name, request, expect } of evaluations) {
  test(`golden: ${name}`, async (t) => {
    const body = await right(request)
    for (const [field, want] of Object.entries(expect))
      t.ok(isClose(body[field], want), `${field}: ${body[field]}, ${want}`)
  })
}

for (const { name, request, status, pointer } of refusals) {
  test(`golden refusal: ${name}`, async (t) => {
    const answer = await post(app, url, request)
    t.equal(answer.status, status)
    t.equal(refused(answer).errors[0].pointer, pointer)
  })
}

test('true and false are binary labels, and nothing else', async (t) => {
  const binary = {
    loss: 'binary-cross-entropy',
    labelFormat: 'binary',
    predictions: [
      [0.9, 0.2],
      [0.4, 0.7],
    ],
  }
  const labels = [
    [true, false],
    [false, true],
  ]
  t.same(await right({ ...binary, labels }), await right({ ...binary, labels: labels.map((row) => row.map(Number)) }))
  t.same(
    await right({ ...binary, predictions: [0.9, 0.2], labels: [true, 0] }),
    await right({ ...binary, predictions: [0.9, 0.2], labels: [1, 0] }),
  )
  const index = { loss: 'cross-entropy', labelFormat: 'index', predictions: [[0.9, 0.1]], labels: [true] }
  t.equal(refused(await post(app, url, index)).errors[0].pointer, '#/labels/0')
  t.equal(
    refused(await post(app, url, { ...binary, predictions: [true], labels: [1] })).errors[0].pointer,
    '#/predictions/0',
  )
})

test('an answer has the id of its request', async (t) => {
  const { status, headers, text } = await post(app, url, values)
  t.equal(status, 200)
  t.match(JSON.parse(text).requestId, /^[\da-f]{8}-[\da-f-]{27}$/)
  t.equal(JSON.parse(text).requestId, headers['x-request-id'])
})

const oneHot = digits.labels.map((label) => Array.from({ length: 10 }, (_, k) => (k === label ? 1 : 0)))

test('the digits', async (t) => {
  const { predictions, labels, logits, expected } = digits
  const ofDigits = { loss: 'cross-entropy', labelFormat: 'index', predictions, labels }
  const { spec, ...asIndex } = await right(ofDigits)
  t.match(asIndex, {
    loss: 0.24367462637609028,
    accuracy: 859 / 899,
    correct: 859,
    samples: 899,
    outputs: 10,
    clipped: 0,
  })
  t.equal(asIndex.loss, expected['crossEntropyAddEpsilon1e-7'])
  const { spec: _, ...asOneHot } = await right({ ...ofDigits, labelFormat: 'one-hot', labels: oneHot })
  t.same(asOneHot, asIndex, 'one-hot and index labels give the same bits')
  const soft = await right({ ...ofDigits, labelFormat: 'probabilities', labels: oneHot })
  t.ok(isClose(soft.loss, asIndex.loss as number))
  const exact = await right({ ...ofDigits, logPolicy: 'exact' })
  t.equal(exact.loss, expected.crossEntropyExactLog)
  const ofLogits = await right({ ...ofDigits, predictionFormat: 'logits', predictions: logits })
  t.ok(isClose(ofLogits.loss, expected.crossEntropyExactLog))
  for (const loss of ['sse', 'mse', 'mae'] as const) {
    const body = await right({ ...ofDigits, loss })
    t.ok(isClose(body.loss, expected[loss]), `${loss}: ${body.loss}`)
    t.equal(body.correct, 859)
  }
})

const batch = { loss: 'cross-entropy', labelFormat: 'index', predictions: matrix('0.2 0.8; 0.9 0.1'), labels: [1, 0] }
const values = { loss: 'mse', labelFormat: 'values', predictions: [1, 2], labels: [1, 2] }
const secret = 'geheim4711'
/** Bodies and types that no one should send: status, and the first pointer if there is one. */
const hostile: [string, string, number, string?][] = [
  ['nothing', '', 400],
  ['a byte order mark', `\ufeff${JSON.stringify(batch)}`, 400],
  ['half a body', JSON.stringify(batch).slice(0, -1), 400],
  ['NaN', JSON.stringify(batch).replace('0.2', 'NaN'), 400],
  ['a comment', `/* ${secret} */ ${JSON.stringify(batch)}`, 400],
  ['a control character in a text', `{"loss": "${secret}\u0001"}`, 400],
  ['a key given twice', `{"loss": "mse", "loss": "${secret}"}`, 400],
  ['the key __proto__', `{"__proto__": {"loss": "${secret}"}}`, 400],
  ['a number that overflows', JSON.stringify(batch).replace('0.2', '1e999'), 422, '#/predictions/0/0'],
  ['a null', JSON.stringify(batch).replace('0.2', 'null'), 422, '#/predictions/0/0'],
  ['an array too deep', JSON.stringify(batch).replace('0.2', '[0.2]'), 422, '#/predictions/0/0'],
  ['ragged rows', JSON.stringify({ ...batch, predictions: [[0.2, 0.8], [1]] }), 422, '#/predictions/1'],
  ['predictions that are a text', JSON.stringify({ ...batch, predictions: secret }), 422, '#/predictions'],
  ['a class of 2^32', JSON.stringify({ ...batch, labels: [1, 2 ** 32] }), 422, '#/labels/1'],
  ['huge sample weights', JSON.stringify({ ...batch, sampleWeights: [1, 1e308] }), 422, '#/sampleWeights/1'],
  ['class weights of another loss', JSON.stringify({ ...values, classWeights: [1, 1] }), 422, '#/classWeights'],
  ['no object: null', 'null', 422, '#'],
  ['no object: a list of objects', `[${JSON.stringify(batch)}]`, 422, '#'],
  ['an empty object', '{}', 422, '#/loss'],
  ['a loss that there is not', `{"loss": "${secret}"}`, 422, '#/loss'],
  ['a loss that every object has', '{"loss": "constructor"}', 422, '#/loss'],
  ['a key that every object has', JSON.stringify({ ...batch, constructor: { prototype: {} } }), 422, '#/constructor'],
  ['a key with a null character', JSON.stringify({ ...batch, 'a\u0000b': 1 }), 422, '#/a%00b'],
  ['an empty key', JSON.stringify({ ...batch, '': 1 }), 422, '#/'],
  ['a key with a lone surrogate', `${JSON.stringify(batch).slice(0, -1)},"\\ud800":1}`, 422, '#/%EF%BF%BD'],
  ['a part that there is not', JSON.stringify({ ...batch, include: [secret] }), 422, '#/include/0'],
  ['a mini-batch without a seed', JSON.stringify({ ...batch, miniBatch: { size: 1 } }), 422, '#/miniBatch/seed'],
  ['nesting of an option', `{"loss": "mse", "epsilon": ${'['.repeat(10)}1${']'.repeat(10)}}`, 422, '#/labelFormat'],
]

for (const [name, payload, status, pointer] of hostile) {
  test(`hostile: ${name}`, async (t) => {
    const answer = await post(app, url, payload)
    const body = answer.body as Problem
    t.same([answer.status, answer.type], [status, 'application/problem+json'])
    t.equal(body.type, status === 400 ? '/problems/malformed-body' : '/problems/invalid-content')
    if (status !== 422) return
    t.equal(body.errors[0].pointer, pointer)
    for (const error of body.errors) t.ok(error.detail.length > 10 && error.received !== undefined)
  })
}

test('hostile: deep nesting ends early', async (t) => {
  for (const [open, close] of [
    ['[', ']'],
    ['{"a":', '}'],
  ]) {
    for (const place of ['predictions', 'include', 'x']) {
      const deep = `${open.repeat(100_000)}1${close.repeat(100_000)}`
      const { status, text } = await post(app, url, `{"loss": "mse", "${place}": ${deep}}`)
      t.ok([400, 413, 422].includes(status) && text.length < 65_536, `${open} in ${place}: ${status}`)
    }
  }
})

test('an answer over the limit is refused before it is computed', async (t) => {
  const rows = 100_001
  const large = { ...values, predictions: new Array(rows).fill(1), labels: new Array(rows).fill(0) }
  for (const [options, pointer] of [
    [{ include: ['gradient', 'perSample'] }, '#/include/1'],
    [{ reduction: 'none' }, '#/reduction'],
  ] as const) {
    const { status, body } = await post(app, url, { ...large, ...options })
    t.equal(status, 413)
    t.match(body, { type: '/problems/limit-exceeded', limit: 'maxAnswerNumbers', allowed: 200_000, pointer })
  }
})

/** Posts the lines of a stream. */
async function stream(...content: unknown[]): Promise<Answered> {
  const payload = content.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n')
  return ask(app, { method: 'POST', url, headers: { 'content-type': 'application/x-ndjson' }, payload })
}

test('lines that are read together say what they say one by one', async (t) => {
  const byClass = { loss: 'cross-entropy', labelFormat: 'index' }
  const soft = { loss: 'cross-entropy', labelFormat: 'probabilities', include: ['perClass'] }
  const values = { loss: 'mse', labelFormat: 'values' }
  const twos = (count: number) => Array.from({ length: count }, (_, at) => [at / 128, 1 - at / 128])
  const rows = twos(50).map((row, at) => ({ predictions: [row], labels: [at % 2] }))
  const singles = twos(50).map((row, at) => ({ predictions: row, labels: at % 2 }))
  const dense = twos(50).map((row) => ({ predictions: [row], labels: [row] }))
  const lists = twos(50).map(([one]) => ({ predictions: [one], labels: [0.5] }))
  const table: [name: string, options: object, lines: object[], status: number][] = [
    ['rows', byClass, rows, 200],
    ['rows of which some are ignored', { ...byClass, ignoreIndex: 1 }, rows, 200],
    ['single samples', byClass, singles, 200],
    ['rows of labels', soft, dense, 200],
    ['rows of values', values, dense, 200],
    ['lists of one value', values, lists, 200],
    ['single samples where there are no classes', values, singles, 422],
    ['a class that there is not', byClass, rows.with(40, { predictions: [[1, 0]], labels: [2] }), 422],
    ['a row that does not sum to 1', byClass, rows.with(30, { predictions: [[1, 1]], labels: [0] }), 422],
    ['other columns', byClass, rows.with(30, { predictions: [[1, 0, 0]], labels: [0] }), 422],
    ['rows for values', values, rows, 422],
  ]
  for (const [name, options, lines, status] of table) {
    const together = await stream(options, ...lines, '')
    const apart = await stream(options, ...lines.map((line) => ` ${JSON.stringify(line)}`), '')
    t.equal(together.status, status, name)
    t.same(together.body, apart.body, name)
  }
})

test('nothing of a payload is in the log', async (t) => {
  t.ok(lines.length > 50)
  t.notMatch(lines.join(''), secret)
  const fields = ['level', 'time', 'pid', 'hostname', 'requestId', 'method', 'path', 'status', 'milliseconds', 'msg']
  const found = new Set(['bytes', 'rows', 'loss', 'labelFormat'])
  for (const line of lines) {
    const entry = JSON.parse(line)
    const always = Object.keys(entry).filter((name) => !found.has(name))
    t.same([always.sort(), entry.level, entry.msg], [fields.toSorted(), 30, 'answered'])
  }
})

test('lines that are read together fail as the service does', async (t) => {
  const add = t.capture(Evaluation.prototype, 'add', () => {
    throw new Error('broken')
  })
  const line = { predictions: [[0.5, 0.5]], labels: [1] }
  t.equal((await stream({ loss: 'cross-entropy', labelFormat: 'index' }, ...new Array(50).fill(line), '')).status, 500)
  t.equal(add().length, 1)
})
