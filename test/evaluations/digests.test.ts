import { createHash } from 'node:crypto'
import { test } from 'tap'
import { digestsOf } from '../../src/evaluations/digests.ts'
import type { Tensors } from '../../src/loss/batch.ts'
import type { LabelFormat } from '../../src/loss/formats.ts'
import type { Tensor } from '../../src/loss/tensor.ts'
import { finish, tensorsOf } from '../loss/support.ts'

function tensor(shape: readonly number[], numbers: readonly number[]): Tensor {
  return { data: Float64Array.from(numbers), shape, nonNumeric: [], nonNumericCount: 0 }
}

function print(tensors: Tensors): string {
  return Buffer.from(finish(digestsOf(tensors, 'index')).fingerprint).toString('hex')
}

function printLabels(tensors: Tensors, labelFormat: LabelFormat = 'index'): string {
  return Buffer.from(finish(digestsOf(tensors, labelFormat)).labelsDigest).toString('hex')
}

const two: Tensors = { predictions: tensor([2, 2], [0.1, 0.9, 0.4, 0.6]), labels: tensor([2], [1, 0]) }

test('the digests are SHA-256 of names, shapes and little-endian doubles', async (t) => {
  const tensors = { predictions: tensor([1], [1]), labels: tensor([1], [2]) }
  // printf 'index\nlabels 1\n\0\0\0\0\0\0\0\x40' | sha256sum
  t.equal(printLabels(tensors), 'b8a1f02625d8ba08658fb4fd5bbe3590c423618e6d01c85cb5b6dc53c62f9d4d')
  // the bytes of that, then printf 'predictions 1\n\0\0\0\0\0\0\xf0\x3f', both through sha256sum
  t.equal(print(tensors), '40093b2fa33aaa24943fa5c1fa43531035f1ea91289f0cab8e696086404eabb9')
})

test('the digests of few bytes and of many are made of the same bytes', async (t) => {
  for (let rows = 100; rows <= 132; rows++) {
    const labels = tensor([rows], Array(rows).fill(2))
    const predictions = tensor([1, rows], Array(rows).fill(0.5))
    const ofLabels = createHash('sha256').update(`index\nlabels ${rows}\n`).update(labels.data).digest()
    const all = createHash('sha256').update(ofLabels).update(`predictions 1 ${rows}\n`).update(predictions.data)
    t.equal(printLabels({ predictions, labels }), ofLabels.toString('hex'), `labels of ${8 * rows} bytes`)
    t.equal(print({ predictions, labels }), all.digest('hex'), `predictions of ${8 * rows} bytes`)
  }
})

test('the digest of labels is about what is true of the rows, not about predictions', async (t) => {
  const same = printLabels({ ...two, predictions: tensor([2, 3], [1, 0, 0, 1, 0, 0]) })
  t.equal(same, printLabels(two))
  const others = [
    same,
    printLabels({ ...two, labels: tensor([2], [0, 1]) }),
    printLabels({ ...two, labels: tensor([2, 1], [1, 0]) }),
    printLabels(two, 'values'),
    printLabels({ ...two, sampleWeights: tensor([2], [1, 1]) }),
    printLabels({ ...two, sampleWeights: tensor([2], [1, 2]) }),
  ]
  t.equal(new Set(others).size, others.length)
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

test('a large tensor is hashed in steps', async (t) => {
  const predictions = tensor([3, 2 ** 16], new Array(3 * 2 ** 16).fill(0.5))
  let steps = 0
  for (const _ of digestsOf({ predictions, labels: tensor([], [1]) }, 'index')) steps++
  t.equal(steps, 4)
})
