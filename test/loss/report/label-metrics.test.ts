import { test } from 'tap'
import { fromInteger } from '../../../src/loss/numerics/dyadic.ts'
import type { Groups } from '../../../src/loss/report/groups.ts'
import type { LabelMetrics } from '../../../src/loss/report/label-metrics.ts'
import { foldLabels, reportLabels } from '../../../src/loss/report/label-metrics.ts'
import { emptyTally } from '../../../src/loss/tally.ts'
import { matrix } from '../../matrix.ts'
import type { Request } from '../support.ts'
import { countSteps, finish, misses, sliceOf, specOf, stateOf } from '../support.ts'

function fold(...requests: readonly Request[]): Groups {
  const groups: Groups = new Map()
  for (const request of requests) finish(foldLabels(groups, specOf(requests[0]), sliceOf(request)))
  return groups
}

function report(request: Request, ...further: readonly Request[]): LabelMetrics {
  const { tally } = stateOf(request, ...further)
  return finish(reportLabels(fold(request, ...further), tally, specOf(request)))
}

/** Predictions that are certain of a class of three. */
function certain(...classes: number[]): number[][] {
  return classes.map((at) => [0, 1, 2].map((k) => (k === at ? 1 : 0)))
}

// scikit-learn's example of precision_recall_fscore_support: cat 0, dog 1, pig 2
const animals: Request = {
  loss: 'mse',
  labelFormat: 'index',
  predictions: certain(0, 2, 1, 0, 0, 1),
  labels: [0, 1, 2, 0, 1, 2],
}

test('the example of scikit-learn precision_recall_fscore_support', async (t) => {
  // precision 2/3, 0, 0 and recall 1, 0, 0; kappa (2/6 - 1/3) / (1 - 1/3)
  t.same(
    misses(report(animals), {
      precision: { macro: 2 / 9, micro: 1 / 3, weighted: 2 / 9 },
      recall: { macro: 1 / 3, micro: 1 / 3, weighted: 1 / 3 },
      f1: { macro: 4 / 15, micro: 1 / 3, weighted: 4 / 15 },
      jaccard: { macro: 2 / 9, micro: 1 / 5, weighted: 2 / 9 },
      balancedAccuracy: 1 / 3,
      matthewsCorrelation: 0,
      cohenKappa: 0,
    }),
    [],
  )
})

test('a class that does not occur, or has no weight, is in no average', async (t) => {
  const two = { ...animals, predictions: certain(0, 1, 1, 2), labels: [0, 0, 1, 1], sampleWeights: [1, 1, 2, 0] }
  const { recall, balancedAccuracy } = report(two)
  t.same([recall, balancedAccuracy], [{ macro: 0.75, micro: 0.75, weighted: 0.75 }, 0.75])
  t.same([...fold(two).keys()], [0, 1])
})

test('disagreement is negative', async (t) => {
  const wrong = report({ ...animals, predictions: certain(1, 1, 0, 0), labels: [0, 0, 1, 1] })
  t.same([wrong.matthewsCorrelation, wrong.cohenKappa, wrong.balancedAccuracy], [-1, -1, 0])
})

test('one class throughout: no correlation, and kappa has nothing to divide by', async (t) => {
  const { matthewsCorrelation, cohenKappa, f1 } = report({ ...animals, predictions: certain(1, 1), labels: [1, 1] })
  t.same([matthewsCorrelation, cohenKappa, f1], [0, null, { macro: 1, micro: 1, weighted: 1 }])
  const empty = report({ ...animals, predictions: certain(1, 2), labels: [1, 1] })
  t.same([empty.matthewsCorrelation, empty.cohenKappa], [0, 0])
})

test('without weight everything is null but the counts, which are 0', async (t) => {
  const weightless = report({ ...animals, sampleWeights: [0, 0, 0, 0, 0, 0] })
  t.strictSame(Object.values(weightless), [null, null, null, null, null, null, null])
  const binary = report({
    loss: 'mse',
    labelFormat: 'binary',
    predictions: [1, 0],
    labels: [1, 0],
    sampleWeights: [0, 0],
  })
  const { perOutput, ...averaged } = binary
  const expected = {
    truePositives: 0,
    falsePositives: 0,
    trueNegatives: 0,
    falseNegatives: 0,
    precision: null,
    recall: null,
    f1: null,
    jaccard: null,
    specificity: null,
    balancedAccuracy: null,
    matthewsCorrelation: null,
    cohenKappa: null,
  }
  t.strictSame([averaged, perOutput], [expected, [expected]])
})

