import { test } from 'tap'
import { inWords, quoted } from '../../src/loss/words.ts'

test('texts are quoted, and cut when they are long', async (t) => {
  t.equal(quoted('a"b'), '"a\\"b"')
  t.equal(quoted('x'.repeat(100)), `"${'x'.repeat(63)}…"`)
})

test('values are named', async (t) => {
  const table: [unknown, string][] = [
    ['a', '"a"'],
    [[1, 2], 'an array of 2'],
    [{}, 'an object'],
    [null, 'null'],
    [undefined, 'undefined'],
    [1.5, '1.5'],
  ]
  for (const [value, words] of table) t.equal(inWords(value), words)
})
