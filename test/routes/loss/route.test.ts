import { t as root, test } from 'tap'
import { Evaluation } from '../../../src/loss/evaluation.ts'
import { losses, lossNames } from '../../../src/loss/kernels/index.ts'
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

test('a whole answer', async (t) => {
  const { status, body, headers, text } = await post(app, url, {
    loss: 'mae',
    labelFormat: 'values',
    predictions: [2, 5],
    labels: [1, 2],
  })
  t.equal(status, 200)
  t.same(body, {
    loss: 2,
    lossStatus: 'finite',
    accuracy: null,
    samples: 2,
    outputs: 1,
    correct: null,
    ties: 0,
    ignored: 0,
    clipped: 0,
    lossSum: 4,
    weightSum: 2,
    standardError: 1,
    accuracyInterval: null,
    spec: { loss: 'mae', labelFormat: 'values', predictionFormat: 'values', reduction: 'mean', include: [] },
  })
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

test('the order of the rows does not change a bit', async (t) => {
  const { predictions, labels } = digits
  const request = { loss: 'cross-entropy', labelFormat: 'index', include: ['perClass', 'confusion', 'calibration'] }
  t.same(
    await right({ ...request, predictions: predictions.toReversed(), labels: labels.toReversed() }),
    await right({ ...request, predictions, labels }),
  )
})

test('the spec sent back with the same data gives the same answer', async (t) => {
  for (const { request } of evaluations) {
    const { predictions, labels, sampleWeights } = request
    const answer = await right(request)
    t.same(await right({ ...(answer.spec as object), predictions, labels, sampleWeights }), answer)
  }
})

test('an infinite loss and a loss of nothing are null, and say so', async (t) => {
  const certain = {
    loss: 'cross-entropy',
    labelFormat: 'index',
    predictions: [[0, 1]],
    labels: [0],
    logPolicy: 'exact',
  }
  t.match(await right(certain), { loss: null, lossStatus: 'infinite', lossSum: null, accuracy: 0 })
  t.match(await right({ ...certain, ignoreIndex: 0 }), {
    loss: null,
    lossStatus: 'undefined',
    ignored: 1,
    accuracy: null,
  })
  t.match(await right({ ...certain, logPolicy: 'clip', sampleWeights: [0] }), { loss: null, lossStatus: 'undefined' })
})

test('every loss answers every part', async (t) => {
  for (const loss of lossNames) {
    for (const labelFormat of losses[loss].labelFormats) {
      const isIndex = labelFormat === 'index'
      const include = ['perSample', 'gradient', ...(labelFormat === 'values' ? [] : ['perClass', 'confusion'])]
      const isBinary = labelFormat === 'binary' || loss === 'binary-cross-entropy'
      const body = await right({
        loss,
        labelFormat,
        reduction: 'none',
        predictions: isBinary ? [0.25, 0.5] : matrix('0.25 0.75; 0.5 0.5'),
        labels: isBinary
          ? [0, 1]
          : isIndex
            ? [0, 1]
            : [
                [labelFormat === 'values' ? 2 : 0, 1],
                [1, labelFormat === 'values' ? 2 : 0],
              ],
        include,
      })
      t.same(
        include.filter((part) => body[part] === undefined || body[part] === null),
        [],
        `${loss} ${labelFormat}`,
      )
      t.equal((body.losses as number[]).length, 2)
    }
  }
})

const batch = { loss: 'cross-entropy', labelFormat: 'index', predictions: matrix('0.2 0.8; 0.9 0.1'), labels: [1, 0] }
const values = { loss: 'mse', labelFormat: 'values', predictions: [1, 2], labels: [1, 2] }
const binary = { loss: 'binary-cross-entropy', labelFormat: 'binary', predictions: [0.2, 0.8], labels: [0, 1] }

/** What is wrong, the fitting declaration in the words of the first error, and its place. */
const fitting: [string, object, string, string][] = [
  [
    'one-hot rows as index',
    { ...batch, labels: matrix('0 1; 1 0') },
    '#/labels',
    'labels[0] is an array of 2 numbers; labelFormat "index" needs one integer per sample. One-hot rows are declared with labelFormat "one-hot".',
  ],
  [
    'soft labels as one-hot',
    { ...batch, labelFormat: 'one-hot', labels: matrix('0.4 0.6; 1 0') },
    '#/labels/0/0',
    'labels[0][0] is 0.4; labelFormat "one-hot" needs exactly one 1 and all others 0 in each row. Rows of probabilities are declared with labelFormat "probabilities".',
  ],
  [
    'logits as probabilities',
    { ...batch, predictions: matrix('2.5 -1; 1 0') },
    '#/predictions/0/0',
    'predictions[0][0] is 2.5; predictionFormat "probabilities" needs numbers from 0 to 1. Logits are declared with predictionFormat "logits".',
  ],
  [
    'a format that the loss does not take',
    { ...values, labelFormat: 'binery' },
    '#/labelFormat',
    'labelFormat must be one-hot, index, probabilities, binary or values for loss "mse"; received "binery"; did you mean "binary"?',
  ],
  [
    'no format',
    { ...batch, labelFormat: undefined },
    '#/labelFormat',
    'labelFormat is missing; the caller must declare it, as one of one-hot, index, probabilities: one-hot and index labels cannot be told apart. The labels that came would fit "index".',
  ],
]

for (const [name, request, pointer, detail] of fitting) {
  test(`says what fits: ${name}`, async (t) => {
    const [first] = refused(await post(app, url, request)).errors
    t.same([first.pointer, first.detail], [pointer, detail])
  })
}

const secret = 'geheim4711'
const json = 'application/json'

/** Bodies and types that no one should send: status, and the first pointer if there is one. */
const hostile: [string, string, number, string?][] = [
  ['nothing', '', 400],
  ['a blank', ' \n', 400],
  ['a byte order mark', `\ufeff${JSON.stringify(batch)}`, 400],
  ['half a body', JSON.stringify(batch).slice(0, -1), 400],
  ['more than a body', `${JSON.stringify(batch)}}`, 400],
  ['two bodies', `${JSON.stringify(batch)}${JSON.stringify(batch)}`, 400],
  ['NaN', JSON.stringify(batch).replace('0.2', 'NaN'), 400],
  ['Infinity', JSON.stringify(batch).replace('0.2', '-Infinity'), 400],
  ['a hexadecimal number', JSON.stringify(batch).replace('0.2', '0x1'), 400],
  ['a number with a plus', JSON.stringify(batch).replace('0.2', '+1'), 400],
  ['a number with a leading zero', JSON.stringify(batch).replace('0.2', '00.2'), 400],
  ['a number without a digit', JSON.stringify(batch).replace('0.2', '.2'), 400],
  ['a comma at the end', JSON.stringify(batch).replace('0.2', '0.2,'), 400],
  ['a comment', `/* ${secret} */ ${JSON.stringify(batch)}`, 400],
  ['single quotes', `{'loss': '${secret}'}`, 400],
  ['a control character in a text', `{"loss": "${secret}\u0001"}`, 400],
  ['a key given twice', `{"loss": "mse", "loss": "${secret}"}`, 400],
  ['the key __proto__', `{"__proto__": {"loss": "${secret}"}}`, 400],
  ['the key __proto__, escaped', '{"\\u005f_proto__": {}}', 400],
  ['a number that overflows', JSON.stringify(batch).replace('0.2', '1e999'), 422, '#/predictions/0/0'],
  ['a null', JSON.stringify(batch).replace('0.2', 'null'), 422, '#/predictions/0/0'],
  ['a text', JSON.stringify(batch).replace('0.2', `"${secret}"`), 422, '#/predictions/0/0'],
  ['a number as a text', JSON.stringify(batch).replace('0.2', '"0.2"'), 422, '#/predictions/0/0'],
  ['a truth', JSON.stringify(batch).replace('0.2', 'true'), 422, '#/predictions/0/0'],
  ['an object', JSON.stringify(batch).replace('0.2', '{}'), 422, '#/predictions/0/0'],
  ['an array too deep', JSON.stringify(batch).replace('0.2', '[0.2]'), 422, '#/predictions/0/0'],
  ['ragged rows', JSON.stringify({ ...batch, predictions: [[0.2, 0.8], [1]] }), 422, '#/predictions/1'],
  ['numbers among rows', JSON.stringify({ ...batch, predictions: [[0.2, 0.8], 1] }), 422, '#/predictions/1'],
  ['rows among numbers', JSON.stringify({ ...batch, predictions: [0.2, [0.8]] }), 422, '#/predictions/1'],
  ['empty rows', JSON.stringify({ ...batch, predictions: [[], []] }), 422, '#/predictions/0'],
  ['no rows', JSON.stringify({ ...batch, predictions: [], labels: [] }), 422, '#/predictions'],
  ['no labels', JSON.stringify({ ...batch, labels: [] }), 422, '#/labels'],
  ['predictions that are a text', JSON.stringify({ ...batch, predictions: secret }), 422, '#/predictions'],
  ['predictions that are null', JSON.stringify({ ...batch, predictions: null }), 422, '#/predictions'],
  ['predictions that are an object', JSON.stringify({ ...batch, predictions: { 0: 1 } }), 422, '#/predictions'],
  ['a bare prediction', JSON.stringify({ ...batch, predictions: 0.5 }), 422, '#/predictions'],
  ['a text among the labels', JSON.stringify({ ...batch, labels: [1, secret] }), 422, '#/labels/1'],
  ['too many labels', JSON.stringify({ ...batch, labels: [1, 0, 1] }), 422, '#/labels'],
  ['one label for two samples', JSON.stringify({ ...batch, labels: 1 }), 422, '#/labels'],
  ['a fraction of a class', JSON.stringify({ ...batch, labels: [1, 0.5] }), 422, '#/labels/1'],
  ['a class of 2^31', JSON.stringify({ ...batch, labels: [1, 2 ** 31] }), 422, '#/labels/1'],
  ['a class of 2^32', JSON.stringify({ ...batch, labels: [1, 2 ** 32] }), 422, '#/labels/1'],
  ['sample weights that are negative', JSON.stringify({ ...batch, sampleWeights: [1, -1] }), 422, '#/sampleWeights/1'],
  ['too few sample weights', JSON.stringify({ ...batch, sampleWeights: [1] }), 422, '#/sampleWeights'],
  ['huge sample weights', JSON.stringify({ ...batch, sampleWeights: [1, 1e308] }), 422, '#/sampleWeights/1'],
  ['class weights in rows', JSON.stringify({ ...batch, classWeights: [[1, 1]] }), 422, '#/classWeights'],
  ['class weights of another loss', JSON.stringify({ ...values, classWeights: [1, 1] }), 422, '#/classWeights'],
  ['no object: null', 'null', 422, '#'],
  ['no object: a number', '5', 422, '#'],
  ['no object: a text', `"${secret}"`, 422, '#'],
  ['no object: a truth', 'false', 422, '#'],
  ['no object: a list', '[]', 422, '#'],
  ['no object: a list of objects', `[${JSON.stringify(batch)}]`, 422, '#'],
  ['an empty object', '{}', 422, '#/loss'],
  ['a loss that there is not', `{"loss": "${secret}"}`, 422, '#/loss'],
  ['a loss that every object has', '{"loss": "constructor"}', 422, '#/loss'],
  ['a loss that is a list', '{"loss": ["mse"]}', 422, '#/loss'],
  ['a key that every object has', JSON.stringify({ ...batch, constructor: { prototype: {} } }), 422, '#/constructor'],
  ['a key with a null character', JSON.stringify({ ...batch, 'a\u0000b': 1 }), 422, '#/a%00b'],
  ['an empty key', JSON.stringify({ ...batch, '': 1 }), 422, '#/'],
  ['a key with a lone surrogate', `${JSON.stringify(batch).slice(0, -1)},"\\ud800":1}`, 422, '#/%EF%BF%BD'],
  ['an option of another name', JSON.stringify({ ...batch, Reduction: 'sum' }), 422, '#/Reduction'],
  ['a part that there is not', JSON.stringify({ ...batch, include: [secret] }), 422, '#/include/0'],
  ['parts that are no list', JSON.stringify({ ...batch, include: 'gradient' }), 422, '#/include'],
  ['a mini-batch that is a number', JSON.stringify({ ...batch, miniBatch: 5 }), 422, '#/miniBatch'],
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

test('hostile: no UTF-8', async (t) => {
  for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]]) {
    const payload = Buffer.concat([Buffer.from('{"loss": "'), Buffer.from(bytes), Buffer.from('"}')])
    const { status } = await ask(app, { method: 'POST', url, headers: { 'content-type': json }, payload })
    t.equal(status, 400, bytes.join())
  }
})

