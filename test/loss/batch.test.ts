import { test } from 'tap'
import { check, layoutOfAll, rowsPerStep } from '../../src/loss/batch.ts'
import { InvalidContent } from '../../src/loss/validation-errors.ts'
import { matrix } from '../matrix.ts'
import { unaccounted } from '../unaccounted.ts'
import type { Request } from './support.ts'
import { batchOf, errorsOf, specOf, tensorsOf } from './support.ts'

const predictions = matrix('0.5 0.5; 0.25 0.75; 1 0')
const byIndex: Request = { loss: 'cross-entropy', labelFormat: 'index', predictions, labels: [1, 1, 0] }

test('elements that are no numbers are reported for all tensors at once', async (t) => {
  const request = { ...byIndex, labels: [1, 'x', 0], sampleWeights: [1, null, 1] as number[] }
  const paths = errorsOf(() => layoutOfAll(specOf(request), tensorsOf(request))).map(({ path }) => path.join('/'))
  t.same(paths, ['labels/1', 'sampleWeights/1'])
})

test('every number is checked, and all errors are reported together', async (t) => {
  const request: Request = {
    ...byIndex,
    predictions: matrix('0.5 0.6; 0.25 0.75; 1 0'),
    labels: [1, 2, 0],
    sampleWeights: [1, 1, -1],
  }
  const errors = errorsOf(() => batchOf(request))
  t.same(
    errors.map(({ path }) => path.join('/')),
    ['predictions/0', 'labels/1', 'sampleWeights/2'],
  )
})

test('the number of errors is the true one', async (t) => {
  const rows = new Array<number>(70000).fill(7)
  try {
    batchOf({ loss: 'brier', labelFormat: 'binary', predictions: rows, labels: rows })
    t.fail('it was let through')
  } catch (error) {
    if (!(error instanceof InvalidContent)) throw error
    t.same([error.errors.count, error.errors.list.length], [140000, 20])
  }
})

test('it pauses after each step of some 65536 numbers, a row counting as 6 more', async (t) => {
  const cases = matrix('1 9362; 10 4096; 65536 1; 1000000 1')
  for (const [outputs, rows] of cases) t.equal(rowsPerStep(outputs), rows, String(outputs))
  const list = new Array<number>(2 * 9362 + 1).fill(0)
  const request: Request = { loss: 'mse', labelFormat: 'values', predictions: list, labels: list }
  const spec = specOf(request)
  const tensors = tensorsOf(request)
  t.equal(Array.from(check(spec, tensors, layoutOfAll(spec, tensors), unaccounted)).length, 3)
})

test('a batch that is wrong everywhere takes as many steps as it takes to check', async (t) => {
  const labels = new Array<number>(3 * 9362).fill(7)
  const request: Request = { loss: 'brier', labelFormat: 'binary', predictions: labels, labels }
  const spec = specOf(request)
  const tensors = tensorsOf(request)
  let steps = 0
  const count = () => {
    const checking = check(spec, tensors, layoutOfAll(spec, tensors), unaccounted)
    for (const _ of checking) steps++
  }
  t.equal(errorsOf(count).length, 20)
  t.equal(steps, 3)
})
