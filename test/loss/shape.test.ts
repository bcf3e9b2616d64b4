import { test } from 'tap'
import { pack } from '../../src/loss/pack.ts'
import { resolve } from '../../src/loss/resolve.ts'
import {
  asReceived,
  checkLabelShape,
  checkWeightShape,
  layoutOf,
  maxOutputs,
  pathOf,
  place,
  rowPathOf,
} from '../../src/loss/shape.ts'
import type { Options } from '../../src/loss/spec.ts'
import type { Tensor } from '../../src/loss/tensor.ts'
import { matrix } from '../matrix.ts'
import { errorsOf } from './support.ts'

const byIndex: Options = { loss: 'cross-entropy', labelFormat: 'index' }
const byOneHot: Options = { loss: 'cross-entropy', labelFormat: 'one-hot' }
const byValues: Options = { loss: 'mse', labelFormat: 'values' }
const byBits: Options = { loss: 'binary-cross-entropy', labelFormat: 'binary' }

test('samples and outputs', async (t) => {
  const cases: [options: Options, predictions: unknown, samples: number, outputs: number][] = [
    [byIndex, matrix('1 2; 3 4; 5 6'), 3, 2],
    [byIndex, [1, 2, 3], 1, 3],
    [byOneHot, [1, 2, 3], 1, 3],
    [{ loss: 'mse', labelFormat: 'probabilities' }, [1, 2, 3], 1, 3],
    [byValues, [1, 2, 3], 3, 1],
    [byBits, [1, 2, 3], 3, 1],
    [{ loss: 'binary-cross-entropy', labelFormat: 'probabilities' }, [1, 2, 3], 3, 1],
    [byValues, [[1], [2]], 2, 1],
  ]
  for (const [options, predictions, samples, outputs] of cases) {
    const layout = layoutOf(resolve(options), pack('predictions', predictions))
    t.same(layout, { samples, outputs }, `${options.labelFormat} ${JSON.stringify(predictions)}`)
  }
})

test('predictions of no use', async (t) => {
  const cases: [predictions: unknown, path: (string | number)[], detail: string, received: unknown][] = [
    [7, ['predictions'], 'predictions is a bare number; it must be a list of numbers or a list of rows', 7],
    [[], ['predictions'], 'predictions is empty; it must have at least one sample', 'an empty array'],
    [[[], []], ['predictions', 0], 'predictions[0] is empty; a row must have at least one number', 'an empty array'],
  ]
  for (const [predictions, path, detail, received] of cases) {
    const errors = errorsOf(() => layoutOf(resolve(byValues), pack('predictions', predictions)))
    t.same(errors, [{ path, detail, received }], JSON.stringify(predictions))
  }
})

test('no row has more outputs than the limit', async (t) => {
  t.equal(maxOutputs, 2 ** 18)
  const cases: [options: Options, tensor: Tensor, isTooWide: boolean][] = [
    [byIndex, zeros(2, maxOutputs), false],
    [byIndex, zeros(2, maxOutputs + 1), true],
    [byIndex, zeros(maxOutputs), false],
    [byIndex, zeros(maxOutputs + 1), true],
    [byValues, zeros(1, maxOutputs + 1), true],
    [byValues, zeros(maxOutputs + 1), false],
  ]
  for (const [options, tensor, isTooWide] of cases) {
    const layOut = () => layoutOf(resolve(options), tensor)
    const detail = '262145 numbers per row of predictions are more than the limit maxColumns, 262144'
    const refusal = { limit: 'maxColumns', allowed: maxOutputs, path: ['predictions'], message: detail }
    if (isTooWide) t.throws(layOut, refusal, tensor.shape.join())
    else t.doesNotThrow(layOut, tensor.shape.join())
  }
})

function zeros(...shape: number[]): Tensor {
  const data = new Float64Array(shape.reduce((product, size) => product * size))
  return { data, shape, nonNumeric: [], nonNumericCount: 0 }
}

const two = matrix('0.5 0.5; 0.25 0.75')

test('labels of the right shape', async (t) => {
  const cases: [options: Options, predictions: unknown, labels: unknown][] = [
    [byIndex, two, [0, 1]],
    [byIndex, [0.5, 0.5], 1],
    [byIndex, [0.5, 0.5], [1]],
    [byOneHot, two, two],
    [byOneHot, [0, 1], [0, 1]],
    [byValues, [1, 2], [1, 2]],
    [byBits, [[1], [0]], [[1], [0]]],
  ]
  for (const [options, predictions, labels] of cases)
    t.same(labelFaults(options, predictions, labels), [], JSON.stringify(labels))
})

