import fc from 'fast-check'
import { test } from 'tap'
import { fingerprintOf } from '../../src/evaluations/fingerprint.ts'
import type { Tensors } from '../../src/loss/batch.ts'
import type { Tensor } from '../../src/loss/tensor.ts'
import { finish, tensorsOf } from '../loss/support.ts'

function tensor(shape: readonly number[], numbers: readonly number[]): Tensor {
  return { data: Float64Array.from(numbers), shape, nonNumeric: [], nonNumericCount: 0 }
}

function print(tensors: Tensors): string {
  return Buffer.from(finish(fingerprintOf(tensors))).toString('hex')
}

const two: Tensors = { predictions: tensor([2, 2], [0.1, 0.9, 0.4, 0.6]), labels: tensor([2], [1, 0]) }

test('a fingerprint is the SHA-256 of names, shapes and little-endian doubles', async (t) => {
  // printf 'predictions 1\n\0\0\0\0\0\0\xf0\x3flabels 1\n\0\0\0\0\0\0\0\x40' | sha256sum
  t.equal(
    print({ predictions: tensor([1], [1]), labels: tensor([1], [2]) }),
    'b1884461fd8e17dc4cba57814663621809f14cac39a485b675d9bf05c6110386',
  )
})

test('the same numbers have the same fingerprint, wherever they lie', async (t) => {
  t.equal(print(tensorsOf({ ...asJson })), print(two), 'from JSON')
  const memory = new ArrayBuffer(8 * 10)
  const data = new Float64Array(memory, 16, 4)
  data.set([0.1, 0.9, 0.4, 0.6])
  t.equal(print({ ...two, predictions: { ...two.predictions, data } }), print(two), 'in the middle of a body')
})

const asJson = {
  loss: 'mae',
  labelFormat: 'index',
  predictions: [
    [0.1, 0.9],
    [0.4, 0.6],
  ],
  labels: [1, 0],
} as const

test('any other content has another one', async (t) => {
  const others: [name: string, tensors: Tensors][] = [
    ['the same', two],
    ['a last bit', { ...two, predictions: tensor([2, 2], [0.1, 0.9, 0.4, 0.6000000000000001]) }],
    ['rows in another order', { ...two, predictions: tensor([2, 2], [0.4, 0.6, 0.1, 0.9]) }],
    ['another shape', { ...two, predictions: tensor([1, 4], [0.1, 0.9, 0.4, 0.6]) }],
    ['a list', { ...two, predictions: tensor([4], [0.1, 0.9, 0.4, 0.6]) }],
    ['other labels', { ...two, labels: tensor([2], [0, 1]) }],
    ['labels as rows', { ...two, labels: tensor([2, 1], [1, 0]) }],
    ['weights', { ...two, sampleWeights: tensor([2], [1, 1]) }],
    ['other weights', { ...two, sampleWeights: tensor([2], [1, 2]) }],
    ['exchanged', { predictions: two.labels, labels: two.predictions }],
    ['a number moved', { predictions: tensor([3], [0.1, 0.9, 0.4]), labels: tensor([3], [0.6, 1, 0]) }],
    ['a negative zero', { ...two, labels: tensor([2], [1, -0]) }],
  ]
  t.equal(new Set(others.map(([, tensors]) => print(tensors))).size, others.length)
})

test('any changed number, shape or name changes it', async () => {
  const double = fc.double({ noNaN: true, noDefaultInfinity: true })
  const property = fc.property(
    fc.array(double, { minLength: 1, maxLength: 20 }),
    fc.nat(),
    double,
    (list, pick, value) => {
      const at = pick % list.length
      const labels = tensor([], [1])
      const before = print({ predictions: tensor([list.length], list), labels })
      const after = print({ predictions: tensor([list.length], list.with(at, value)), labels })
      return Object.is(list[at], value) === (before === after)
    },
  )
  fc.assert(property, { seed: 51, numRuns: 500 })
})

test('a large tensor is hashed in steps', async (t) => {
  const predictions = tensor([3, 2 ** 16], new Array(3 * 2 ** 16).fill(0.5))
  let steps = 0
  for (const _ of fingerprintOf({ predictions, labels: tensor([], [1]) })) steps++
  t.equal(steps, 4)
})
