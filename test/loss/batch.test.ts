import { test } from 'tap'
import type { Batch } from '../../src/loss/batch.ts'
import { check, layoutOfAll, rowsPerStep } from '../../src/loss/batch.ts'
import { pack } from '../../src/loss/pack.ts'
import { InvalidContent } from '../../src/loss/validation-errors.ts'
import { matrix } from '../matrix.ts'
import { unaccounted } from '../unaccounted.ts'
import type { Request } from './support.ts'
import { batchOf, errorsOf, finish, specOf, tensorsOf } from './support.ts'

const predictions = matrix('0.5 0.5; 0.25 0.75; 1 0')
const byIndex: Request = { loss: 'cross-entropy', labelFormat: 'index', predictions, labels: [1, 1, 0] }

/** A batch with its arrays as lists. */
function plain({ samples, outputs, predictions, classes, targets, sampleWeights }: Batch) {
  const list = (array: ArrayLike<number> | undefined) => array && Array.from(array)
  return [samples, outputs, list(predictions), list(classes), list(targets), list(sampleWeights)]
}

test('a checked batch', async (t) => {
  const flat = predictions.flat()
  const soft = matrix('0.5 0.5; 0.75 0.25; 0 1')
  const cases: [name: string, request: Request, batch: unknown[]][] = [
    ['index', byIndex, [3, 2, flat, [1, 1, 0], undefined, undefined]],
    ['ignoreIndex', { ...byIndex, labels: [1, 7, 0], ignoreIndex: 7 }, [3, 2, flat, [1, -1, 0], undefined, undefined]],
    [
      'one-hot',
      { ...byIndex, labelFormat: 'one-hot', labels: matrix('0 1; 0 1; 1 0') },
      [3, 2, flat, [1, 1, 0], undefined, undefined],
    ],
    [
      'soft',
      { ...byIndex, labelFormat: 'probabilities', labels: soft },
      [3, 2, flat, [0, 0, 1], soft.flat(), undefined],
    ],
    [
      'values',
      { loss: 'mse', labelFormat: 'values', predictions: [1, 2], labels: [3, 4], sampleWeights: [5, 0] },
      [2, 1, [1, 2], undefined, [3, 4], [5, 0]],
    ],
    [
      'binary',
      { loss: 'hinge', labelFormat: 'binary', predictions: [[1], [2]], labels: [[1], [0]] },
      [2, 1, [1, 2], undefined, [1, 0], undefined],
    ],
    ['one row', { ...byIndex, predictions: [0.25, 0.75], labels: 1 }, [1, 2, [0.25, 0.75], [1], undefined, undefined]],
  ]
  for (const [name, request, batch] of cases) t.strictSame(plain(batchOf(request)), batch, name)
})

test('elements that are no numbers are reported for all tensors at once', async (t) => {
  const request = { ...byIndex, labels: [1, 'x', 0], sampleWeights: [1, null, 1] as number[] }
  const paths = errorsOf(() => layoutOfAll(specOf(request), tensorsOf(request))).map(({ path }) => path.join('/'))
  t.same(paths, ['labels/1', 'sampleWeights/1'])
})

test('shapes that do not fit each other', async (t) => {
  const cases: [change: Partial<Request>, path: string][] = [
    [{ predictions: [] }, 'predictions'],
    [{ labels: [1, 1] }, 'labels'],
    [{ sampleWeights: [1, 2] }, 'sampleWeights'],
    [{ classWeights: [1, 2, 3] }, 'classWeights'],
  ]
  for (const [change, path] of cases) {
    const request = { ...byIndex, ...change }
    t.same(
      errorsOf(() => layoutOfAll(specOf(request), tensorsOf(request))).map((error) => error.path.join('/')),
      [path],
      path,
    )
  }
})

test('a baseline has the shape of the predictions, and its numbers are checked like theirs', async (t) => {
  const spec = specOf(byIndex)
  const withBaseline = (baseline: unknown) => ({ ...tensorsOf(byIndex), baseline: pack('baseline', baseline) })
  const refusals = (baseline: unknown) =>
    errorsOf(() => {
      const tensors = withBaseline(baseline)
      finish(check(spec, tensors, layoutOfAll(spec, tensors), unaccounted))
    }).map(({ path }) => path.join('/'))
  t.same(refusals(byIndex.predictions), [])
  t.same(refusals([[0.5, 0.5]]), ['baseline'])
  t.same(refusals(Array.from(byIndex.predictions as unknown[], () => [0.5, 'x']))[0], 'baseline/0/1')
  t.same(refusals(Array.from(byIndex.predictions as unknown[], () => [0.5, 2]))[0], 'baseline/0/1')
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

test('what a loss is not defined for is refused without a hint at another format', async (t) => {
  const request: Request = { loss: 'mape', labelFormat: 'values', predictions: [1, 2], labels: [0, 1] }
  const errors = errorsOf(() => batchOf(request))
  t.same(errors, [
    { path: ['labels', 0], detail: 'labels[0] is 0; loss "mape" needs labels other than 0.', received: 0 },
  ])
})
