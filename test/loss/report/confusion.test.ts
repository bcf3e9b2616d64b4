import { test } from 'tap'
import { confusion, confusionWeights } from '../../../src/loss/report/confusion.ts'
import type { Groups } from '../../../src/loss/report/groups.ts'
import { matrix } from '../../matrix.ts'
import type { Request } from '../support.ts'
import { countSteps, finish, sliceOf, specOf, stateOf } from '../support.ts'

// y_true = [2, 0, 2, 2, 0, 1], y_pred = [0, 0, 2, 2, 0, 2]; weights change nothing
const request: Request = {
  loss: 'mse',
  labelFormat: 'index',
  predictions: [0, 0, 2, 2, 0, 2].map((at) => [0, 1, 2].map((k) => (k === at ? 1 : 0))),
  labels: [2, 0, 2, 2, 0, 1],
  sampleWeights: [1, 2, 3, 4, 5, 0],
}

function reported(steps: Generator<void, unknown>): unknown {
  return JSON.parse(JSON.stringify(finish(steps)))
}

test('scikit-learn confusion_matrix, the example of its documentation', async (t) => {
  const spec = specOf(request)
  const { tally } = stateOf(request)
  const cells = confusion.fold(spec, sliceOf(request))
  t.same(reported(confusion.report(cells, tally, spec)), matrix('2 0 0; 0 0 1; 1 0 2'))
  const further = { ...request, predictions: [[0, 1, 0]], labels: [0], sampleWeights: undefined }
  finish(confusion.absorb(cells, confusion.fold(spec, sliceOf(further))))
  t.same(reported(confusion.report(cells, tally, spec)), matrix('2 1 0; 0 0 1; 1 0 2'))
  t.equal(confusion.answerNumbers(specOf(request), { samples: 1, outputs: 3 }), 9)
  t.equal(confusion.stateBytes(specOf(request), 3), 9 * (200 + 8))
})

test('one binary output has two classes; scikit-learn says [[1, 1], [1, 2]]', async (t) => {
  const binary: Request = {
    loss: 'binary-cross-entropy',
    labelFormat: 'binary',
    predictions: [0.9, 0.6, 0.2, 0.8, 0.1],
    labels: [1, 0, 1, 1, 0],
  }
  const { tally, spec } = stateOf(binary)
  const cells = confusion.fold(spec, sliceOf(binary))
  t.same(reported(confusion.report(cells, tally, spec)), matrix('1 1; 1 2'))
  t.equal(confusion.answerNumbers(spec, { samples: 5, outputs: 1 }), 4)
})

test('it is reported in steps of some 8192 cells that occur', async (t) => {
  const { tally, spec } = stateOf(request)
  const steps = (cells: number) => {
    const groups: Groups = new Map(Array.from({ length: cells }, (_, cell) => [cell, { counts: [1], sums: [] }]))
    return countSteps(confusion.report(groups, { ...tally, outputs: 447 }, spec))
  }
  t.same([steps(3), steps(8192), steps(447 * 447)], [0, 1, 24])
})

test('values have nothing to confuse', async (t) => {
  const values: Request = { loss: 'mse', labelFormat: 'values', predictions: [1, 2], labels: [1, 2] }
  t.equal(confusion.fold(specOf(values), sliceOf(values)).size, 0)
})

test('confusionWeights: scikit-learn confusion_matrix with sample_weight', async (t) => {
  const spec = specOf(request)
  const { tally } = stateOf(request)
  const cells = confusionWeights.fold(spec, sliceOf(request))
  t.same(reported(confusionWeights.report(cells, tally, spec)), matrix('7 0 0; 0 0 0; 1 0 7'))
  t.notOk(cells.has(5), 'a cell without weight')
  t.equal(confusionWeights.answerNumbers(spec, { samples: 1, outputs: 3 }), 9)
  t.equal(confusionWeights.stateBytes(spec, 3), 9 * (200 + 512))
  const plain = { ...request, sampleWeights: undefined }
  t.same(
    reported(confusionWeights.report(confusionWeights.fold(spec, sliceOf(plain)), tally, spec)),
    reported(confusion.report(confusion.fold(spec, sliceOf(plain)), tally, spec)),
    'without weights they are counts',
  )
  const values: Request = { loss: 'mse', labelFormat: 'values', predictions: [1, 2], labels: [1, 2] }
  t.equal(confusionWeights.fold(specOf(values), sliceOf(values)).size, 0)
})
