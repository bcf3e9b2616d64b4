import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { answerOf } from '../../../src/loss/evaluation.ts'
import type { LabelIntervals } from '../../../src/loss/report/label-intervals.ts'
import type { Request } from '../support.ts'
import { asSent, bytesOf, errorsOf, evaluate, finish, misses, readBytes, stateOf, unlimited } from '../support.ts'

const fixture = new URL('../../fixtures/intervals.json', import.meta.url)
const { cases } = JSON.parse(readFileSync(fixture, 'utf8')) as {
  cases: { name: string; request: Request; intervals: object }[]
}

test('standard errors are those of numeric influences', async (t) => {
  t.ok(cases.length >= 20)
  for (const { name, request, intervals } of cases) {
    t.same(misses(evaluate(request).intervals, intervals, 1e-11), [], name)
  }
})

const bootstrap = JSON.parse(readFileSync(new URL('../../fixtures/bootstrap.json', import.meta.url), 'utf8')) as {
  cases: { request: Request; standardErrors: Record<string, number> }[]
}

test('standard errors are within 3 % of those of 10,000 resamples', async (t) => {
  for (const { request, standardErrors } of bootstrap.cases) {
    const { intervals } = evaluate(request)
    for (const [path, expected] of Object.entries(standardErrors)) {
      const found = [...path.split('.'), 'standardError'].reduce<unknown>(
        (value, name) => Reflect.get(value as object, name),
        intervals,
      )
      t.ok(Math.abs((found as number) / expected - 1) < 0.03, `${path}: ${found}, ${expected}`)
    }
  }
})

