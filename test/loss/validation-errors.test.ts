import { test } from 'tap'
import { describe, maxListedErrors, ValidationErrors } from '../../src/loss/validation-errors.ts'

test('describe writes a scalar as it is, and anything else in words', async (t) => {
  const cases: [unknown, string | number | boolean | null][] = [
    [undefined, 'nothing'],
    [null, null],
    [true, true],
    [false, false],
    [0, 0],
    [-1.5, -1.5],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
    ['', ''],
    ['x'.repeat(64), 'x'.repeat(64)],
    ['x'.repeat(65), `${'x'.repeat(63)}…`],
    [[], 'an array of 0'],
    [[1, [2]], 'an array of 2'],
    [{ length: 2 }, 'an object'],
  ]
  for (const [value, expected] of cases) t.equal(describe(value), expected, String(expected))
})

test('errors beyond the first 20 are counted and not listed', async (t) => {
  const errors = new ValidationErrors()
  for (let at = 0; at < 19; at++) errors.add(['labels', at], 'wrong', at, 'shape')
  t.equal(errors.full, false)
  for (let at = 19; at < 50; at++) errors.add(['labels', at], 'wrong', at, 'shape')
  t.equal(errors.full, true)
  t.equal(errors.count, 50)
  t.equal(maxListedErrors, 20)
  t.same(
    errors.list,
    Array.from({ length: 20 }, (_, at) => ({ path: ['labels', at], code: 'shape', detail: 'wrong', received: at })),
  )
})

test('a hint is added to the first error about its fields, or else to the first of all', async (t) => {
  const remedies = [{ set: { b: 1 } }]
  const hinted = (about: string[], sentence = 'Try b.') => {
    const errors = new ValidationErrors()
    errors.add(['a'], 'First', 1, 'shape')
    errors.add(['b', 0], 'Second.', 2, 'row-sum')
    errors.add(['b', 1], 'Third.', 2, 'row-sum')
    errors.hint({ sentence, remedies, about })
    return errors.list.map(({ detail, remedies: offered }) => [detail, offered])
  }
  const [second, third] = ['Second.', 'Third.'].map((detail) => [detail, undefined])
  t.same(hinted(['b']), [['First', undefined], ['Second. Try b.', remedies], third])
  t.same(hinted(['c']), [['First. Try b.', remedies], second, third])
  t.same(hinted(['b'], ''), [['First', undefined], second, third])
  new ValidationErrors().hint({ sentence: 'Try b.', remedies, about: [] })
})
