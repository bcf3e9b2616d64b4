import { test } from 'tap'
import { fromInteger } from '../../../src/loss/numerics/dyadic.ts'
import type { Groups } from '../../../src/loss/report/groups.ts'
import type { LabelMetrics } from '../../../src/loss/report/label-metrics.ts'
import { foldLabels, reportLabels } from '../../../src/loss/report/label-metrics.ts'
import { emptyTally } from '../../../src/loss/tally.ts'
import type { Request } from '../support.ts'
import { countSteps, finish, sliceOf, specOf, stateOf } from '../support.ts'

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
