import { test } from 'tap'
import type { Groups } from '../../../src/loss/report/groups.ts'
import type { ClassReport } from '../../../src/loss/report/per-class.ts'
import { perClass } from '../../../src/loss/report/per-class.ts'
import { emptyTally } from '../../../src/loss/tally.ts'
import { matrix } from '../../matrix.ts'
import type { Request } from '../support.ts'
import { countSteps, finish, misses, sliceOf, specOf } from '../support.ts'

function fold(...requests: Request[]): Groups {
  const classes = perClass.empty()
  for (const request of requests) finish(perClass.foldInto(classes, specOf(requests[0]), sliceOf(request)))
  return classes
}

function report(outputs: number, ...requests: Request[]): ClassReport[] {
  const steps = perClass.report(fold(...requests), { ...emptyTally, outputs }, specOf(requests[0]))
  return finish(steps) as ClassReport[]
}

/** Predictions that are certain of a class. */
function certain(...classes: number[]): number[][] {
  return classes.map((at) => [0, 1, 2].map((k) => (k === at ? 1 : 0)))
}

const request: Request = {
  loss: 'sse',
  labelFormat: 'index',
  predictions: certain(0, 2, 1, 0, 0),
  labels: [0, 1, 2, 0, 1],
}

test('scikit-learn classification_report of y_true = [0, 1, 2, 0, 1], y_pred = [0, 2, 1, 0, 0]', async (t) => {
  // precision 2/3, 0, 0 and recall 1, 0, 0; each wrong row has the loss 1 + 1
  const expected = [
    { class: 0, samples: 2, correct: 2, loss: 0, lossStatus: 'finite', recall: 1, precision: 2 / 3 },
    { class: 1, samples: 2, correct: 0, loss: 2, lossStatus: 'finite', recall: 0, precision: 0 },
    { class: 2, samples: 1, correct: 0, loss: 2, lossStatus: 'finite', recall: 0, precision: 0 },
  ]
  t.strictSame(report(3, request), expected)
  const cut = (from: number, to: number): Request => ({
    ...request,
    predictions: (request.predictions as number[][]).slice(from, to),
    labels: (request.labels as number[]).slice(from, to),
  })
  t.strictSame(report(3, cut(0, 2), cut(2, 5)), expected, 'in two slices')
})

test('weights', async (t) => {
  // class 0: 1 + 4 of 5 right, predicted 5 of 10; class 1: losses 2 * 2 + 5 * 2 over 7
  t.strictSame(report(3, { ...request, sampleWeights: [1, 2, 0, 4, 5] }), [
    { class: 0, samples: 2, correct: 2, loss: 0, lossStatus: 'finite', recall: 1, precision: 0.5 },
    { class: 1, samples: 2, correct: 0, loss: 2, lossStatus: 'finite', recall: 0, precision: null },
    { class: 2, samples: 1, correct: 0, loss: null, lossStatus: 'undefined', recall: null, precision: 0 },
  ])
})

test('class weights weigh the loss only', async (t) => {
  // -log 1/2 times 3 over 3; log 1
  const weighted: Request = {
    loss: 'cross-entropy',
    labelFormat: 'index',
    logPolicy: 'exact',
    predictions: matrix('0.5 0.5; 0 1'),
    labels: [0, 1],
    classWeights: [3, 0],
  }
  const [first, second] = report(2, weighted)
  t.ok(Math.abs((first.loss ?? 0) - Math.LN2) < 1e-15)
  t.same([first.recall, first.precision], [1, 1])
  t.strictSame([second.loss, second.lossStatus, second.recall], [null, 'undefined', 1])
})

test('an infinite loss, and a class that does not occur', async (t) => {
  const infinite: Request = {
    loss: 'cross-entropy',
    labelFormat: 'index',
    logPolicy: 'exact',
    predictions: certain(1, 0),
    labels: [0, 0],
  }
  t.strictSame(report(3, infinite), [
    { class: 0, samples: 2, correct: 1, loss: null, lossStatus: 'infinite', recall: 0.5, precision: 1 },
    { class: 1, samples: 0, correct: 0, loss: null, lossStatus: 'undefined', recall: null, precision: 0 },
    { class: 2, samples: 0, correct: 0, loss: null, lossStatus: 'undefined', recall: null, precision: null },
  ])
})

