import { t as root, test } from 'tap'
import { digits } from '../digits.ts'
import { matrix } from '../matrix.ts'
import { appOf, post } from '../support.ts'

const url = '/v1/sweeps'
const app = await appOf(root)
const ofDigits = { loss: 'cross-entropy', labelFormat: 'index', predictions: digits.logits, labels: digits.labels }

interface Curves {
  readonly loss: number[]
  readonly accuracy: number[]
  readonly lossSlope: number[]
  readonly accuracySlope: number[]
}

async function curves(request: object): Promise<Curves> {
  const { status, body } = await post(app, url, request)
  if (status !== 200) throw new Error(JSON.stringify(body))
  return body as Curves
}

test('a temperature moves the loss to a minimum, and leaves the accuracy as it is', async (t) => {
  const values = Array.from({ length: 20 }, (_, at) => 0.2 * 1.2 ** at)
  const { loss, accuracy, lossSlope, accuracySlope } = await curves({
    ...ofDigits,
    parameter: { name: 'temperature' },
    values,
  })
  t.same(
    accuracySlope,
    values.map(() => 0),
  )
  t.same(
    accuracy,
    values.map(() => 859 / 899),
  )
  const lowest = loss.indexOf(Math.min(...loss))
  t.ok(lowest > 0 && lowest < values.length - 1)
  t.same(
    lossSlope.map(Math.sign),
    values.map((_, at) => (at < lowest ? -1 : 1)),
    'the slope changes its sign where the loss is lowest',
  )
})

test('at the neutral value the loss is that of /v1/loss', async (t) => {
  const { body } = await post(app, '/v1/loss', { ...ofDigits, predictionFormat: 'logits' })
  const { loss, accuracy } = body as { loss: number; accuracy: number }
  const neutral = [
    await curves({ ...ofDigits, parameter: { name: 'temperature' }, values: [1] }),
    await curves({ ...ofDigits, parameter: { name: 'bias', class: 9 }, values: [0] }),
  ]
  for (const curve of neutral) t.same([curve.loss, curve.accuracy], [[loss], [accuracy]])
})

test('the whole answer, for binary labels', async (t) => {
  const request = {
    loss: 'binary-cross-entropy',
    labelFormat: 'binary',
    predictions: [0, 0],
    labels: [1, 0],
    parameter: { name: 'temperature' },
    values: [2],
  }
  const { status, body } = await post(app, url, request)
  t.equal(status, 200)
  t.same(body, {
    values: [2],
    loss: [Math.LN2],
    accuracy: [0.5],
    lossSlope: [0],
    accuracySlope: [0],
    step: 1e-4,
    samples: 2,
    outputs: 1,
  })
})

const right = {
  loss: 'cross-entropy',
  labelFormat: 'index',
  predictions: matrix('1 2; 3 4'),
  labels: [0, 1],
  parameter: { name: 'temperature' },
  values: [1],
}
const refusals: [string, object, [string, string, unknown]][] = [
  [
    'no temperature of 0',
    { values: [1, 0] },
    ['#/values/1', 'values[1] is 0; a temperature must be greater than 0.0001', 0],
  ],
  [
    'no temperature within the step',
    { values: [1e-4] },
    ['#/values/0', 'values[0] is 0.0001; a temperature must be greater than 0.0001', 1e-4],
  ],
  [
    'an output that there is not',
    { parameter: { name: 'bias', class: 2 } },
    ['#/parameter/class', 'parameter.class is 2; predictions has outputs 0 to 1', 2],
  ],
  [
    'a negative output',
    { parameter: { name: 'bias', class: -1 } },
    ['#/parameter/class', 'parameter.class must be at least 0; received -1', -1],
  ],
  [
    'a bias of no output',
    { parameter: { name: 'bias' } },
    ['#/parameter/class', 'parameter.class is missing; it must be a number', 'nothing'],
  ],
  [
    'another parameter',
    { parameter: { name: 'weight' } },
    ['#/parameter/name', 'parameter.name must be temperature or bias; received "weight"', 'weight'],
  ],
  [
    'a parameter by name only',
    { parameter: 'bias' },
    [
      '#/parameter',
      'parameter must be {"name": "temperature"} or {"name": "bias", "class": c}; received "bias"',
      'bias',
    ],
  ],
  [
    'a class for a temperature',
    { parameter: { name: 'temperature', class: 1 } },
    ['#/parameter/class', '"class" is not a recognised field; the fields are name', 1],
  ],
  [
    'no values',
    { values: [] },
    ['#/values', 'values must have at least 1 element; received an array of 0', 'an array of 0'],
  ],
  [
    'too many values',
    { values: new Array(501).fill(1) },
    ['#/values', 'values must have at most 500 elements; received an array of 501', 'an array of 501'],
  ],
  [
    'a value that is no number',
    { values: [1, null] },
    ['#/values/1', 'values[1] must be a number; received null', null],
  ],
  [
    'a loss without logits',
    { loss: 'mse' },
    [
      '#/loss',
      'loss must be cross-entropy, binary-cross-entropy, kl-divergence, brier or focal; received "mse"',
      'mse',
    ],
  ],
  [
    'an option of /v1/loss',
    { sampleWeights: [1, 1] },
    [
      '#/sampleWeights',
      '"sampleWeights" is not a recognised field; the fields are loss, labelFormat, predictions, labels, parameter, values',
      'an array of 2 numbers',
    ],
  ],
]

for (const [name, change, [pointer, detail, received]] of refusals) {
  test(`refused: ${name}`, async (t) => {
    const { status, body } = await post(app, url, { ...right, ...change })
    t.equal(status, 422)
    t.same((body as { errors: unknown }).errors, [{ pointer, detail, received }])
  })
}

test('labels are checked as in /v1/loss', async (t) => {
  const { status, body } = await post(app, url, { ...right, labels: [0, 2] })
  t.equal(status, 422)
  t.match(body, { errors: [{ pointer: '#/labels/1', received: 2 }], errorCount: 1 })
})

test('labels that the loss does not go with are refused', async (t) => {
  const { status, body } = await post(app, url, { ...right, labelFormat: 'values', labels: matrix('1 2; 3 4') })
  t.equal(status, 422)
  t.match(body, { errors: [{ pointer: '#/labelFormat', received: 'values' }] })
})

test('numbers times values are bounded', async (t) => {
  const rows = 10_001
  const { status, body } = await post(app, url, {
    ...right,
    predictions: new Array(rows).fill([1, 2]),
    labels: new Array(rows).fill(0),
    values: new Array(500).fill(1),
  })
  t.equal(status, 413)
  t.match(body, {
    type: '/problems/limit-exceeded',
    limit: 'maxSweepEvaluations',
    allowed: 10_000_000,
    pointer: '#/values',
    detail: '10001 x 2 numbers times 500 values are more than the limit maxSweepEvaluations, 10000000',
  })
})
