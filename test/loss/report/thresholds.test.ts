import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { binOf, evenBinOf, thresholdsOf } from '../../../src/loss/report/thresholds.ts'
import type { Request } from '../support.ts'
import { errorsOf, evaluate, misses, specOf, unlimited } from '../support.ts'

const fixture = new URL('../../fixtures/thresholds.json', import.meta.url)
const { cases } = JSON.parse(readFileSync(fixture, 'utf8')) as { cases: { request: Request; perOutput: unknown[] }[] }

test('counts, areas and best thresholds are those of rational arithmetic', async (t) => {
  t.ok(cases.length >= 10)
  for (const { request, perOutput } of cases) {
    const { thresholds } = evaluate(request)
    t.same(misses(thresholds, { perOutput }, 1e-13), [], JSON.stringify(request.thresholds))
  }
})

test('the same in any order and cut, and in groups', async (t) => {
  for (const { request } of cases) {
    const predictions = request.predictions as unknown[]
    const labels = request.labels as unknown[]
    if (predictions.length < 3) continue
    const part = (from: number, to: number): Request => ({
      ...request,
      predictions: predictions.slice(from, to).toReversed(),
      labels: labels.slice(from, to).toReversed(),
      sampleWeights: request.sampleWeights?.slice(from, to).toReversed(),
    })
    const whole = evaluate(request).thresholds
    t.strictSame(evaluate(part(1, predictions.length), unlimited, part(0, 1)).thresholds, whole)
    const groups = { one: predictions.map(() => 'all') }
    t.strictSame(evaluate({ ...request, groups, groupBy: ['one'] }).groups?.[0].groups[0].thresholds, whole)
  }
})

test('each of several outputs has the figures of that output alone, with the weights of its rows', async (t) => {
  const predictions = [
    [0.2, 0.9],
    [0.7, 0.4],
    [0.6, 0.8],
    [0.1, 0.3],
  ]
  const labels = [
    [0, 1],
    [1, 1],
    [0, 0],
    [1, 0],
  ]
  const request: Request = {
    loss: 'binary-cross-entropy',
    labelFormat: 'binary',
    predictions,
    labels,
    sampleWeights: [1, 2, 4, 8],
    thresholds: [0.25, 0.5, 0.75],
  }
  const alone = [0, 1].map((k) => {
    const column = { ...request, predictions: predictions.map((row) => row[k]), labels: labels.map((row) => row[k]) }
    return evaluate(column).thresholds?.perOutput[0]
  })
  t.strictSame(evaluate(request).thresholds?.perOutput, alone)
})

test('the exact area lies between the bounds', async (t) => {
  for (const { request } of cases) {
    const { ranking, thresholds } = evaluate({ ...request, include: ['ranking'] })
    for (const [k, { rocAuc }] of thresholds?.perOutput.entries() ?? []) {
      const exact = ranking?.perOutput[k].rocAuc ?? null
      if (exact === null || rocAuc.lower === null || rocAuc.upper === null) t.equal(exact, rocAuc.binned)
      else t.ok(rocAuc.lower <= exact + 1e-12 && exact <= rocAuc.upper + 1e-12)
    }
  }
})

test('logits and log-probabilities count as their probabilities', async (t) => {
  const probabilities = [0.1, 0.4, 0.6, 0.9]
  const request: Request = {
    loss: 'brier',
    labelFormat: 'binary',
    predictions: probabilities,
    labels: [0, 1, 0, 1],
    thresholds: 11,
  }
  const { thresholds } = evaluate({ ...request, thresholds: [0.25, 0.5, 0.75] })
  const logits = probabilities.map((p) => Math.log(p / (1 - p)))
  for (const [predictionFormat, predictions] of [
    ['logits', logits],
    ['log-probabilities', probabilities.map(Math.log)],
  ] as const) {
    t.strictSame(
      evaluate({ ...request, predictionFormat, predictions, thresholds: [0.25, 0.5, 0.75] }).thresholds,
      thresholds,
    )
  }
  const classes: Request = {
    loss: 'cross-entropy',
    labelFormat: 'index',
    predictionFormat: 'logits',
    predictions: logits.map((z) => [z, 0]),
    labels: [1, 0, 1, 0],
    thresholds: [0.25, 0.5, 0.75],
  }
  t.strictSame(evaluate(classes).thresholds?.perOutput[0], thresholds?.perOutput[0])
})

test('a number is in the bin of the thresholds below it', async (t) => {
  for (const count of [2, 3, 7, 101, 1001]) {
    const limits = Float64Array.from(thresholdsOf(specOf({ ...cases[0].request, thresholds: count })))
    t.equal(limits.length, count)
    const numbers = [
      -1,
      0,
      5e-324,
      1,
      2,
      ...Array.from(limits).flatMap((limit) => [limit, limit * (1 + 2 ** -52), limit * (1 - 2 ** -53)]),
    ]
    const wrong = numbers.filter((number) => {
      const below = limits.filter((limit) => limit < number).length
      const isChance = number >= 0 && number <= 1
      return binOf(number, limits) !== below || (isChance && evenBinOf(number, limits) !== below)
    })
    t.same(wrong, [], `${count} thresholds`)
  }
})

test('what cannot be is refused', async (t) => {
  const { request } = cases[0]
  const detailOf = (others: Partial<Request>) => errorsOf(() => evaluate({ ...request, ...others }))[0]
  t.match(detailOf({ thresholds: [0.5, 0.5] }), {
    path: ['thresholds', 1],
    detail: 'thresholds[1] is 0.5; it must be greater than the previous one, 0.5',
  })
  const costs = { falsePositive: 1, falseNegative: 1 }
  t.match(detailOf({ thresholds: undefined, costs }), {
    path: ['costs'],
    detail: 'costs has no effect without thresholds',
  })
  t.match(detailOf({ loss: 'mse', labelFormat: 'values', costs: undefined }), {
    path: ['thresholds'],
    detail: /has no effect here/,
  })
  const one = { ...request, thresholds: 101 }
  t.doesNotThrow(() => evaluate(one, { ...unlimited, maxAnswerNumbers: 11 * 101 + 10 }))
  t.throws(() => evaluate(one, { ...unlimited, maxAnswerNumbers: 11 * 101 + 9 }), { message: /maxAnswerNumbers/ })
})
