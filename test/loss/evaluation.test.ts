import { readFileSync } from 'node:fs'
import { test } from 'tap'
import type { Tensors } from '../../src/loss/batch.ts'
import { layoutOfAll, rowsPerStep } from '../../src/loss/batch.ts'
import type { Answer } from '../../src/loss/evaluation.ts'
import { answerBytesOf, Evaluation } from '../../src/loss/evaluation.ts'
import type { Include } from '../../src/loss/formats.ts'
import { lossNames } from '../../src/loss/kernels/index.ts'
import { selectRows } from '../../src/loss/row-selection.ts'
import { emptyTally } from '../../src/loss/tally.ts'
import type { Tensor } from '../../src/loss/tensor.ts'
import { InvalidContent, LimitExceeded } from '../../src/loss/validation-errors.ts'
import { matrix } from '../matrix.ts'
import { byIndex, random, table } from './requests.ts'
import type { Request } from './support.ts'
import { asSent, bytesOf, errorsOf, evaluate, finish, misses, specOf, tensorsOf, unlimited } from './support.ts'

function fixture(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8'))
}

interface OracleCase {
  readonly name: string
  readonly request: Request
  readonly expect: Record<string, unknown>
  readonly tolerance?: Record<string, number>
}

const oracle = fixture('oracle.json') as { readonly cases: OracleCase[] }
function oneHot(labels: readonly number[], outputs: number): number[][] {
  return labels.map((label) => Array.from({ length: outputs }, (_, k) => (k === label ? 1 : 0)))
}

test('every case of the oracle, and one at least of each loss', async (t) => {
  t.same(
    lossNames.filter((loss) => !oracle.cases.some(({ request }) => request.loss === loss)),
    [],
  )
  for (const { name, request, expect, tolerance = {} } of oracle.cases) {
    const answer = evaluate({ ...request, include: ['perSample', 'gradient'] })
    const got: Record<string, unknown> = { ...answer, losses: answer.perSample?.losses }
    const wrong = Object.entries(expect).flatMap(([field, want]) => misses(got[field], want, tolerance[field], field))
    t.same(wrong, [], name)
  }
})

test('reduction none answers the losses of the oracle', async (t) => {
  const cases = oracle.cases.filter(({ request }) => request.reduction === 'none')
  t.ok(cases.length > 0)
  for (const { name, request, expect, tolerance } of cases) {
    t.same(misses(evaluate(request).losses, expect.losses, tolerance?.losses), [], name)
  }
})

test('an answer is all of this and nothing more', async (t) => {
  const answer = evaluate({
    loss: 'mae',
    labelFormat: 'values',
    predictions: [1, 5],
    labels: [0, 2],
    reduction: 'none',
  })
  // losses 1 and 3, mean 2; deviations -1 and 1: sqrt(2/1 2) / 2 = 1
  t.strictSame(answer, {
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
    losses: [1, 3],
    spec: { loss: 'mae', labelFormat: 'values', predictionFormat: 'values', reduction: 'none', include: [] },
  })
})

test('the gradient has the shape of the predictions', async (t) => {
  const mse = { loss: 'mse', labelFormat: 'values', include: ['gradient'] } as const
  const cases: [predictions: unknown, labels: unknown, gradient: unknown][] = [
    // 2 (y - t) / N
    [
      [3, 5],
      [1, 1],
      [2, 4],
    ],
    [matrix('3; 5'), matrix('1; 1'), matrix('2; 4')],
    [[[3, 5]], [[1, 1]], [[2, 4]]], // 2 (y - t) / K
  ]
  for (const [predictions, labels, gradient] of cases) {
    t.same(evaluate({ ...mse, predictions, labels }).gradient, gradient, JSON.stringify(predictions))
  }
  const one: Request = { loss: 'mse', labelFormat: 'index', predictions: [3, 5], labels: 0, include: ['gradient'] }
  t.same(evaluate(one).gradient, [2, 5], 'one sample of classes')
})

