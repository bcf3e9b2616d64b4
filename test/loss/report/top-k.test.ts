import { test } from 'tap'
import { topKAccuracy } from '../../../src/loss/report/top-k.ts'
import { matrix } from '../../matrix.ts'
import type { Request } from '../support.ts'
import { evaluate, sliceOf, specOf } from '../support.ts'

// the example of scikit-learn's documentation of top_k_accuracy_score, where k = 2 gives 0.75
const request: Request = {
  loss: 'mse',
  labelFormat: 'index',
  predictions: matrix('0.5 0.2 0.2; 0.3 0.4 0.2; 0.2 0.4 0.3; 0.7 0.2 0.1'),
  labels: [0, 1, 2, 2],
}

function share(options: Partial<Request>): unknown {
  return evaluate({ ...request, ...options }).topKAccuracy
}

test('scikit-learn top_k_accuracy_score, the example of its documentation', async (t) => {
  t.same([share({ topK: 1 }), share({ topK: 2 }), share({ topK: 3 })], [0.5, 0.75, 1])
  t.equal(share({ topK: 2, sampleWeights: [1, 0.5, 2, 0.5] }), 0.875)
  t.equal(share({ topK: 2, sampleWeights: [0, 0, 0, 0] }), null)
  t.equal(share({}), undefined)
})

test('of equal predictions the lowest index comes first, as for the accuracy', async (t) => {
  const ties = (label: number, topK: number) =>
    share({ predictions: [[0.25, 0.25, 0.5, 0.25]], labels: [label], topK }) === 1
  const seen = [0, 1, 2, 3].map((label) => [1, 2, 3, 4].map((topK) => ties(label, topK)))
  t.same(seen, [
    [false, true, true, true],
    [false, false, true, true],
    [true, true, true, true],
    [false, false, false, true],
  ])
})

test('rows left out, batches, and options that do not fit', async (t) => {
  t.equal(share({ topK: 2, labels: [0, 1, 2, -1], ignoreIndex: -1 }), 1)
  const [first, second] = [
    { ...request, topK: 2 },
    { ...request, labels: [2, 2, 0, 0] },
  ]
  t.equal(evaluate(first, undefined, second).topKAccuracy, 0.5)
  t.same(evaluate({ ...request, topK: 2 }).spec.topK, 2)
  t.throws(() => share({ topK: 4 }), { message: 'topK is 4; it must be at most the 3 outputs of predictions' })
})

test('values have no classes', async (t) => {
  const values: Request = { loss: 'mse', labelFormat: 'values', predictions: [1, 2], labels: [1, 2] }
  t.equal(topKAccuracy.fold(specOf(values), sliceOf(values)).size, 0)
  t.equal(topKAccuracy.fold(specOf(request), sliceOf(request)).size, 0, 'nor is there a class among none')
  t.equal(topKAccuracy.answerNumbers(specOf(request), { samples: 1, outputs: 3 }), 1)
  t.equal(topKAccuracy.stateBytes(specOf(request), 3), 200 + 8 + 512)
})
