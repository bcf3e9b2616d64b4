import { test } from 'tap'
import { pack } from '../../src/loss/pack.ts'
import { isTensor } from '../../src/loss/tensor.ts'
import { matrix } from '../matrix.ts'

const numbers: readonly [unknown, readonly number[], readonly number[]][] = [
  [3, [], [3]],
  [[], [0], []],
  [[1, -0, 2.5], [3], [1, -0, 2.5]],
  [matrix('1 2; 3 4; 5 6'), [3, 2], [1, 2, 3, 4, 5, 6]],
  [[[], []], [2, 0], []],
]

for (const [value, shape, data] of numbers) {
  test(`${JSON.stringify(value)} is packed`, async (t) => {
    t.same(pack('labels', value), { data: Float64Array.from(data), shape, nonNumeric: [], nonNumericCount: 0 })
  })
}

test('packed numbers are known by their array of doubles', async (t) => {
  for (const other of [5, 'data', null, undefined, {}, { data: [1] }]) t.equal(isTensor(other), false)
  t.equal(isTensor(pack('labels', [1])), true)
})

test('elements that are no numbers are noted, and NaN in their place', async (t) => {
  t.same(pack('labels', [1, null, 'a'.repeat(99), true, {}]), {
    data: Float64Array.of(1, Number.NaN, Number.NaN, Number.NaN, Number.NaN),
    shape: [5],
    nonNumeric: [
      { path: [1], received: null },
      { path: [2], received: 'a'.repeat(64) },
      { path: [3], received: true },
      { path: [4], received: 'an object' },
    ],
    nonNumericCount: 4,
  })
  t.same(pack('labels', [[1, false]]).nonNumeric, [{ path: [0, 1], received: false }])
  const { nonNumeric, nonNumericCount } = pack(
    'labels',
    Array.from({ length: 1000 }, () => ['x', null]),
  )
  t.equal(nonNumeric.length, 20)
  t.equal(nonNumericCount, 2000)
  t.same(nonNumeric[19], { path: [9, 1], received: null })
})

const broken: readonly [unknown, readonly number[], string, string][] = [
  ['1', [], 'labels is a string; it must be an array of numbers', 'a string'],
  [null, [], 'labels is null; it must be an array of numbers', 'null'],
  [true, [], 'labels is true; it must be an array of numbers', 'true'],
  [{ 0: 1 }, [], 'labels is an object; it must be an array of numbers', 'an object'],
  [[1, [2, 3]], [1], 'labels[1] is an array of 2 among bare numbers', 'an array of 2'],
  [[[1], 2], [1], 'labels[1] is a number among rows', 'a number'],
  [[[1], [2, 3]], [1], 'labels[1] is an array of 2; the previous rows have 1', 'an array of 2'],
  [[[1, [2]]], [0, 1], 'labels[0][1] is an array of 1; labels may have at most 2 dimensions', 'an array of 1'],
]

for (const [value, path, detail, received] of broken) {
  test(`${JSON.stringify(value)} has no shape`, async (t) => {
    t.same(pack('labels', value), {
      data: new Float64Array(0),
      shape: [],
      nonNumeric: [],
      nonNumericCount: 0,
      shapeError: { path, detail, received },
    })
  })
}