const numeric = {
  epsilon: { ...batch, logPolicy: 'add-epsilon' },
  rowSumTolerance: batch,
  threshold: binary,
  ignoreIndex: batch,
  labelSmoothing: batch,
  delta: { ...values, loss: 'huber' },
  beta: { ...values, loss: 'smooth-l1' },
  gamma: { ...batch, loss: 'focal' },
  alpha: { ...batch, loss: 'focal' },
  q: { ...values, loss: 'quantile' },
  margin: { ...batch, loss: 'multi-margin' },
  p: { ...batch, loss: 'multi-margin' },
  size: batch,
  seed: batch,
}
const legal: Record<keyof typeof numeric, string[]> = {
  epsilon: ['1e308', '1.5'],
  rowSumTolerance: ['0', '1e308', '1.5'],
  threshold: ['0'],
  ignoreIndex: ['-1', '0'],
  labelSmoothing: ['0'],
  delta: ['1e308', '1.5'],
  beta: ['0', '1e308', '1.5'],
  gamma: ['0', '1e308', '1.5'],
  alpha: ['0'],
  q: ['0'],
  margin: ['0', '1e308', '1.5'],
  p: [],
  size: [],
  seed: ['0'],
}

test('hostile: every numeric option refuses what is not in its range', async (t) => {
  for (const [option, request] of Object.entries(numeric)) {
    const isOfMiniBatch = option === 'size' || option === 'seed'
    for (const value of ['-1', '0', '1e308', '1.5', '1e999', '"1"', 'null', 'true', '[]', '{}', '[1]']) {
      const { [option]: _, ...rest } = { size: 1, seed: 1, [option]: 'HERE' } as Record<string, unknown>
      const content = isOfMiniBatch
        ? { ...request, miniBatch: { ...rest, [option]: 'HERE' } }
        : { ...request, [option]: 'HERE' }
      const answer = await post(app, url, JSON.stringify(content).replace('"HERE"', value))
      const where = `${option}: ${value}`
      if (legal[option as keyof typeof numeric].includes(value)) {
        t.equal(answer.status, 200, where)
        continue
      }
      const { errors, errorCount } = refused(answer)
      t.same([errors.length, errorCount], [1, 1], where)
      t.equal(errors[0].pointer, isOfMiniBatch ? `#/miniBatch/${option}` : `#/${option}`, where)
      const received: Record<string, unknown> = {
        '1e999': 'Infinity',
        '[]': 'an array of 0',
        '{}': 'an object',
        '[1]': 'an array of 1',
      }
      t.same(errors[0].received, received[value] ?? JSON.parse(value), where)
    }
  }
})

