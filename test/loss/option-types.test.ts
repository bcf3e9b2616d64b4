import { test } from 'tap'
import type { OptionType } from '../../src/loss/option-types.ts'
import { alternatives, typeInWords } from '../../src/loss/option-types.ts'

test('types in words', async (t) => {
  const cases: [OptionType, string][] = [
    [{ kind: 'number' }, 'number'],
    [{ kind: 'number', exclusiveMinimum: 0 }, 'number > 0'],
    [{ kind: 'number', minimum: 0, exclusiveMaximum: 1 }, 'number >= 0 and < 1'],
    [{ kind: 'number', minimum: 0, maximum: 1 }, 'number >= 0 and <= 1'],
    [{ kind: 'integer' }, 'integer'],
    [{ kind: 'boolean' }, '`true` or `false`'],
    [{ kind: 'weights' }, 'number[K] >= 0'],
    [{ kind: 'number-or-weights', exclusiveMinimum: 0 }, 'number > 0, or number[K]'],
    [{ kind: 'mini-batch' }, '`{size, seed, replacement}`'],
    [{ kind: 'choice', values: ['a', 'b', 'c'] }, '`a`, `b` or `c`'],
    [{ kind: 'choice', values: ['a'] }, '`a`'],
    [{ kind: 'choices', values: ['a', 'b'] }, 'any of `a`, `b`'],
  ]
  for (const [type, words] of cases) t.equal(typeInWords(type), words, JSON.stringify(type))
})

test('alternatives', async (t) => {
  t.same([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(alternatives), ['', 'a', 'a or b', 'a, b or c'])
})
