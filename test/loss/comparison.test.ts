import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { test } from 'tap'
import type { Comparison } from '../../src/loss/comparison.ts'
import { compare } from '../../src/loss/comparison.ts'
import type { EvaluationContext } from '../../src/loss/evaluation.ts'
import { pack } from '../../src/loss/pack.ts'
import { uniformIntegers } from '../../src/runtime/random.ts'
import { matrix } from '../matrix.ts'
import type { Request } from './support.ts'
import {
  asSent,
  countSteps,
  errorsOf,
  evaluate,
  finish,
  heldAfterEnds,
  misses,
  specOf,
  tensorsOf,
  unlimited,
} from './support.ts'

interface PairRequest extends Request {
  readonly baseline: unknown
}

const random: EvaluationContext = { ...unlimited, uniformIntegers }

const { differences } = JSON.parse(readFileSync(new URL('../fixtures/comparisons.json', import.meta.url), 'utf8')) as {
  differences: { request: PairRequest; difference: Record<string, unknown> }[]
}

function begin({ baseline, ...request }: PairRequest, context = random): Generator<void, Comparison> {
  return compare(specOf(request), { ...tensorsOf(request), baseline: pack('baseline', baseline) }, context)
}

function compared(request: PairRequest, context = random): Comparison {
  const comparison = finish(begin(request, context))
  const { predictions, baseline } = comparison
  return { ...comparison, predictions: asSent(predictions), baseline: asSent(baseline) }
}

/** Rows of probabilities that tell nothing about the labels. */
function rowsOf(rows: number, columns: number, seed: number): number[][] {
  const uniform = uniformIntegers(seed)
  return Array.from({ length: rows }, () => {
    const row = Array.from({ length: columns }, () => 1 + uniform(1000))
    const sum = row.reduce((a, b) => a + b)
    return row.map((value) => value / sum)
  })
}

function classesOf(rows: number, columns: number, seed: number): number[] {
  const uniform = uniformIntegers(seed)
  return Array.from({ length: rows }, () => uniform(columns))
}

test('differences are those of rational arithmetic', async (t) => {
  for (const { request, difference } of differences) {
    const found = compared(request).difference
    const { loss, reduction, labels } = request
    const name = `${loss} ${reduction} of ${(labels as unknown[]).length}`
    for (const [field, want] of Object.entries(difference)) {
      t.same(misses({ ...found }[field], want, 1e-13, field), [], name)
    }
  }
})

test('each answer is that of the model alone, with every part, every option and many slices', async (t) => {
  const rows = 20_000
  const request: PairRequest = {
    loss: 'cross-entropy',
    labelFormat: 'index',
    predictions: rowsOf(rows, 3, 1),
    baseline: rowsOf(rows, 3, 2),
    labels: classesOf(rows, 3, 3).map((label, i) => (i % 7 === 0 ? -100 : label)),
    ignoreIndex: -100,
    classWeights: [1, 2, 0.5],
    sampleWeights: Array.from({ length: rows }, (_, i) => (i % 5) / 4),
    labelSmoothing: 0.1,
    include: [
      'perSample',
      'perClass',
      'confusion',
      'confusionWeights',
      'calibration',
      'metrics',
      'ranking',
      'gradient',
    ],
  }
  for (const others of [
    {},
    { miniBatch: { size: 9000, seed: 4, replacement: true } },
    { miniBatch: { size: 9000, seed: 4, replacement: false } },
  ]) {
    const { baseline, ...one } = { ...request, ...others } as PairRequest
    const { predictions, baseline: other, difference, agreement } = compared({ ...one, baseline })
    t.strictSame(predictions, evaluate(one, random))
    t.strictSame(other, evaluate({ ...one, predictions: baseline }, random))
    const { correct, ignored, samples } = predictions
    const counts = { bothRight: 0, onlyPredictions: 0, onlyBaseline: 0, bothWrong: 0, ...agreement }
    t.equal(counts.bothRight + counts.onlyPredictions, correct)
    t.equal(counts.bothRight + counts.onlyBaseline, other.correct)
    t.equal(counts.bothRight + counts.onlyPredictions + counts.onlyBaseline + counts.bothWrong, samples - ignored)
    t.ok(Math.abs(Number(difference.loss) - (Number(predictions.loss) - Number(other.loss))) < 1e-15)
    t.ok(Number(difference.standardError) > 0)
  }
})