test('perSample stands in the order of the rows, with those left out by ignoreIndex', async (t) => {
  const request: Request = {
    loss: 'sse',
    labelFormat: 'index',
    predictions: matrix('1 0; 2 0; 0 3; 0 0'),
    labels: [9, 0, 0, 9],
    ignoreIndex: 9,
    include: ['perSample', 'gradient'],
  }
  const answer = evaluate(request)
  t.strictSame(answer.perSample, { losses: [0, 1, 10, 0], correct: [null, true, false, null] })
  t.same(answer.gradient, matrix('0 0; 2 0; -2 6; 0 0'))
  t.same([answer.samples, answer.ignored, answer.lossSum], [4, 2, 11])
})

test('what the answer could not hold is refused before anything is computed', async (t) => {
  // 3 rows of 4 outputs; the label -1 and the missing random source would fail, were they reached
  const request: Request = {
    loss: 'mse',
    labelFormat: 'index',
    predictions: matrix('1 0 0 0; 1 0 0 0; 1 0 0 0'),
    labels: [0, 0, -1],
  }
  const cases: [name: string, options: Partial<Request>, path: (string | number)[], numbers: number][] = [
    ['reduction none', { reduction: 'none' }, ['reduction'], 6],
    ['perSample', { include: ['perSample'] }, ['include', 0], 6],
    [
      'perSample of a mini-batch',
      { include: ['perSample'], miniBatch: { size: 5, seed: 1, replacement: true } },
      ['include', 0],
      10,
    ],
    ['gradient', { include: ['perSample', 'gradient'] }, ['include', 1], 12],
    ['confusion', { include: ['confusion'] }, ['include', 0], 16],
    ['perClass', { include: ['confusion', 'perClass'] }, ['include', 1], 24],
  ]
  for (const [name, options, path, numbers] of cases) {
    const limited = { ...unlimited, maxAnswerNumbers: numbers - 1 }
    const evaluation = new Evaluation(specOf({ ...request, ...options }), limited)
    try {
      finish(evaluation.add(tensorsOf({ ...request, ...options })))
      t.fail(name)
    } catch (error) {
      if (!(error instanceof LimitExceeded)) throw error
      const { limit, allowed } = error
      t.same({ limit, allowed, path: error.path }, { limit: 'maxAnswerNumbers', allowed: numbers - 1, path }, name)
      t.match(error.message, `${numbers} numbers`, name)
    }
    t.same(evaluation.tally, emptyTally, `${name}: nothing is counted`)
    const just = { ...random, maxAnswerNumbers: numbers }
    t.doesNotThrow(() => evaluate({ ...request, labels: [0, 0, 1], ...options }, just), `${name}: so many are allowed`)
  }
})

test('sections that need one decision a sample are refused for several binary outputs', async (t) => {
  const request: Request = {
    loss: 'mse',
    labelFormat: 'binary',
    predictionFormat: 'probabilities',
    predictions: [[0, 1]],
    labels: [[0, 1]],
  }
  const sections: [Include, boolean][] = [
    ['perClass', true],
    ['confusion', false],
    ['confusionWeights', false],
    ['calibration', true],
    ['metrics', true],
    ['perSample', true],
    ['gradient', true],
  ]
  for (const [part, isThere] of sections) {
    const errors = errorsOf(() => evaluate({ ...request, include: [part] }))
    t.same(
      errors.map(({ path, received }) => ({ path, received })),
      isThere ? [] : [{ path: ['include', 0], received: part }],
      part,
    )
  }
})

test('batches of an evaluation have the same number of outputs', async (t) => {
  const request: Request = { loss: 'mse', labelFormat: 'values', predictions: [[1, 2]], labels: [[1, 2]] }
  const other: Request = { ...request, predictions: [[1, 2, 3]], labels: [[1, 2, 3]] }
  const errors = errorsOf(() => evaluate(request, unlimited, other))
  t.same(errors, [
    { path: ['predictions'], detail: 'predictions has 3 numbers per row; the previous batches have 2', received: 3 },
  ])
})

