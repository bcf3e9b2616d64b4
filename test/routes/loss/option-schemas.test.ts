import { test } from 'tap'
import { z } from 'zod'
import type { OptionType } from '../../../src/loss/option-types.ts'
import { schemaFor, schemaOf } from '../../../src/routes/loss/option-schemas.ts'

const tensor = { data: Float64Array.of(1), shape: [1], nonNumeric: [], nonNumericCount: 0 }
const weights = { type: 'array', items: { type: 'number', minimum: 0, maximum: 1e100 } }

/** Of each type: its JSON Schema, what it takes, and what it says of anything else. */
const table: [OptionType, jsonSchema: object, right: unknown[], wrong: [unknown, string][]][] = [
  [
    { kind: 'number', exclusiveMinimum: 0 },
    { type: 'number', exclusiveMinimum: 0 },
    [1e-300, 1, 1e308],
    [0, -1, '1', null, [], Number.POSITIVE_INFINITY].map((value) => [value, 'must be a number > 0']),
  ],
  [
    { kind: 'number', minimum: 0, exclusiveMaximum: 1 },
    { type: 'number', minimum: 0, exclusiveMaximum: 1 },
    [0, 0.999],
    [1, -1e-9].map((value) => [value, 'must be a number >= 0 and < 1']),
  ],
  [
    { kind: 'number', minimum: 0, maximum: 1 },
    { type: 'number', minimum: 0, maximum: 1 },
    [0, 1],
    [[1.01, 'must be a number >= 0 and <= 1']],
  ],
  [
    { kind: 'integer' },
    { type: 'integer', minimum: -(2 ** 53 - 1), maximum: 2 ** 53 - 1 },
    [-100, 0],
    [0.5, 1e300, true].map((value) => [value, 'must be an integer']),
  ],
  [{ kind: 'boolean' }, { type: 'boolean' }, [true, false], [[0, 'must be true or false']]],
  [
    { kind: 'choice', values: ['mean', 'sum', 'none'] },
    { type: 'string', enum: ['mean', 'sum', 'none'] },
    ['mean'],
    ['avg', 1, null].map((value) => [value, 'must be mean, sum or none']),
  ],
  [
    { kind: 'choices', values: ['a', 'b'] },
    { type: 'array', maxItems: 2, items: { type: 'string', enum: ['a', 'b'] } },
    [[], ['a'], ['b', 'a']],
    [
      ['a', 'must be a list of at most 2 of a, b'],
      [['a', 'b', 'a'], 'must be a list of at most 2 of a, b'],
      [['c'], 'must be a or b'],
    ],
  ],
  [{ kind: 'weights' }, weights, [tensor], [1, {}, null, [1]].map((value) => [value, 'must be an array of numbers'])],
  [
    { kind: 'number-or-weights', exclusiveMinimum: 0 },
    {
      anyOf: [
        { type: 'number', exclusiveMinimum: 0 },
        { ...weights, description: 'One for each output.' },
      ],
    },
    [1, tensor],
    [0, 'x'].map((value) => [value, 'must be a number > 0, or an array of numbers']),
  ],
]

for (const [type, jsonSchema, right, wrong] of table) {
  test(JSON.stringify(type), async (t) => {
    const schema = schemaOf(type, 'What it is.')
    const { $schema: _, ...found } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
    t.same(found, { ...jsonSchema, description: 'What it is.' })
    for (const value of right) t.same(schema.parse(value), value)
    for (const [value, message] of wrong)
      t.ok(
        schema.safeParse(value).error?.issues.every((issue) => issue.message === message),
        JSON.stringify(value),
      )
  })
}

test('a random sample: its fields, and replacement unless it says otherwise', async (t) => {
  const schema = schemaOf({ kind: 'mini-batch' }, 'A sample.')
  t.same(schema.parse({ size: 1, seed: 2 }), { size: 1, seed: 2, replacement: true })
  t.same(schema.parse({ size: 1, seed: 2, replacement: false }), { size: 1, seed: 2, replacement: false })
  const messages = (value: unknown) => schema.safeParse(value).error?.issues.map(({ message }) => message)
  t.same(messages({ size: 1, seed: 2, replacment: true }), [
    'is not a recognised field; the fields are size, seed, replacement; did you mean "replacement"?',
  ])
  t.same(messages(3), ['must be an object'])
  const { required, properties } = z.toJSONSchema(schema, { io: 'input' })
  t.same(required, ['size', 'seed'])
  t.same(Object.keys(properties?.replacement as object), ['description', 'type'], 'no default that would demand it')
})

test('a schema is told what its custom types hold, and stays the same', async (t) => {
  const schema = z.object({ predictions: z.custom() })
  t.equal(schemaFor<object>(schema), schema)
})
