import { readFileSync } from 'node:fs'
import { test } from 'tap'
import type { Comparison } from '../../../src/loss/comparison.ts'
import { compare } from '../../../src/loss/comparison.ts'
import type { EvaluationContext } from '../../../src/loss/evaluation.ts'
import { pack } from '../../../src/loss/pack.ts'
import type { Request } from '../support.ts'
import { evaluate, finish, heldAfterEnds, Ledger, misses, specOf, tensorsOf, unlimited } from '../support.ts'

interface PairRequest extends Request {
  readonly baseline: unknown
}

const fixture = new URL('../../fixtures/intervals.json', import.meta.url)
const { comparisons } = JSON.parse(readFileSync(fixture, 'utf8')) as {
  comparisons: { name: string; request: PairRequest; metrics: object }[]
}

function begin({ baseline, ...request }: PairRequest, context: EvaluationContext = unlimited) {
  return compare(specOf(request), { ...tensorsOf(request), baseline: pack('baseline', baseline) }, context)
}

function compared(request: PairRequest): Comparison {
  return finish(begin(request))
}

test('differences of figures have the standard errors of numeric influences, paired', async (t) => {
  t.ok(comparisons.length >= 6)
  for (const { name, request, metrics } of comparisons) {
    t.same(misses(compared(request).difference.metrics, metrics, 1e-11), [], name)
  }
})

test('a model does not differ from itself, and the other way round is the other sign', async (t) => {
  for (const { name, request } of comparisons) {
    const same = JSON.stringify(compared({ ...request, baseline: request.predictions }).difference.metrics)
    t.notMatch(same.replaceAll(/perOutput|f1|r2/g, ''), /[1-9]/, name)
    const swapped = { ...request, predictions: request.baseline, baseline: request.predictions } as PairRequest
    const [one, other] = [compared(request), compared(swapped)].map(({ difference }) => difference.metrics)
    t.same(misses(negated(other), one, 1e-14), [], name)
  }
})

test('rows of any order and group have the same bits', async (t) => {
  for (const { name, request } of comparisons) {
    const reversed = {
      ...request,
      predictions: (request.predictions as unknown[]).toReversed(),
      baseline: (request.baseline as unknown[]).toReversed(),
      labels: (request.labels as unknown[]).toReversed(),
      sampleWeights: request.sampleWeights?.toReversed(),
    } as PairRequest
    const whole = compared(request).difference
    t.strictSame(compared(reversed).difference, whole, name)
    const rows = (request.labels as unknown[]).length
    const groups = { one: new Array(rows).fill('all'), half: Array.from({ length: rows }, (_, i) => i % 2) }
    const grouped = compared({ ...request, groups, groupBy: ['half', 'one'] })
    t.strictSame(grouped.difference, whole, name)
    t.strictSame(grouped.groups?.[1].groups[0].difference, whole, name)
    const odd = <Value>(list: readonly Value[]) => list.filter((_, i) => i % 2 === 1)
    const half = {
      ...request,
      predictions: odd(request.predictions as unknown[]),
      baseline: odd(request.baseline as unknown[]),
      labels: odd(request.labels as unknown[]),
      sampleWeights: request.sampleWeights && odd(request.sampleWeights),
    } as PairRequest
    t.strictSame(grouped.groups?.[0].groups[1].difference, compared(half).difference, name)
  }
})

test('against a model that is always right, figures of values are as sure as they are', async (t) => {
  const ofValues = comparisons.filter(({ request }) => request.labelFormat === 'values')
  t.ok(ofValues.length >= 2)
  for (const { name, request } of ofValues) {
    const { difference } = compared({ ...request, baseline: request.labels })
    t.same(misses(errorsOf(difference.metrics), errorsOf(evaluate(request).intervals?.metrics), 1e-12), [], name)
  }
})