test('one binary output: averages over both classes, and those of the positive one', async (t) => {
  // TP 2, FP 1, TN 3, FN 2
  const request: Request = {
    loss: 'mse',
    labelFormat: 'binary',
    predictions: [1, 1, 1, 0, 0, 0, 0, 0],
    labels: [1, 1, 0, 0, 0, 0, 1, 1],
  }
  const counts = { truePositives: 2, falsePositives: 1, trueNegatives: 3, falseNegatives: 2 }
  const agreement = { balancedAccuracy: 0.625, matthewsCorrelation: 4 / Math.sqrt(240), cohenKappa: 0.25 }
  const wanted = {
    precision: { macro: (2 / 3 + 3 / 5) / 2, micro: 5 / 8, weighted: (2 / 3 + 3 / 5) / 2 },
    recall: { macro: 0.625, micro: 0.625, weighted: 0.625 },
    f1: { macro: (4 / 7 + 2 / 3) / 2, micro: 0.625, weighted: (4 / 7 + 2 / 3) / 2 },
    jaccard: { macro: 0.45, micro: 5 / 11, weighted: 0.45 },
    ...counts,
    specificity: 0.75,
    ...agreement,
    perOutput: [{ ...counts, precision: 2 / 3, recall: 0.5, f1: 4 / 7, jaccard: 0.4, specificity: 0.75, ...agreement }],
  }
  t.same(misses(report(request), wanted), [])
})

test('several binary outputs: sums and means over them, the same in any number of slices', async (t) => {
  const rows = (from: number, to: number): Request => ({
    loss: 'mse',
    labelFormat: 'binary',
    predictions: matrix('1 0 0; 1 1 0; 0 1 0').slice(from, to),
    labels: matrix('1 0 0; 0 1 0; 1 1 0').slice(from, to),
    sampleWeights: [0.1, 0.2, 0.7].slice(from, to),
  })
  const whole = report(rows(0, 3))
  t.strictSame(report(rows(2, 3), rows(0, 2)), whole)
  t.same([whole.truePositives, whole.falsePositives, whole.falseNegatives], [1, 0.2, 0.7])
  t.same(whole.recall?.macro, ((whole.perOutput?.[0].recall ?? 0) + 1 + 0) / 3)
  t.same(
    whole.perOutput?.map(({ cohenKappa }) => cohenKappa === null),
    [false, false, true],
    'none of the last',
  )
  t.equal(whole.cohenKappa, ((whole.perOutput?.[0].cohenKappa ?? 0) + 1) / 2)
})

test('outputs without a positive label, or a positive decision, have quotients of 0', async (t) => {
  const labels = matrix('0 0; 0 0')
  const nothing = { macro: 0, micro: 0, weighted: 0 }
  const { precision, recall, f1, jaccard, specificity } = report({
    loss: 'mse',
    labelFormat: 'binary',
    predictions: labels,
    labels,
  })
  t.strictSame([precision, recall, f1, jaccard, specificity], [nothing, nothing, nothing, nothing, 1])
})

test('classes and outputs are folded and reported in steps', async (t) => {
  const tally = (outputs: number) => ({ ...emptyTally, outputs, samples: 1, sampleWeight: fromInteger(1) })
  const one = { counts: [], sums: [fromInteger(1), fromInteger(1), fromInteger(1)] }
  const many = (count: number): Groups => new Map(Array.from({ length: count }, (_, k) => [k, one]))
  const ofClasses = (count: number) => countSteps(reportLabels(many(count), tally(count), specOf(animals)))
  t.same([ofClasses(3), ofClasses(511), ofClasses(512), ofClasses(1536)], [0, 0, 2, 6])
  const wide = (outputs: number): Request => ({
    loss: 'mse',
    labelFormat: 'binary',
    predictions: [new Array<number>(outputs).fill(1)],
    labels: [new Array<number>(outputs).fill(1)],
  })
  const spec = specOf(wide(2))
  const ofOutputs = (count: number) => countSteps(reportLabels(many(count), tally(count), spec))
  t.same([ofOutputs(63), ofOutputs(64), ofOutputs(512)], [0, 1, 9])
  const folding = (outputs: number) => countSteps(foldLabels(new Map(), spec, sliceOf(wide(outputs))))
  t.same([folding(63), folding(64), folding(200)], [0, 1, 3])
})

test('values have no labels to fold', async (t) => {
  const values: Request = { loss: 'mse', labelFormat: 'values', predictions: [1], labels: [1] }
  t.equal(fold(values).size, 0)
  const groups: Groups = new Map()
  finish(foldLabels(groups, specOf(animals), sliceOf(values)))
  t.equal(groups.size, 0)
})