test('it is reported in steps of 256 classes', async (t) => {
  const steps = (outputs: number) =>
    countSteps(perClass.report(perClass.empty(), { ...emptyTally, outputs }, specOf(request)))
  t.same([steps(255), steps(256), steps(1000)], [0, 1, 3])
})

test('values have no classes', async (t) => {
  t.equal(fold({ loss: 'mse', labelFormat: 'values', predictions: [1], labels: [1] }).size, 0)
})

test('a class that is only decided for by rows without weight has no totals', async (t) => {
  const weightless = {
    ...request,
    sampleWeights: [1, 0, 1, 1, 1],
    predictions: certain(0, 2, 1, 0, 0),
    labels: [0, 1, 1, 0, 1],
  }
  t.same([...fold(weightless).keys()].sort(), [0, 1])
  t.equal(perClass.answerNumbers(specOf(request), { samples: 1, outputs: 3 }), 18)
  t.equal(perClass.stateBytes(specOf(request), 3), 3 * (200 + 3 * 8 + 5 * 512))
})

const several: Request = {
  loss: 'mae',
  labelFormat: 'binary',
  predictions: matrix('0.75 0.25 0; 0.75 0.75 0; 0.25 0.75 0; 0.75 0.5 0'),
  labels: matrix('1 0 0; 0 1 0; 1 1 0; 1 1 0'),
  sampleWeights: [1, 2, 3, 4],
}

test('of several binary outputs each is a class, as in scikit-learn for multi-label indicators', async (t) => {
  // row losses (0.25, 0.25, 0), (0.75, 0.25, 0), (0.75, 0.25, 0), (0.25, 0.5, 0) over 3, times 1 to 4
  const [half, whole] = [(0.5 + 3 + 3) / 3 / 8, (2 + 3 + 3) / 3 / 9]
  const got = report(3, several)
  t.same(
    misses(got, [
      { class: 0, samples: 3, correct: 2, loss: half, lossStatus: 'finite', recall: 5 / 8, precision: 5 / 7 },
      { class: 1, samples: 3, correct: 2, loss: whole, lossStatus: 'finite', recall: 5 / 9, precision: 1 },
      { class: 2, samples: 0, correct: 0, loss: null, lossStatus: 'undefined', recall: null, precision: null },
    ]),
    [],
  )
  t.same(perClass.answerNumbers(specOf(several), { samples: 1, outputs: 3 }), 18)
  const row = (at: number): Request => ({
    ...several,
    predictions: [(several.predictions as number[][])[at]],
    labels: [(several.labels as number[][])[at]],
    sampleWeights: several.sampleWeights?.slice(at, at + 1),
  })
  t.strictSame(report(3, row(3), row(0), row(2), row(1)), got, 'row by row')
  const unweighted = report(3, { ...several, sampleWeights: undefined })
  t.same(
    unweighted.map(({ recall, precision }) => [recall, precision]),
    [
      [2 / 3, 2 / 3],
      [2 / 3, 1],
      [null, null],
    ],
  )
})

test('an infinite loss is one of each class that the row has', async (t) => {
  const infinite: Request = {
    loss: 'binary-cross-entropy',
    labelFormat: 'binary',
    logPolicy: 'exact',
    predictions: matrix('0 1; 0.5 1'),
    labels: matrix('1 1; 0 1'),
  }
  t.same(
    report(2, infinite).map(({ lossStatus, samples }) => [lossStatus, samples]),
    [
      ['infinite', 1],
      ['infinite', 2],
    ],
  )
})

test('outputs are folded in steps, and values have none', async (t) => {
  const wide = (outputs: number): Request => ({
    loss: 'mae',
    labelFormat: 'binary',
    predictions: [new Array<number>(outputs).fill(1)],
    labels: [new Array<number>(outputs).fill(1)],
  })
  const steps = (outputs: number) =>
    countSteps(perClass.foldInto(perClass.empty(), specOf(wide(2)), sliceOf(wide(outputs))))
  t.same([steps(2), steps(64), steps(200)], [0, 1, 3])
  const values: Request = { loss: 'mse', labelFormat: 'values', predictions: [[1, 2]], labels: [[1, 2]] }
  const classes = perClass.empty()
  finish(perClass.foldInto(classes, specOf(several), sliceOf(values)))
  t.equal(classes.size, 0)
})
