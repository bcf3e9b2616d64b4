import t from 'tap'
import { DocumentScanner } from '../../src/scanner/scanner.ts'
import { KEYS, LIMITS, piecesOf, scan } from './support.ts'

const SHAPES: readonly (readonly [text: string, shape: readonly number[], data: readonly number[]])[] = [
  ['5', [], [5]],
  ['-0', [], [-0]],
  ['[]', [0], []],
  ['[ ]', [0], []],
  ['[[]]', [1, 0], []],
  ['[[],[ ]]', [2, 0], []],
  ['[1]', [1], [1]],
  ['[[1]]', [1, 1], [1]],
  [' [ 1 , -2.5 ,\t3e2\n] ', [3], [1, -2.5, 300]],
  ['[[1,2],[3,4],[5,6]]', [3, 2], [1, 2, 3, 4, 5, 6]],
  ['[ [ 1 , 2 ] , [ 3 , 4 ] ]', [2, 2], [1, 2, 3, 4]],
  ['[1e999,-1e999,1e-999,-0.0]', [4], [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0]],
]

t.test('shapes', async (t) => {
  for (const [text, shape, data] of SHAPES) {
    const { tensors, options } = scan(`{"labels":${text},"a":1}`)
    t.strictSame(tensors.labels, { data: Float64Array.from(data), shape, nonNumeric: [], nonNumericCount: 0 }, text)
    t.same(options, { a: 1 })
    t.ok([...tensors.labels.data].every((value, i) => Object.is(value, data[i])))
  }
})

const FAULTS: readonly (readonly [text: string, path: readonly number[], detail: string, received: string])[] = [
  ['null', [], 'labels is null, not an array of numbers', 'null'],
  ['true', [], 'labels is true, not an array of numbers', 'true'],
  ['false', [], 'labels is false, not an array of numbers', 'false'],
  ['"a"', [], 'labels is a string, not an array of numbers', 'a string'],
  ['{"a":[1]}', [], 'labels is an object, not an array of numbers', 'an object'],
  ['[[1,2],[3]]', [1], 'labels[1] has 1 number; the row before it has 2', 'an array of 1 number'],
  ['[[1],[2],[3,4],[5,6,7]]', [2], 'labels[2] has 2 numbers; the rows before it have 1', 'an array of 2 numbers'],
  ['[[1],[]]', [1], 'labels[1] has 0 numbers; the row before it has 1', 'an array of 0 numbers'],
  ['[1,[2,3]]', [1], 'labels[1] is an array of 2 numbers among bare numbers', 'an array of 2 numbers'],
  ['[1,2,[3],4]', [2], 'labels[2] is an array of 1 number among bare numbers', 'an array of 1 number'],
  ['[1,[2,null,"x",{"a":[1]}]]', [1], 'labels[1] is an array among bare numbers', 'an array'],
  ['[1,[2,[3]]]', [1], 'labels[1] is an array among bare numbers', 'an array'],
  ['[[1],2]', [1], 'labels[1] is a number among rows', 'a number'],
  ['[[1],null]', [1], 'labels[1] is null among rows', 'null'],
  ['[[1],"b"]', [1], 'labels[1] is a string among rows', 'a string'],
  ['[[1],{}]', [1], 'labels[1] is an object among rows', 'an object'],
  ['[[[1]]]', [0, 0], 'labels[0][0] is an array; labels may have at most 2 dimensions', 'an array'],
  ['[[1,2],[3,[4]],[[5]],6]', [1, 1], 'labels[1][1] is an array; labels may have at most 2 dimensions', 'an array'],
]

t.test('arrays that are no tensor', async (t) => {
  for (const [text, path, detail, received] of FAULTS) {
    const { tensors } = scan(`{"labels":${text},"predictions":[[1]]}`)
    const { shapeError, data, shape } = tensors.labels
    t.strictSame(
      { shapeError, length: data.length, shape },
      { shapeError: { path, detail, received }, length: 0, shape: [0] },
      text,
    )
    t.strictSame(tensors.predictions.data, Float64Array.of(1))
  }
})

t.test('elements that are no number', async (t) => {
  const text = `[[1,null],[true,false],["a\\n\\u00e9é😀",{"labels":[1,2],"b":{"c":null}}],["${'x'.repeat(99)}",2]]`
  const { labels } = scan(`{"labels":${text}}`).tensors
  t.strictSame(labels.nonNumeric, [
    { path: [0, 1], received: null },
    { path: [1, 0], received: true },
    { path: [1, 1], received: false },
    { path: [2, 0], received: 'a\néé😀' },
    { path: [2, 1], received: 'an object' },
    { path: [3, 0], received: 'x'.repeat(64) },
  ])
  t.equal(labels.nonNumericCount, 6)
  t.same(labels.shape, [4, 2])
  t.strictSame([...labels.data], [1, NaN, NaN, NaN, NaN, NaN, NaN, 2])

  const many = scan(`{"labels":[${'null,"b",'.repeat(50_000)}0],"a":2}`)
  t.equal(many.tensors.labels.nonNumericCount, 100_000)
  t.same(
    many.tensors.labels.nonNumeric,
    Array.from({ length: 20 }, (_, i) => ({ path: [i], received: i % 2 === 0 ? null : 'b' })),
  )
  t.same(many.tensors.labels.shape, [100_001])
})

t.test('numbers that come in slices are put into arrays that grow with what has come', async (t) => {
  const list = Array.from({ length: 50_000 }, (_, i) => (i % 9 === 0 ? null : i / 7))
  const bytes = Buffer.from(JSON.stringify({ labels: list, predictions: list.map((value) => [value]) }))
  for (const expected of [0, 100, bytes.length, 2 ** 50]) {
    const scanner = new DocumentScanner(KEYS, LIMITS, expected)
    for (const piece of piecesOf(bytes, () => 10_000)) scanner.write(piece)
    for (const { data, nonNumeric, nonNumericCount } of Object.values(scanner.end().tensors)) {
      t.equal(data.length, list.length)
      t.ok(data.every((value, i) => value === (list[i] ?? NaN) || (i % 9 === 0 && Number.isNaN(value))))
      t.ok(data.buffer.byteLength <= 4 * data.byteLength)
      t.equal(nonNumericCount, Math.ceil(list.length / 9))
      t.equal(nonNumeric.length, 20)
    }
  }
})