function labelFaults(options: Options, predictions: unknown, labels: unknown) {
  const spec = resolve(options)
  const tensor = pack('predictions', predictions)
  const layout = layoutOf(spec, tensor)
  const received = pack('labels', labels)
  return errorsOf(() => checkLabelShape(spec, tensor, received, layout))
}

test('labels of another shape: what they are, and what is needed', async (t) => {
  const oneEach = 'labelFormat "index" needs one integer per sample.'
  const ofTwoRows = 'labelFormat "one-hot" needs one row of 2 numbers for each of 2 samples, the shape of predictions.'
  const ofOneRow = 'needs a list of 2 numbers, the shape of predictions.'
  const ofColumns = 'labelFormat "binary" needs one row of 1 number for each of 2 samples, the shape of predictions.'
  const [flat, one] = [[0.5, 0.5], 'an array of 2 numbers']
  const cases: [options: Options, predictions: unknown, labels: unknown, detail: string, received: unknown][] = [
    [byIndex, two, matrix('3 1; 0 0'), `labels[0] is ${one}; ${oneEach}`, 'an array of 2 arrays of 2 numbers'],
    [
      byIndex,
      two,
      [0, 1, 1],
      `labels has 3 numbers, and predictions has 2 samples; ${oneEach}`,
      'an array of 3 numbers',
    ],
    [byIndex, two, 1, `labels is a single number, and predictions has 2 samples; ${oneEach}`, 1],
    [byIndex, flat, [0, 1], `labels has 2 numbers, and predictions, a flat list, is one sample; ${oneEach}`, one],
    [byOneHot, two, [1, 0], `labels[0] is the number 1; ${ofTwoRows}`, one],
    [byOneHot, two, [], `labels is a list of 0 numbers; ${ofTwoRows}`, 'an array of 0 numbers'],
    [
      byOneHot,
      two,
      matrix('1 0 0; 0 1 0'),
      `labels is 2 rows of 3 numbers; ${ofTwoRows}`,
      'an array of 2 arrays of 3 numbers',
    ],
    [byOneHot, flat, 1, `labels is a bare number; labelFormat "one-hot" ${ofOneRow}`, 1],
    [
      byValues,
      [1, 2],
      [[1], [2]],
      `labels is 2 rows of 1 number; labelFormat "values" ${ofOneRow}`,
      'an array of 2 arrays of 1 number',
    ],
    [byBits, [[1], [0]], [1, 0], `labels[0] is the number 1; ${ofColumns}`, one],
  ]
  for (const [options, predictions, labels, detail, received] of cases) {
    const name = `${options.labelFormat}: ${JSON.stringify(predictions)} ${JSON.stringify(labels)}`
    t.same(labelFaults(options, predictions, labels), [{ path: ['labels'], detail, received }], name)
  }
})

test('weights are a list of the right length', async (t) => {
  const check = (value: unknown) =>
    errorsOf(() => checkWeightShape('sampleWeights', pack('sampleWeights', value), 2, 'samples'))
  t.same(check([1, 2]), [])
  const cases: [value: unknown, found: string, received: unknown][] = [
    [[1], 'a list of 1 number', 'an array of 1 number'],
    [3, 'a bare number', 3],
    [[[1], [2]], '2 rows of 1 number', 'an array of 2 arrays of 1 number'],
  ]
  for (const [value, found, received] of cases) {
    const detail = `sampleWeights is ${found}; it must be a list with one number for each of the 2 samples`
    t.same(check(value), [{ path: ['sampleWeights'], detail, received }], found)
  }
})

test('origins', async (t) => {
  t.equal(place('labels', []), 'labels')
  t.equal(place('labels', [3, 0]), 'labels[3][0]')
  t.same(pathOf(pack('labels', 1).shape, 0), [])
  t.same(pathOf(pack('labels', [1, 2]).shape, 1), [1])
  t.same(pathOf(pack('labels', matrix('1 2; 3 4')).shape, 2), [1, 0])
  t.same(rowPathOf(pack('labels', [1, 2]), 0), [])
  t.same(rowPathOf(pack('labels', matrix('1 2; 3 4')), 1), [1])
})

test('what was received is told of any tensor', async (t) => {
  const cases: [unknown, number | string][] = [
    [2.5, 2.5],
    [[1, 2], 'an array of 2 numbers'],
    [[[1, 2, 3]], 'an array of 1 array of 3 numbers'],
    [[[1], [2, 3]], 'an array'],
    ['x', 'a string'],
    [null, 'null'],
  ]
  for (const [value, received] of cases) t.equal(asReceived(pack('labels', value)), received)
})