test('a batch is worked through in steps', async (t) => {
  // 9362 rows of one number a step, of which one checks and one evaluates
  const labels = new Array<number>(3 * 9362).fill(1)
  const evaluation = new Evaluation(
    specOf({ loss: 'mse', labelFormat: 'values', predictions: labels, labels }),
    unlimited,
  )
  let steps = 0
  for (const _ of evaluation.add(tensorsOf({ loss: 'mse', labelFormat: 'values', predictions: labels, labels })))
    steps++
  t.equal(steps, 6)
  t.equal(evaluation.tally.samples, 3 * 9362)
})

test('a batch that is given up or refused halfway leaves everything as it was', async (t) => {
  const rows = 3 * 9362
  const request: Request = {
    loss: 'brier',
    labelFormat: 'binary',
    predictions: Array.from({ length: rows }, (_, row) => row / rows),
    labels: Array.from({ length: rows }, (_, row) => row % 2),
    include: ['perClass', 'confusion', 'calibration'],
  }
  const wrong: Request = { ...request, labels: Array.from({ length: rows }, (_, row) => (row < rows - 1 ? 1 : 2)) }
  const single: Request = { ...request, include: ['perSample', 'gradient', 'confusion'] }
  const small: Request = { ...request, predictions: [0.25, 0.75], labels: [0, 0] }
  for (const [options, first] of [
    [request, small],
    [request, undefined],
    [single, undefined],
  ] as const) {
    for (let steps = 1; steps < 6; steps++) {
      const evaluation = new Evaluation(specOf(options), unlimited)
      if (first !== undefined) finish(evaluation.add(tensorsOf(first)))
      const before = [bytesOf(evaluation.state), finish(evaluation.report())]
      const adding = evaluation.add(tensorsOf(request))
      for (let step = 0; step < steps; step++) adding.next()
      t.strictSame([bytesOf(evaluation.state), finish(evaluation.report())], before, `in step ${steps}`)
      adding.return()
      t.strictSame([bytesOf(evaluation.state), finish(evaluation.report())], before, `given up after ${steps} steps`)
      errorsOf(() => finish(evaluation.add(tensorsOf(wrong))))
      t.strictSame([bytesOf(evaluation.state), finish(evaluation.report())], before, 'refused')
      finish(evaluation.add(tensorsOf(small)))
      t.equal(evaluation.tally.samples, first === undefined ? 2 : 4, 'and the next batch is added')
    }
  }
})

test('ranking is of the rows that are evaluated, of a single batch', async (t) => {
  const request: Request = {
    loss: 'cross-entropy',
    labelFormat: 'index',
    predictions: matrix('0.9 0.1; 0.6 0.4; 0.65 0.35; 0.2 0.8; 0.1 0.9'),
    labels: [0, 0, 1, 1, -100],
    ignoreIndex: -100,
    include: ['ranking'],
  }
  const all = evaluate(request).ranking
  // scikit-learn's example of roc_auc_score, the other way round for class 0
  t.match(all, { rocAuc: 0.75, perOutput: [{ rocAuc: 0.75 }, { rocAuc: 0.75 }] })
  const drawn = { ...request, miniBatch: { size: 5, seed: 1, replacement: false } }
  t.strictSame(evaluate(drawn, random).ranking, all)
  const detail =
    'ranking is only available for a single batch: it compares every score with all others, and a stream keeps no rows'
  t.same(
    errorsOf(() => evaluate(request, undefined, request)),
    [{ path: ['include', 0], detail, received: 'ranking' }],
  )
  const wide = { ...unlimited, maxAnswerNumbers: 7 }
  t.throws(() => evaluate(request, wide), /would hold 8 numbers; the limit maxAnswerNumbers is 7/)
  t.doesNotThrow(() => evaluate(request, { ...wide, maxAnswerNumbers: 8 }))
})

