import { test } from 'tap'
import { PerClass } from '../../../src/loss/report/per-class.ts'
import type { Request } from '../support.ts'
import { sliceOf } from '../support.ts'

function report(classes: number, ...requests: Request[]) {
  const part = new PerClass(classes)
  for (const request of requests) part.add(sliceOf(request))
  return part.report()
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
    predictions: [
      [0.5, 0.5],
      [0, 1],
    ],
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

test('values have no classes', async (t) => {
  const nothing = { samples: 0, correct: 0, loss: null, lossStatus: 'undefined', recall: null, precision: null }
  t.strictSame(report(1, { loss: 'mse', labelFormat: 'values', predictions: [1], labels: [1] }), [
    { class: 0, ...nothing },
  ])
})