const hasNumber = /[:[]-?\d/
const parts = ['metrics', 'intervals'] as const

test('the same in any order and cut, in groups and read from bytes', async (t) => {
  for (const { name, request } of cases) {
    const include = request.include?.filter((part) => part !== 'ranking') ?? []
    const { predictions, labels, sampleWeights } = request
    const options = { ...request, include }
    const part = (from: number, to: number): Request => ({
      ...options,
      predictions: (predictions as unknown[]).slice(from, to).toReversed(),
      labels: (labels as unknown[]).slice(from, to).toReversed(),
      sampleWeights: sampleWeights?.slice(from, to).toReversed(),
    })
    const { length } = labels as unknown[]
    const whole = evaluate(options).intervals
    t.strictSame(evaluate(part(1, length), unlimited, part(0, 1)).intervals, whole, name)
    const groups = { one: (labels as unknown[]).map(() => 'all') }
    t.strictSame(evaluate({ ...options, groups, groupBy: ['one'] }).groups?.[0].groups[0].intervals, whole, name)
    const state = stateOf(options)
    const bytes = bytesOf(state)
    const read = readBytes(bytes, state.spec)
    t.same(bytesOf(read), bytes, name)
    t.strictSame(asSent(finish(answerOf(read))).intervals, whole, name)
    t.same(bytesOf(stateOf(part(1, length), part(0, 1))), bytes, name)
  }
})

test('without figures there is nothing to be sure of', async (t) => {
  const request: Request = { ...cases[0].request, include: ['intervals'] }
  t.same(
    errorsOf(() => evaluate(request)),
    [
      {
        path: ['include', 0],
        detail: 'intervals has no effect without figures; add metrics or ranking to include, or set topK',
        received: 'intervals',
      },
    ],
  )
  t.same(Object.keys(evaluate({ ...request, topK: 1 }).intervals ?? {}), ['topKAccuracy'])
  t.same(Object.keys(evaluate({ ...request, include: ['intervals', 'ranking'] }).intervals ?? {}), ['ranking'])
})

test('no row of weight, or one, has no interval', async (t) => {
  for (const { name, request } of cases) {
    const rows = (request.labels as unknown[]).length
    for (const [at, weights] of [
      new Array<number>(rows).fill(0),
      [2, ...new Array<number>(rows - 1).fill(0)],
    ].entries()) {
      const text = JSON.stringify(evaluate({ ...request, sampleWeights: weights }).intervals)
      t.notMatch(text, hasNumber, `${name}, ${at}`)
    }
  }
})

test('a row of weight 0 changes nothing', async (t) => {
  for (const { name, request } of cases.filter(({ request }) => request.sampleWeights !== undefined)) {
    const kept = request.sampleWeights?.flatMap((weight, i) => (weight > 0 ? [i] : [])) ?? []
    const [predictions, labels, sampleWeights] = [request.predictions, request.labels, request.sampleWeights].map(
      (list) => kept.map((i) => (list as unknown[])[i]),
    )
    const without = { ...request, predictions, labels, sampleWeights } as Request
    t.strictSame(evaluate(without).intervals, evaluate(request).intervals, name)
  }
})

test('numbers beyond what is summed exactly have no interval', async (t) => {
  const request: Request = {
    loss: 'mae',
    labelFormat: 'values',
    predictions: [1, 2, 3e200],
    labels: [1, 3, 1],
    include: [...parts],
  }
  const { metrics, intervals } = evaluate(request)
  t.type(metrics && 'rmse' in metrics && metrics.rmse, 'number')
  t.notMatch(JSON.stringify(intervals), hasNumber)
  t.match(JSON.stringify(evaluate({ ...request, sampleWeights: [1, 1, 0] }).intervals), hasNumber)
  const apart = { ...request, predictions: [1, 2, 1.7e308], labels: [1, 3, -1.7e308] }
  t.notMatch(JSON.stringify(evaluate(apart).intervals), hasNumber, 'an error that is infinite')
})

const unknown = { standardError: null, interval: null }

test('a figure whose slopes are no doubles has no interval, the others do', async (t) => {
  const values = { loss: 'mae', labelFormat: 'values', predictions: [1e70, 2e70, 4e70], include: [...parts] } as const
  const { metrics } = evaluate({ ...values, labels: [0, 1e-70, 0] }).intervals ?? {}
  t.match(metrics, { r2: { uniformAverage: unknown, perOutput: [unknown] }, rmse: { standardError: Number } })
})

test('rows that hardly weigh are as sure as others', async (t) => {
  const rows = [
    [0.75, 0.25],
    [0.5, 0.5],
    [0.25, 0.75],
  ]
  const binary = { loss: 'brier', labelFormat: 'binary', labels: [1, 0, 1], predictions: [0.9, 0.8, 0.3] }
  const classes = { loss: 'cross-entropy', labelFormat: 'index', labels: [0, 1, 0], predictions: rows }
  const outputs = { ...binary, predictions: rows, labels: rows.map((_, i) => [i % 2, 1]) }
  for (const request of [binary, classes, outputs]) {
    const [some, light] = [1, 2 ** -1060].map((weight) => {
      return evaluate({ ...request, include: [...parts], sampleWeights: [weight, weight, 2 * weight] } as Request)
    })
    t.match(some.intervals?.metrics, { f1: { macro: { standardError: Number } } })
    // sums of weights are a figure of their own, and losses times such weights are not exact
    const [{ f1, cohenKappa }, ofSome] = [light, some].map(({ intervals }) => intervals?.metrics as LabelIntervals)
    t.strictSame([f1, cohenKappa], [ofSome.f1, ofSome.cohenKappa])
  }
})

test('an interval with an end that is no double is none; its standard error is there', async (t) => {
  const predictions = [
    [0, 708.5],
    [0, 709.7],
  ]
  const request = { loss: 'cross-entropy', labelFormat: 'index', predictionFormat: 'logits', labels: [0, 0] } as const
  const { metrics, intervals } = evaluate({ ...request, predictions, include: [...parts] })
  t.match(metrics, { perplexity: Number })
  t.match(intervals?.metrics, { perplexity: { standardError: Number, interval: null } })
})

test('the average over 32 outputs that are all the same is as sure as each', async (t) => {
  const column = [0.1, 0.7, 0.4, 0.9, 0.2]
  const labels = [0, 1, 1, 1, 0]
  const wide = <Value>(list: readonly Value[]) => list.map((value) => new Array<Value>(32).fill(value))
  const ofValues = { loss: 'mse', labelFormat: 'values', include: [...parts] } as const
  const { metrics: values } = evaluate({ ...ofValues, predictions: wide(column), labels: wide(labels) }).intervals ?? {}
  if (values === undefined || !('r2' in values)) throw new Error('not of values')
  t.same(misses(values.r2.uniformAverage, values.r2.perOutput[31], 1e-12), [])
  const decided = labelIntervalsOf({
    ...ofValues,
    loss: 'brier',
    labelFormat: 'binary',
    predictions: wide(column),
    labels: wide(labels),
  })
  t.same(misses(decided.f1?.macro, decided.perOutput?.[31].f1, 1e-12), [])
})

test('what takes several steps is what it is in parts that take one', async (t) => {
  const textOf = (first: Request, ...rest: readonly Request[]) => JSON.stringify(evaluate(first, unlimited, ...rest))
  const classes = 65
  const ofClasses = (from: number, to: number): Request => {
    const rows = Array.from({ length: to - from }, (_, i) => from + i)
    const decided = rows.map((row) => Math.floor(row / classes) % classes)
    return {
      ...{ loss: 'cross-entropy', labelFormat: 'index', include: [...parts], labels: rows.map((row) => row % classes) },
      predictions: decided.map((place) => Array.from({ length: classes }, (_, k) => (k === place ? 1 : 0))),
    }
  }
  const most = classes * classes + 50
  t.equal(textOf(ofClasses(0, 2000), ofClasses(2000, most)), textOf(ofClasses(0, most)))
  const outputs = 5
  const bins = 1001
  const ofOutputs = (from: number, to: number, isWeighted: boolean): Request => {
    const rows = Array.from({ length: to - from }, (_, i) => from + i)
    const tableOf = (numberAt: (place: number) => number) =>
      rows.map((row) => Array.from({ length: outputs }, (_, k) => numberAt(outputs * row + k)))
    return {
      ...{ loss: 'brier', labelFormat: 'binary', thresholds: bins },
      predictions: tableOf((place) => ((place * 7919) % 10_007) / 10_007),
      labels: tableOf((place) => Number((place * 31) % 7 < 3)),
      ...(isWeighted && { sampleWeights: rows.map((row) => 1 + (row % 3)) }),
    }
  }
  for (const isWeighted of [false, true]) {
    const part = (from: number, to: number) => ofOutputs(from, to, isWeighted)
    t.equal(textOf(part(0, 500), part(500, 1000), part(1000, 1500)), textOf(part(0, 1500)))
  }
})

test('how sure an area of many rows is', async (t) => {
  const rows = 2 ** 15
  const scores = [0.2, 0.4, 0.6, 0.8]
  const request: Request = {
    ...{ loss: 'brier', labelFormat: 'binary', include: ['ranking', 'intervals'] },
    predictions: Array.from({ length: rows }, (_, i) => [scores[i % 4], scores[i % 4]]),
    labels: Array.from({ length: rows }, (_, i) => [i % 2, i % 2]),
  }
  const { ranking, intervals } = evaluate(request)
  t.match(ranking, { rocAuc: 0.75, perOutput: [{ rocAuc: 0.75 }, { rocAuc: 0.75 }] })
  // DeLong: half of the rows of each class are 1/4 above the area, half below
  const standardError = Math.sqrt((2 * 0.25 ** 2) / (rows / 2 - 1))
  const areas = [intervals?.ranking?.rocAuc, ...(intervals?.ranking?.perOutput.map(({ rocAuc }) => rocAuc) ?? [])]
  t.same(
    misses(
      areas.map((area) => area?.standardError),
      new Array(3).fill(standardError),
      1e-12,
    ),
    [],
  )
})

test('averages over many binary outputs have none; each output does', async (t) => {
  const outputs = 33
  const rows = Array.from({ length: 6 }, (_, i) =>
    Array.from({ length: outputs }, (_, k) => Number((i * 7 + k * 3) % 5 < 2)),
  )
  const predictions = rows.map((row, i) => row.map((label, k) => ((i + k) % 3 === 0 ? 1 - label : label)))
  const request: Request = { loss: 'brier', labelFormat: 'binary', predictions, labels: rows, include: [...parts] }
  const { perOutput, ...averages } = labelIntervalsOf(request)
  t.notMatch(JSON.stringify(averages), hasNumber)
  const one = labelIntervalsOf({
    ...request,
    predictions: predictions.map((row) => row[4]),
    labels: rows.map((row) => row[4]),
  })
  t.strictSame(perOutput?.[4], one.perOutput?.[0])
})

test('likewise of values, and of outputs whose labels are all the same', async (t) => {
  const outputs = 33
  const rows = Array.from({ length: 6 }, (_, i) => Array.from({ length: outputs }, (_, k) => (i * i + i * k) % 7))
  const labels = rows.map((row, i) => row.map((value, k) => value + ((i + k) % 3)))
  const request = { loss: 'mse', labelFormat: 'values', include: [...parts] } as const
  const { metrics: many } = evaluate({ ...request, predictions: rows, labels }).intervals ?? {}
  const [column, truths] = [rows, labels].map((list) => list.map((row) => row[5]))
  const { metrics: one } = evaluate({ ...request, predictions: column, labels: truths }).intervals ?? {}
  const none = { standardError: null, interval: null }
  t.match(many, { explainedVariance: none, r2: { uniformAverage: none }, rmse: { standardError: Number } })
  if (many === undefined || one === undefined || !('rmse' in many && 'rmse' in one)) throw new Error('not of values')
  t.strictSame(many.r2.perOutput[5], one.r2.perOutput[0])
  const same = evaluate({ ...request, predictions: column, labels: column.map(() => 3) }).intervals
  t.match(same?.metrics, { r2: { uniformAverage: none, perOutput: [none] }, explainedVariance: none })
  t.match(same?.metrics, { rmse: { standardError: Number }, meanError: { standardError: Number } })
})

test('a perplexity of one row that counts has no interval, the decisions of all rows have', async (t) => {
  const request = { loss: 'cross-entropy', labelFormat: 'index', include: [...parts] } as const
  const predictions = [
    [0.75, 0.25],
    [0.5, 0.5],
    [0.25, 0.75],
  ]
  const { metrics } = evaluate({ ...request, predictions, labels: [0, 1, 1], classWeights: [1, 0] }).intervals ?? {}
  t.match(metrics, {
    perplexity: { standardError: null, interval: null },
    recall: { micro: { standardError: Number } },
  })
})

function labelIntervalsOf(request: Request): LabelIntervals {
  const { intervals } = evaluate(request)
  if (intervals?.metrics === undefined || 'rmse' in intervals.metrics) throw new Error('not of labels')
  return intervals.metrics
}