test('a body over the limit is refused with the limit', async (t) => {
  const small = await appOf(t, { MAX_BODY_BYTES: '1024' })
  const exactly = JSON.stringify(batch).padEnd(1024)
  t.equal((await post(small, url, exactly)).status, 200)
  const { status, body } = await post(small, url, `${exactly} `)
  t.equal(status, 413)
  t.match(body, { type: '/problems/limit-exceeded', limit: 'maxBodyBytes', allowed: 1024 })
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

test('a million wrong elements are counted, and twenty shown', async (t) => {
  const count = 1_000_000
  const list = (element: string) => `[${new Array(count).fill(element).join(',')}]`
  const table: [string, string][] = [
    [`{"loss": "brier", "labelFormat": "binary", "predictions": ${list('2')}, "labels": [1]}`, 'labels'],
    [`{"loss": "brier", "labelFormat": "binary", "predictions": ${list('2')}, "labels": ${list('1')}}`, 'predictions'],
    [`{"loss": "mse", "labelFormat": "values", "predictions": ${list('null')}, "labels": ${list('1')}}`, 'predictions'],
    [`{"loss": "mse", "labelFormat": "values", "predictions": ${list('1')}, "labels": ${list('""')}}`, 'labels'],
  ]
  for (const [at, [payload, name]] of table.entries()) {
    const { errors, errorCount, detail } = refused(await post(app, url, payload))
    if (at === 0) {
      t.same([errors[0].pointer, errorCount], ['#/labels', 1])
      continue
    }
    t.equal(errorCount, count)
    t.same(
      errors.map(({ pointer }) => pointer),
      Array.from({ length: 20 }, (_, index) => `#/${name}/${index}`),
    )
    t.match(detail, `1000000 errors; the first: ${name}[0]`)
  }
})

/** Posts the lines of a stream. */
async function stream(...content: unknown[]): Promise<Answered> {
  const payload = content.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n')
  return ask(app, { method: 'POST', url, headers: { 'content-type': 'application/x-ndjson' }, payload })
}

test('a stream of batches is evaluated as one batch, to the last bit', async (t) => {
  const { predictions, labels } = digits
  const options = { loss: 'cross-entropy', labelFormat: 'index', include: ['confusion', 'perClass'] }
  const whole = await right({ ...options, predictions, labels })
  for (const size of [1, 100, 899]) {
    const batches = []
    for (let from = 0; from < labels.length; from += size) {
      batches.push({ predictions: predictions.slice(from, from + size), labels: labels.slice(from, from + size) })
    }
    const { status, body } = await stream(options, ...batches)
    t.equal(status, 200)
    t.same(body, whole, `${size} rows a line`)
  }
})

test('what is wrong in a stream is told with its line', async (t) => {
  const options = { loss: 'mse', labelFormat: 'values' }
  const line = { predictions: [1], labels: [2] }
  const table: [string, unknown[], string, string, number][] = [
    ['an option', [{ ...options, epsilon: 1 }, line], '#/epsilon', 'epsilon', 1],
    ['a number', [options, line, { ...line, labels: [null] }], '#/labels/0', 'Line 3: labels[0] is null', 3],
    ['a shape', [options, line, line, { predictions: [[1, 2]], labels: [[1, 2]] }], '#/predictions', 'Line 4: ', 4],
    ['a field that is missing', [options, { predictions: [1] }], '#/labels', 'Line 2: labels is missing', 2],
    [
      'a field that there is not',
      [options, { ...line, loss: 'mse' }],
      '#/loss',
      'Line 2: "loss" is not a recognised field',
      2,
    ],
  ]
  for (const [name, content, pointer, detail, number] of table) {
    const answer = await stream(...content)
    const { errors, ...problem } = refused(answer)
    t.equal(errors[0].pointer, pointer, name)
    t.match(problem.detail, detail, name)
    if (number > 1) t.match(problem, { line: number }, name)
  }
  const malformed = await stream(options, line, '{"predictions": [1')
  t.match(malformed.body, { type: '/problems/malformed-body', line: 3 })
})

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
  t.ok(lines.length > 200)
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