test('what several batches cannot answer as one does is refused', async (t) => {
  const rows = table.predictions as number[][]
  const labels = table.labels as number[]
  const cases: [name: string, options: Partial<Request>, path: string][] = [
    ['perClass', { include: ['perClass'] }, 'include/0'],
    ['confusion', { include: ['confusion'] }, 'include/0'],
    ['perSample', { include: ['perSample'] }, 'include/0'],
    ['gradient', { include: ['gradient'] }, 'include/0'],
    ['reduction none', { reduction: 'none' }, 'reduction'],
    ['a mini-batch', { miniBatch: { size: 3, seed: 5, replacement: true } }, 'miniBatch'],
  ]
  for (const [name, options, path] of cases) {
    const cut = (from: number, to: number): Request => ({
      ...table,
      ...options,
      predictions: rows.slice(from, to),
      labels: labels.slice(from, to),
    })
    const answers: Answer[] = []
    const errors = errorsOf(() => answers.push(evaluate(cut(0, 2), random, cut(2, 5))))
    if (errors.length > 0)
      t.same(
        errors.map((error) => error.path.join('/')),
        [path],
        name,
      )
    else t.strictSame(answers, [evaluate(cut(0, 5), random)], name)
  }
})

test('a wrong batch takes no longer than a right one', async (t) => {
  const [rows, outputs] = [20_000, 10]
  const right = tensorsOf({
    ...table,
    predictions: Array.from({ length: rows }, () => new Array(outputs).fill(0.1)),
    labels: Array.from({ length: rows }, (_, row) => oneHot([row % outputs], outputs)[0]),
  })
  const halved = (tensor: Tensor): Tensor => ({ ...tensor, data: tensor.data.map((value) => value / 2) })
  const options: Request = { ...byIndex, labelFormat: 'one-hot' }
  const best = (tensors: Tensors) => {
    const times = [1, 2, 3, 4, 5].map(() => {
      const begin = performance.now()
      const adding = new Evaluation(specOf(options), unlimited).add(tensors)
      try {
        finish(adding)
      } catch (error) {
        if (!(error instanceof InvalidContent)) throw error
      }
      return performance.now() - begin
    })
    return Math.min(...times)
  }
  const times = { right: best(right), labels: 0, predictions: 0, both: 0 }
  times.labels = best({ ...right, labels: halved(right.labels) })
  times.predictions = best({ ...right, predictions: halved(right.predictions) })
  times.both = best({ predictions: halved(right.predictions), labels: halved(right.labels) })
  const { right: allowed, ...wrong } = times
  // they took a hundred times as long when what would fit was sought again in each step; a busy machine may take some
  for (const [name, time] of Object.entries(wrong)) t.ok(time < 20 * allowed, `${name}: ${time} of ${allowed} ms`)
})

test('selected rows are added as a batch is, and the watcher sees each slice', async (t) => {
  const rows = 2 * rowsPerStep(2)
  const request: Request = {
    ...byIndex,
    predictions: Array.from({ length: rows }, () => [0.5, 0.5]),
    labels: Array.from({ length: rows }, (_, i) => i % 2),
  }
  for (const include of [[], ['gradient']] satisfies Include[][]) {
    const [spec, tensors] = [specOf({ ...request, include }), tensorsOf(request)]
    const { memory, uniformIntegers } = random
    const selected = finish(selectRows(spec, tensors, layoutOfAll(spec, tensors), memory, uniformIntegers))
    const evaluation = new Evaluation(spec, random)
    const seen: number[] = []
    finish(evaluation.addSelected(selected, 0, memory, ({ rows }) => seen.push(rows.count)))
    t.same(seen, [rowsPerStep(2), rowsPerStep(2)])
    t.strictSame(asSent(finish(evaluation.report())), evaluate({ ...request, include }))
  }
})

test('the numbers of several answers count together', async (t) => {
  const spec = specOf({ ...byIndex, include: ['gradient', 'perClass'], reduction: 'none' })
  const layout = { samples: 10, outputs: 3 }
  t.equal(answerBytesOf(spec, layout, unlimited, 2), 2 * answerBytesOf(spec, layout, unlimited))
  t.throws(() => answerBytesOf(spec, layout, { ...unlimited, maxAnswerNumbers: 59 }, 2), {
    message: /maxAnswerNumbers/,
  })
  t.ok(answerBytesOf(spec, layout, { ...unlimited, maxAnswerNumbers: 60 }, 2))
})
