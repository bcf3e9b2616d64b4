import { test } from 'tap'
import { Confusion } from '../../../src/loss/report/confusion.ts'
import type { Request } from '../support.ts'
import { sliceOf } from '../support.ts'

test('scikit-learn confusion_matrix, the example of its documentation', async (t) => {
  // y_true = [2, 0, 2, 2, 0, 1], y_pred = [0, 0, 2, 2, 0, 2]; weights change nothing
  const predicted = [0, 0, 2, 2, 0, 2]
  const request: Request = {
    loss: 'mse',
    labelFormat: 'index',
    predictions: predicted.map((at) => [0, 1, 2].map((k) => (k === at ? 1 : 0))),
    labels: [2, 0, 2, 2, 0, 1],
    sampleWeights: [1, 2, 3, 4, 5, 0],
  }
  const confusion = new Confusion(3)
  confusion.add(sliceOf(request))
  t.same(confusion.report(), [
    [2, 0, 0],
    [0, 0, 1],
    [1, 0, 2],
  ])
  confusion.add(sliceOf({ ...request, predictions: [[0, 1, 0]], labels: [0], sampleWeights: undefined }))
  t.same(confusion.report(), [
    [2, 1, 0],
    [0, 0, 1],
    [1, 0, 2],
  ])
})

test('values have nothing to confuse', async (t) => {
  const confusion = new Confusion(2)
  confusion.add(sliceOf({ loss: 'mse', labelFormat: 'values', predictions: [1, 2], labels: [1, 2] }))
  t.same(confusion.report(), [
    [0, 0],
    [0, 0],
  ])
})