test('the rows of a mini-batch are the same for both: a model does not differ from itself', async (t) => {
  const predictions = rowsOf(1000, 4, 1)
  for (const replacement of [true, false]) {
    const { difference, agreement } = compared({
      loss: 'brier',
      labelFormat: 'index',
      predictions,
      baseline: predictions,
      labels: classesOf(1000, 4, 2),
      miniBatch: { size: 100, seed: 1, replacement },
    })
    const accuracy = { value: 0, standardError: 0, interval: [0, 0] }
    t.strictSame(difference, { loss: 0, lossStatus: 'finite', standardError: 0, interval: [0, 0], accuracy })
    t.match(agreement, { onlyPredictions: 0, onlyBaseline: 0, accuracyDifference: 0, pValue: 1 })
  }
})

test('the order of the samples does not matter, and models change places with their signs', async (t) => {
  const number = fc.double({ min: -1e150, max: 1e150, noNaN: true })
  fc.assert(
    fc.property(fc.array(fc.tuple(number, number, number), { minLength: 2, maxLength: 40 }), (rows) => {
      const requestOf = (all: typeof rows): PairRequest => ({
        loss: 'mae',
        labelFormat: 'values',
        predictions: all.map(([y]) => y),
        baseline: all.map(([, b]) => b),
        labels: all.map(([, , t]) => t),
      })
      const request = requestOf(rows)
      const { difference } = compared(request)
      t.strictSame(compared(requestOf(rows.toReversed())).difference, difference)
      const { loss, standardError } = compared({
        ...request,
        predictions: request.baseline,
        baseline: request.predictions,
      }).difference
      t.same([loss, standardError], [-Number(difference.loss), difference.standardError])
    }),
    { numRuns: 50 },
  )
})

test('each group has both answers and their difference, as its rows alone have them', async (t) => {
  const rows = 9000
  const labels = classesOf(rows, 3, 3).map((label, i) => (i % 7 === 0 ? -100 : label))
  const country = labels.map((_, i) => (i % 4 === 0 ? null : `c${i % 5}`))
  const request: PairRequest = {
    loss: 'cross-entropy',
    labelFormat: 'index',
    predictions: rowsOf(rows, 3, 1),
    baseline: rowsOf(rows, 3, 2),
    labels,
    ignoreIndex: -100,
    sampleWeights: labels.map((_, i) => (i % 5) / 4),
    include: ['metrics', 'perClass', 'gradient'],
  }
  const compare = (others: object) => compared({ ...request, ...others })
  const { groups, ...rest } = compare({ groups: { country }, groupBy: ['country'] })
  const { groups: _, ...plain } = compare({})
  t.match(rest, { difference: plain.difference, agreement: plain.agreement })
  t.same([rest.predictions.gradient, rest.baseline.gradient], [plain.predictions.gradient, plain.baseline.gradient])
  t.notOk('groups' in rest.predictions)
  t.same(
    groups?.map(({ by, groups: all }) => [by, all.length]),
    [[['country'], 6]],
  )
  for (const { key, predictions, baseline, difference } of groups?.[0].groups ?? []) {
    const chosen = labels.flatMap((_, i) => (country[i] === key.country ? [i] : []))
    const pick = (values: unknown) => chosen.map((i) => (values as unknown[])[i])
    const alone = compare({
      predictions: pick(request.predictions),
      baseline: pick(request.baseline),
      labels: pick(labels),
      sampleWeights: pick(request.sampleWeights),
    })
    const { spec, gradient, groups: __, ...one } = alone.predictions as Comparison['predictions'] & { groups?: unknown }
    const {
      spec: ___,
      gradient: ____,
      groups: _____,
      ...other
    } = alone.baseline as typeof alone.predictions & {
      groups?: unknown
    }
    t.strictSame([predictions, baseline, difference], [one, other, alone.difference])
  }
})

test('infinite losses say so', async (t) => {
  const request = { loss: 'cross-entropy', labelFormat: 'index', logPolicy: 'exact', labels: [0, 1] } as const
  const [right, never, also] = [matrix('1 0; 0.5 0.5'), matrix('0 1; 0.5 0.5'), matrix('0.5 0.5; 1 0')]
  const none = { loss: null, standardError: null, interval: null }
  const cases = [
    [never, right, 'infinite'],
    [right, never, 'infinite'],
    [never, also, 'undefined'],
  ] as const
  for (const [predictions, baseline, lossStatus] of cases) {
    const { difference, agreement } = compared({ ...request, predictions, baseline })
    t.match(difference, { ...none, lossStatus })
    t.match(agreement, { pValue: 1 })
  }
  const { difference, predictions } = compared({
    ...request,
    predictions: right,
    baseline: right,
    ignoreIndex: 5,
    labels: [5, 5],
  })
  const accuracy = { value: null, standardError: null, interval: null }
  t.strictSame([predictions.lossStatus, difference], ['undefined', { ...none, lossStatus: 'undefined', accuracy }])
})

