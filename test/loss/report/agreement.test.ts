import { test } from 'tap'
import { Agreement } from '../../../src/loss/report/agreement.ts'
import { emptyTally } from '../../../src/loss/tally.ts'
import { matrix } from '../../matrix.ts'
import { unaccounted } from '../../unaccounted.ts'
import type { Request } from '../support.ts'
import { finish, sliceOf, specOf, stateOf } from '../support.ts'

const classes: Request = {
  loss: 'cross-entropy',
  labelFormat: 'index',
  predictions: matrix('0.9 0.1; 0.9 0.1; 0.1 0.9; 0.1 0.9'),
  labels: [0, 0, 0, 1],
  sampleWeights: [1, 2, 4, 8],
}
const other: Request = { ...classes, predictions: matrix('0.9 0.1; 0.1 0.9; 0.1 0.9; 0.9 0.1') }

function reportOf(one: Request, another: Request) {
  const agreement = new Agreement()
  agreement.add(sliceOf(one).decisions, sliceOf(another).decisions)
  return finish(agreement.report(stateOf(one).tally, stateOf(another).tally, specOf(one), unaccounted))
}

test('samples are counted by who is right, whatever their weights, and the accuracies are weighted', async (t) => {
  t.strictSame(reportOf(classes, other), {
    bothRight: 1,
    onlyPredictions: 2,
    onlyBaseline: 0,
    bothWrong: 1,
    accuracyDifference: 10 / 15,
    pValue: 0.5,
  })
  t.match(reportOf(other, classes), { onlyPredictions: 0, onlyBaseline: 2, accuracyDifference: -10 / 15, pValue: 0.5 })
})

test('slices add up, and without weight there is no accuracy', async (t) => {
  const agreement = new Agreement()
  for (let i = 0; i < 3; i++) agreement.add(sliceOf(classes).decisions, sliceOf(other).decisions)
  const weightless = { ...classes, sampleWeights: [0, 0, 0, 0] }
  const { tally } = stateOf(weightless)
  t.strictSame(finish(agreement.report(tally, tally, specOf(weightless), unaccounted)), {
    bothRight: 3,
    onlyPredictions: 6,
    onlyBaseline: 0,
    bothWrong: 3,
    accuracyDifference: null,
    pValue: 2 ** -5,
  })
})

test('values are neither right nor wrong', async (t) => {
  const values: Request = { loss: 'mse', labelFormat: 'values', predictions: [1], labels: [2] }
  t.equal(reportOf(values, values), undefined)
  const agreement = new Agreement()
  agreement.add(sliceOf(classes).decisions, undefined)
  t.match(finish(agreement.report(emptyTally, emptyTally, specOf(classes), unaccounted)), {
    bothRight: 0,
    bothWrong: 0,
    pValue: 1,
  })
})

test('outputs of a row are no samples of their own: one output ten times has the p-value of one', async (t) => {
  // six rows only the predictions have right, two only the baseline
  const predictions = [0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.1, 0.1]
  const baseline = predictions.map((y) => 1 - y)
  const labels = predictions.map(() => 1)
  const one: Request = { loss: 'binary-cross-entropy', labelFormat: 'binary', predictions, labels }
  const tiled = (numbers: readonly number[]) => numbers.map((number) => new Array<number>(10).fill(number))
  const ten: Request = { ...one, predictions: tiled(predictions), labels: tiled(labels) }
  // 2 (1 + 8 + 28) / 2^8
  t.match(reportOf(one, { ...one, predictions: baseline }), { onlyPredictions: 6, onlyBaseline: 2, pValue: 74 / 256 })
  t.match(reportOf(ten, { ...ten, predictions: tiled(baseline) }), {
    onlyPredictions: 60,
    onlyBaseline: 20,
    pValue: 74 / 256,
  })
})