test('each of very many outputs differs as it does by itself; averages over them have no standard error', async (t) => {
  const figures = ['truePositives', 'f1', 'cohenKappa'] as const
  const tableOf = (side: number, rows: number, outputs: number, below: number) =>
    Array.from({ length: rows }, (_, i) =>
      Array.from({ length: outputs }, (_, k) => (((i + side) * (i + k + side) + 3 * i) % 11) % below),
    )
  for (const [loss, labelFormat, rows, outputs, below] of [
    ['mae', 'values', 5, 70, 9],
    ['brier', 'binary', 40, 50, 2],
  ] as const) {
    const [predictions, baseline, labels] = [0, 1, 2].map((side) => tableOf(side, rows, outputs, below))
    const request: PairRequest = { loss, labelFormat, include: ['metrics', 'intervals'], predictions, baseline, labels }
    const { metrics } = compared(request).difference
    const [one, other, truth] = [predictions, baseline, labels].map((list) => list.map((row) => row[outputs - 1]))
    const last = compared({ ...request, predictions: one, baseline: other, labels: truth }).difference.metrics
    if (metrics === undefined || last === undefined) throw new Error('no metrics')
    if ('rmse' in metrics && 'rmse' in last) {
      t.same(misses(metrics.r2.perOutput[outputs - 1], last.r2.perOutput[0], 1e-12), [])
      t.match([metrics.r2.uniformAverage, metrics.explainedVariance], [noError, noError])
      t.type(metrics.rmse.standardError, 'number')
    } else if (!('rmse' in metrics || 'rmse' in last)) {
      for (const figure of figures)
        t.same(misses(metrics.perOutput?.[outputs - 1][figure], last.perOutput?.[0][figure], 1e-12), [], figure)
      t.match([metrics.precision?.macro, metrics.truePositives], [noError, noError])
    }
  }
})

test('what no error is known of', async (t) => {
  const shared = { include: ['metrics', 'intervals'] } as const
  const values = { ...shared, loss: 'mae', labelFormat: 'values', labels: [1, 3, 1], baseline: [1, 2, 2] } as const
  const classes = { ...shared, loss: 'cross-entropy', labelFormat: 'index', labels: [0, 1, 1] } as const
  const rows = [
    [0.75, 0.25],
    [0.5, 0.5],
    [0.25, 0.75],
  ]
  const others = rows.toReversed()
  const table: [what: string, request: PairRequest][] = [
    ['one row of weight', { ...values, predictions: [1, 2, 3], sampleWeights: [0, 2, 0] }],
    ['a number beyond what is summed exactly', { ...values, predictions: [1, 2, 3e200] }],
  ]
  for (const [what, request] of table) {
    const { metrics } = compared(request).difference
    t.match(metrics, { rmse: { value: Number, ...noError }, meanError: { value: Number, ...noError } }, what)
  }
  // labels so near to each other that what is divided by their variance is no double
  const near = compared({ ...values, labels: [0, 1.3e-77, 0], predictions: [1.1e77, 1.1e77, 1.1e77] }).difference
    .metrics
  t.match(near, { r2: { perOutput: [noError] }, rmse: { value: Number } }, 'labels that hardly differ')
  const logits = { ...classes, predictionFormat: 'logits', labels: [0, 0] } as const
  const far = { predictions: [0, 1418].map((logit) => [0, logit]), baseline: [0, 1410].map((logit) => [0, logit]) }
  const { metrics: ofFar } = compared({ ...logits, ...far }).difference
  t.match(ofFar, { perplexity: { value: Number, ...noError } }, 'terms beyond all doubles')
  const perplexities: [what: string, request: PairRequest, value: unknown][] = [
    ['one row that counts', { ...classes, predictions: rows, baseline: others, classWeights: [1, 0] }, Number],
    [
      'an infinite loss',
      { ...classes, predictions: [[0, 1], ...rows.slice(1)], baseline: others, logPolicy: 'exact' },
      null,
    ],
  ]
  for (const [what, request, value] of perplexities) {
    const { metrics } = compared(request).difference
    t.match(metrics, { perplexity: { value, ...noError }, precision: { micro: { standardError: Number } } }, what)
  }
})

test('only with metrics and intervals; nothing stays held', async (t) => {
  const [{ request }] = comparisons
  t.notOk('metrics' in compared({ ...request, include: ['metrics'] }).difference)
  t.notOk('metrics' in compared({ ...request, include: ['intervals', 'ranking'] }).difference)
  const complete = new Ledger()
  finish(begin(request, { ...unlimited, memory: complete }))
  const answers = complete.held
  const held = heldAfterEnds((memory) => begin(request, { ...unlimited, memory }))
  t.ok(
    held.every((bytes) => bytes === 0 || bytes === answers),
    'all, or what the answer takes',
  )
})

const noError = { standardError: null, interval: null }

/** The standard errors in a report, each in its place. */
function errorsOf(report: unknown): unknown {
  if (typeof report !== 'object' || report === null) return report
  if ('standardError' in report) return report.standardError
  return Object.fromEntries(Object.entries(report).map(([name, part]) => [name, errorsOf(part)]))
}

function negated(value: unknown, name = ''): unknown {
  if (typeof value === 'number') return name === 'standardError' ? value : 0 - value
  if (name === 'interval' && Array.isArray(value)) return value.map((end) => 0 - end).toReversed()
  if (Array.isArray(value)) return value.map((each) => negated(each))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, negated(each, key)]))
}
