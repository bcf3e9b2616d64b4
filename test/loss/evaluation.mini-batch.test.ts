import { test } from 'tap'
import type { EvaluationContext } from '../../src/loss/evaluation.ts'
import { Evaluation } from '../../src/loss/evaluation.ts'
import { digits } from '../digits.ts'
import { matrix } from '../matrix.ts'
import { byIndex, random, table } from './requests.ts'
import type { Request } from './support.ts'
import { errorsOf, evaluate, finish, specOf, tensorsOf, unlimited } from './support.ts'

test('perSample, gradient and counts of a mini-batch go back to the rows it drew', async (t) => {
  // draws the rows 2, 0, 2, 1
  const rows = [2, 0, 2, 1]
  const scripted: EvaluationContext = { ...unlimited, uniformIntegers: () => () => rows.shift() ?? 0 }
  const request: Request = {
    loss: 'sse',
    labelFormat: 'index',
    predictions: matrix('2 0; 5 5; 0 3; 7 7'),
    labels: [0, 9, 0, 0],
    sampleWeights: [1, 1, 2, 1],
    ignoreIndex: 9,
    miniBatch: { size: 4, seed: 1, replacement: true },
    include: ['perSample', 'gradient'],
  }
  const answer = evaluate(request, scripted)
  t.strictSame(answer.perSample, { losses: [20, 1, 20, 0], correct: [false, true, false, null] })
  // each time row 2 is drawn adds 2 * 2 (y - t)
  t.same(answer.gradient, matrix('2 0; 0 0; -8 24; 0 0'))
  t.same([answer.samples, answer.ignored, answer.populationSize, answer.lossSum], [4, 1, 4, 41])
  t.same(answer.spec.miniBatch, { size: 4, seed: 1, replacement: true })
})

test('a mini-batch that is refused leaves no population', async (t) => {
  const request: Request = {
    loss: 'mae',
    labelFormat: 'values',
    predictions: [1, 2],
    labels: [1, 2],
    miniBatch: { size: 2, seed: 1, replacement: false },
  }
  const evaluation = new Evaluation(specOf(request), random)
  evaluation.add(tensorsOf(request)).next()
  t.equal(finish(evaluation.report()).populationSize, undefined)
  finish(evaluation.add(tensorsOf(request)))
  t.equal(finish(evaluation.report()).populationSize, 2)
})

test('without replacement no more rows can be drawn than there are', async (t) => {
  const request: Request = { loss: 'mae', labelFormat: 'values', predictions: [1, 2, 3], labels: [0, 0, 0] }
  const draw = (replacement: boolean) =>
    errorsOf(() => evaluate({ ...request, miniBatch: { size: 4, seed: 1, replacement } }, random)).map(
      ({ path, received }) => ({ path, received }),
    )
  t.same(draw(false), [{ path: ['miniBatch', 'size'], received: 4 }])
  t.same(draw(true), [])
})

test('all rows drawn without replacement are the whole', async (t) => {
  const { loss, lossSum, accuracy, standardError } = evaluate(
    { ...byIndex, miniBatch: { size: digits.labels.length, seed: 3, replacement: false } },
    random,
  )
  const whole = evaluate(byIndex)
  t.same([loss, lossSum, accuracy, standardError], [whole.loss, whole.lossSum, whole.accuracy, 0])
})

/** Estimates of the mean loss by many mini-batches of the digits, with their standard errors. */
function estimates(request: Request, size: number, replacement: boolean): { loss: number; error: number }[] {
  const tensors = tensorsOf(request)
  return Array.from({ length: 2000 }, (_, seed) => {
    const evaluation = new Evaluation(specOf({ ...request, miniBatch: { size, seed, replacement } }), random)
    finish(evaluation.add(tensors))
    const { loss, standardError } = finish(evaluation.report())
    return { loss: loss ?? Number.NaN, error: standardError ?? Number.NaN }
  })
}

test('a mini-batch is an unbiased estimate whose standard error is honest', async (t) => {
  // A normal interval covers 95 % only of what is spread evenly enough. The losses of the digits are not: the third
  // column is what 40,000 samples of each kind cover with textbook formulas (a script apart from this service), and the
  // cross-entropy, of skewness 4, stays below 92 % there too.
  const byAbsolutes: Request = { ...byIndex, loss: 'mae', predictionFormat: 'probabilities' }
  const cases: [request: Request, size: number, replacement: boolean, coverage: number][] = [
    [byAbsolutes, 100, true, 0.94],
    [byAbsolutes, 100, false, 0.941],
    [byIndex, 50, true, 0.89],
    [byIndex, 50, false, 0.893],
    [byIndex, 100, true, 0.918],
    [byIndex, 100, false, 0.917],
  ]
  for (const [request, size, replacement, coverage] of cases) {
    const whole = evaluate(request).loss ?? Number.NaN
    const drawn = estimates(request, size, replacement)
    const average = (of: (each: { loss: number; error: number }) => number) =>
      drawn.reduce((sum, each) => sum + of(each), 0) / drawn.length
    const name = `${request.loss}, ${size} of 899 ${replacement ? 'with' : 'without'} replacement`
    const mean = average(({ loss }) => loss)
    const variance = average(({ loss }) => (loss - mean) ** 2)
    t.ok(Math.abs(mean - whole) < 3 * Math.sqrt(variance / drawn.length), `${name}: unbiased, ${mean} of ${whole}`)
    // the square of the standard error is an unbiased estimate of the variance, which 2000 draws know to some 5 %
    const ratio = average(({ error }) => error ** 2) / variance
    t.ok(ratio > 0.88 && ratio < 1.12, `${name}: claims ${ratio} of the variance`)
    const share = average(({ loss, error }) => (Math.abs(loss - whole) <= 1.96 * error ? 1 : 0))
    t.ok(Math.abs(share - coverage) < 0.02, `${name}: covers ${share}`)
    if (request === byAbsolutes) t.ok(share > 0.92 && share < 0.98, `${name}: covers about 95 %`)
  }
})

test('the numbers of a mini-batch are limited before anything is computed', async (t) => {
  // the label 9 would be refused, were it reached
  const request: Request = { ...table, labels: [0, 0, 0, 1, 9], miniBatch: { size: 7, seed: 1, replacement: true } }
  const path = ['miniBatch', 'size']
  const detail = '7 rows of 3 numbers are more than the limit maxMiniBatchNumbers, 20'
  const refusal = { limit: 'maxMiniBatchNumbers', allowed: 20, path, message: detail }
  t.throws(() => evaluate(request, { ...random, maxMiniBatchNumbers: 20 }), refusal)
  const right = { ...request, labels: table.labels }
  t.equal(evaluate(right, { ...random, maxMiniBatchNumbers: 21 }).samples, 7)
})