test('lists are samples of one output, or one sample', async (t) => {
  const values: PairRequest = {
    loss: 'mse',
    labelFormat: 'values',
    predictions: [1, 2],
    baseline: [2, 2],
    labels: [1, 1],
    include: ['gradient'],
  }
  t.match(compared(values), { predictions: { gradient: [0, 1] }, baseline: { gradient: [1, 1] }, agreement: undefined })
  const one: PairRequest = {
    loss: 'cross-entropy',
    labelFormat: 'index',
    predictions: [0.2, 0.8],
    baseline: [0.8, 0.2],
    labels: 1,
  }
  t.match(compared(one), {
    difference: { standardError: null, interval: null },
    agreement: { onlyPredictions: 1, pValue: 1 },
  })
})

test('errors of the baseline point into it', async (t) => {
  const request: PairRequest = {
    loss: 'cross-entropy',
    labelFormat: 'index',
    predictions: matrix('0.5 0.5; 2 3'),
    baseline: matrix('0.5 0.5; 0.5 4'),
    labels: [0, 9],
  }
  const list = errorsOf(() => compared(request))
  t.same(
    list.map(({ path }) => path.join('/')),
    ['predictions/1/0', 'predictions/1/1', 'baseline/1/1', 'labels/1'],
  )
  t.match(list[2].detail, /^baseline\[1\]\[1\] is 4; predictionFormat "probabilities" needs numbers from 0 to 1\.$/)
  const shapes: [unknown, string][] = [
    [[[0.5, 0.5]], 'baseline is 1 row of 2 numbers; it must have the shape of predictions, 2 rows of 2 numbers'],
    [[0.5, 0.5], 'baseline is a list of 2 numbers; it must have the shape of predictions, 2 rows of 2 numbers'],
    [0.5, 'baseline is a bare number; it must have the shape of predictions, 2 rows of 2 numbers'],
    [
      [
        [0.5, 'x'],
        [1, 0],
      ],
      'baseline[0][1] is a string; it must be a number',
    ],
    ['x', 'baseline is a string; it must be an array of numbers'],
  ]
  for (const [baseline, message] of shapes) t.throws(() => compared({ ...request, baseline }), { message })
  const logs = matrix('-1 -0.5; -0.1 3')
  const wrongLogs: PairRequest = {
    ...request,
    predictionFormat: 'log-probabilities',
    predictions: [[0, -40]],
    baseline: logs.slice(1),
    labels: [0],
  }
  t.same(
    errorsOf(() => compared(wrongLogs)).map(({ path }) => path.join('/')),
    ['baseline/0/1'],
  )
  const domain: PairRequest = { loss: 'msle', labelFormat: 'values', predictions: [1], baseline: [-2], labels: [1] }
  t.throws(() => compared(domain), { message: /^baseline\[0\] is -2; / })
})

test('both answers count against the limit', async (t) => {
  const request: PairRequest = {
    loss: 'mse',
    labelFormat: 'values',
    predictions: [1, 2],
    baseline: [2, 2],
    labels: [1, 1],
  }
  for (const [asked, numbers] of [
    [{ include: ['gradient'] }, 4],
    [{ reduction: 'none' }, 8],
    [{ include: ['perSample'] }, 8],
    [{ include: ['metrics'] }, 54],
  ] as const) {
    const other = { ...request, ...asked } as PairRequest
    t.ok(compared(other, { ...random, maxAnswerNumbers: numbers }))
    t.throws(() => compared(other, { ...random, maxAnswerNumbers: numbers - 1 }), { message: /maxAnswerNumbers/ })
  }
})

test('memory comes back wherever it is given up', async (t) => {
  const rows = 5000
  const request: PairRequest = {
    loss: 'cross-entropy',
    labelFormat: 'index',
    predictions: rowsOf(rows, 3, 1),
    baseline: rowsOf(rows, 3, 2),
    labels: classesOf(rows, 3, 3),
    ignoreIndex: 0,
    miniBatch: { size: 4000, seed: 1, replacement: true },
    include: ['gradient', 'perSample', 'ranking'],
  }
  t.ok(countSteps(begin(request)) > 10)
  const held = heldAfterEnds((memory) => begin(request, { ...random, memory }))
  t.same(
    held.filter((bytes) => bytes !== 0),
    [],
  )
})
