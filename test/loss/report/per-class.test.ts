import { test } from 'tap'
import { fromInteger, toDouble } from '../../../src/loss/numerics/dyadic.ts'
import type { Groups } from '../../../src/loss/report/groups.ts'
import type { PerClassReport } from '../../../src/loss/report/per-class.ts'
import { perClass } from '../../../src/loss/report/per-class.ts'
import { emptyTally } from '../../../src/loss/tally.ts'
import type { Request } from '../support.ts'
import { countSteps, finish, invalidState, misses, sliceOf, specOf, stateOf } from '../support.ts'

function fold(...requests: Request[]): Groups {
  const classes = perClass.empty()
  for (const request of requests) finish(perClass.foldInto(classes, specOf(requests[0]), sliceOf(request)))
  return classes
}

function report(outputs: number, ...requests: Request[]): PerClassReport[] {
  const steps = perClass.report(fold(...requests), { ...emptyTally, outputs }, specOf(requests[0]))
  return finish(steps) as PerClassReport[]
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
  t.equal(perClass.answerNumbers(specOf(request), 3), 18)
  t.equal(perClass.stateBytes(specOf(request), 3), 3 * (200 + 3 * 8 + 5 * 512))
})

test('a state that no rows have is refused', async (t) => {
  const { tally, spec } = stateOf(request)
  const check = (classes: Groups) => () => finish(perClass.check(classes, tally, spec))
  const classes = fold(request)
  t.doesNotThrow(check(classes))
  // samples, correct, infinite; losses, weights, by label, by decision, right
  t.same(classes.get(0), { counts: [2, 2, 0], sums: [0, 2, 2, 3, 2].map(fromInteger) }, 'two samples, three decisions')
  const zeroClass = (counts: number[], ...sums: number[]) =>
    new Map(classes).set(0, { counts, sums: sums.map(fromInteger) })
  const cases: [name: string, classes: Groups][] = [
    ['no rows', new Map()],
    ['a class beyond the last', new Map(classes).set(3, { counts: [0, 0, 0], sums: [0, 0, 0, 1, 0].map(fromInteger) })],
    ['another number of samples', zeroClass([3, 2, 0], 0, 2, 2, 3, 2)],
    ['more right than samples', zeroClass([2, 3, 0], 0, 2, 2, 3, 2)],
    ['more infinite losses than samples', zeroClass([2, 2, 3], 0, 2, 2, 3, 2)],
    ['other right samples than the tally', zeroClass([2, 1, 0], 0, 2, 2, 3, 2)],
    ['other infinite losses than the tally', zeroClass([2, 2, 1], 0, 2, 2, 3, 2)],
    ['another loss', zeroClass([2, 2, 0], 1, 2, 2, 3, 2)],
    ['another weight', zeroClass([2, 2, 0], 0, 3, 2, 3, 2)],
    ['a negative weight', zeroClass([2, 2, 0], 0, -2, 2, 3, 2)],
    ['another weight by label', zeroClass([2, 2, 0], 0, 2, 3, 3, 2)],
    ['another weight by decision', zeroClass([2, 2, 0], 0, 2, 2, 4, 2)],
    ['another right weight', zeroClass([2, 2, 0], 0, 2, 2, 3, 1)],
    ['a negative right weight', zeroClass([2, 2, 0], 0, 2, 2, 3, -1)],
    ['more right weight than of the label', zeroClass([2, 2, 0], 0, 2, 1, 3, 2)],
    ['more right weight than of the decisions', zeroClass([2, 2, 0], 0, 2, 2, 1, 2)],
    ['right weight without a right sample', zeroClass([2, 0, 0], 0, 2, 2, 3, 2)],
    ['a loss of infinite samples alone', zeroClass([2, 2, 2], 1, 2, 2, 3, 2)],
    ['weight without samples', zeroClass([0, 0, 0], 0, 1, 0, 3, 0)],
    ['weight by label without samples', zeroClass([0, 0, 0], 0, 0, 1, 3, 0)],
    ['nothing at all', zeroClass([0, 0, 0], 0, 0, 0, 0, 0)],
  ]
  for (const [name, wrong] of cases) t.throws(check(wrong), invalidState, name)
})

const several: Request = {
  loss: 'mae',
  labelFormat: 'binary',
  predictions: [
    [0.75, 0.25, 0],
    [0.75, 0.75, 0],
    [0.25, 0.75, 0],
    [0.75, 0.5, 0],
  ],
  labels: [
    [1, 0, 0],
    [0, 1, 0],
    [1, 1, 0],
    [1, 1, 0],
  ],
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
  t.same(perClass.answerNumbers(specOf(several), 3), 18)
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
    predictions: [
      [0, 1],
      [0.5, 1],
    ],
    labels: [
      [1, 1],
      [0, 1],
    ],
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

test('a state of several binary outputs that no rows have is refused', async (t) => {
  const { tally, spec } = stateOf(several)
  const classes = fold(several)
  const { counts = [], sums = [] } = classes.get(0) ?? {}
  t.same(
    [counts, sums.slice(2).map(toDouble)],
    [
      [3, 2, 0],
      [8, 7, 5],
    ],
  )
  t.doesNotThrow(() => finish(perClass.check(classes, tally, spec)))
  const of = (at: number, value: number) => ({ counts, sums: sums.with(at, fromInteger(value)) })
  const cases: [name: string, classes: Groups][] = [
    ['more samples than rows', new Map(classes).set(0, { counts: [5, 2, 0], sums })],
    ['more infinite losses than rows have', new Map(classes).set(0, { counts: [3, 2, 1], sums })],
    ['more weight than there is', new Map(classes).set(0, of(1, 11))],
    ['more weight by label or decision than there is', new Map(classes).set(0, of(2, 9))],
    ['less that is wrong than of the rows', new Map(classes).set(0, of(2, 7))],
    ['a class beyond the last', new Map(classes).set(3, { counts, sums })],
  ]
  for (const [name, wrong] of cases) t.throws(() => finish(perClass.check(wrong, tally, spec)), invalidState, name)
})
