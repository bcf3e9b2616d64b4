import { Readable } from 'node:stream'
import { test } from 'tap'
import { z } from 'zod'
import { LocatedError } from '../../src/formats/errors.ts'
import { singleBatch } from '../../src/formats/parsed-body.ts'
import { checkValueCount, validated } from '../../src/formats/schema.ts'
import { pointerOf } from '../../src/http/problem.ts'
import { validatorCompiler, validBody, validOptions } from '../../src/http/validation.ts'
import type { Tensor } from '../../src/loss/tensor.ts'
import { InvalidContent, LimitExceeded } from '../../src/loss/validation-errors.ts'
import { unknownField } from '../../src/routes/unknown-field.ts'
import { outcomeOf } from '../formats/support.ts'

const schema = z.strictObject(
  {
    name: z.enum(['a', 'b']).optional(),
    size: z.int().min(1).max(9).optional(),
    share: z.number().positive().lt(1).optional(),
    on: z.boolean().optional(),
    list: z
      .array(z.enum(['x', 'y']))
      .max(2)
      .optional(),
    inner: z.strictObject({ seed: z.int() }, { error: unknownField(['seed']) }).optional(),
    choice: z
      .discriminatedUnion('kind', [z.object({ kind: z.literal('one') }), z.object({ kind: z.literal('two') })])
      .optional(),
    own: z.custom<object>((value) => value === 1, { error: 'it needs a one' }).optional(),
    few: z.array(z.int()).min(1).optional(),
    nothing: z.null().optional(),
    either: z.union([z.number(), z.string()]).optional(),
    word: z.string().regex(/a/).optional(),
    record: z.record(z.string(), z.unknown()).optional(),
    'a/b~c d': z.int().optional(),
  },
  { error: unknownField(['name', 'size']) },
)

/** Pointer, detail and received of each error. */
function errors(data: unknown, of: z.ZodType = schema): unknown[] {
  try {
    validated(of, data)
    return []
  } catch (error) {
    if (!(error instanceof InvalidContent)) throw error
    return error.errors.list.map(({ path, detail, received }) => [pointerOf(path), detail, received])
  }
}

const long = 'k'.repeat(200)
const cut = `${'k'.repeat(63)}…`
const table: [string, unknown, unknown[]][] = [
  ['nothing wrong', { size: 3 }, []],
  ['no object', 5, [['#', 'the body must be a JSON object; received 5', 5]]],
  ['undefined', undefined, [['#', 'the body is missing; it must be a JSON object', 'nothing']]],
  ['enum', { name: 'c' }, [['#/name', 'name must be a or b; received "c"', 'c']]],
  ['nearly an enum', { name: 'A' }, [['#/name', 'name must be a or b; received "A"; did you mean "a"?', 'A']]],
  ['type', { on: 'yes' }, [['#/on', 'on must be true or false; received "yes"', 'yes']]],
  ['fraction', { size: 1.5 }, [['#/size', 'size must be an integer; received 1.5', 1.5]]],
  ['too small', { size: 0 }, [['#/size', 'size must be at least 1; received 0', 0]]],
  ['too big', { size: 10 }, [['#/size', 'size must be at most 9; received 10', 10]]],
  [
    'two origins',
    { size: 0, share: 0 },
    [
      ['#/size', 'size must be at least 1; received 0', 0],
      ['#/share', 'share must be greater than 0; received 0', 0],
    ],
  ],
  [
    'two origins at different depths',
    { on: 1, inner: { seed: 'x' } },
    [
      ['#/on', 'on must be true or false; received 1', 1],
      ['#/inner/seed', 'inner.seed must be a number; received "x"', 'x'],
    ],
  ],
  ['far too big', { size: 1e308 }, [['#/size', 'size must be at most 9; received 1e+308', 1e308]]],
  ['open ends', { share: 1 }, [['#/share', 'share must be less than 1; received 1', 1]]],
  [
    'array where a number is needed',
    { size: [1, 2] },
    [['#/size', 'size must be a number; received an array of 2', 'an array of 2']],
  ],
  [
    'object where a number is needed',
    { size: {} },
    [['#/size', 'size must be a number; received an object', 'an object']],
  ],
  ['element of a list', { list: ['x', 'z'] }, [['#/list/1', 'list[1] must be x or y; received "z"', 'z']]],
  [
    'long list',
    { list: ['x', 'x', 'x'] },
    [['#/list', 'list must have at most 2 elements; received an array of 3', 'an array of 3']],
  ],
  [
    'unknown key',
    { sise: 1 },
    [['#/sise', '"sise" is not a recognised field; the fields are name, size; did you mean "size"?', 1]],
  ],
  [
    'several unknown keys',
    { b: null, c: [] },
    [
      ['#/b', '"b" is not a recognised field; the fields are name, size', null],
      ['#/c', '"c" is not a recognised field; the fields are name, size', 'an array of 0'],
    ],
  ],
  [
    'unknown key inside',
    { inner: { seed: 1, sed: 2 } },
    [['#/inner/sed', '"sed" is not a recognised field; the fields are seed; did you mean "seed"?', 2]],
  ],
  ['missing key inside', { inner: {} }, [['#/inner/seed', 'inner.seed is missing; it must be a number', 'nothing']]],
  [
    'no such case of a union',
    { choice: { kind: 'three' } },
    [['#/choice/kind', 'choice.kind must be one or two; received "three"', 'three']],
  ],
  [
    'another spelling of a case of a union',
    { choice: { kind: 'Two' } },
    [['#/choice/kind', 'choice.kind must be one or two; received "Two"; did you mean "two"?', 'Two']],
  ],
  ['empty list', { few: [] }, [['#/few', 'few must have at least 1 element; received an array of 0', 'an array of 0']]],
  ['a kind without a word of its own', { nothing: 1 }, [['#/nothing', 'nothing must be null; received 1', 1]]],
  [
    'no such kind of a plain union',
    { either: true },
    [['#/either', 'either must fit the schema in /openapi.json; received true', true]],
  ],
  ['a pattern', { word: 'B' }, [['#/word', 'word must fit the schema in /openapi.json; received "B"', 'B']]],
  [
    'an array where a record is needed',
    { record: [1] },
    [['#/record', 'record must be a JSON object; received an array of 1', 'an array of 1']],
  ],
  [
    'a tensor where no field is',
    { labels: { data: Float64Array.of(1, 2), shape: [2], nonNumeric: [], nonNumericCount: 0 } },
    [['#/labels', '"labels" is not a recognised field; the fields are name, size', 'an array of 2 numbers']],
  ],
  ['custom', { own: 2 }, [['#/own', 'own is 2; it needs a one', 2]]],
  ['pointers are escaped', { 'a/b~c d': 'x' }, [['#/a~1b~0c%20d', 'a/b~c d must be a number; received "x"', 'x']]],
  [
    'a long key is cut',
    { [long]: 1 },
    [[`#/${encodeURIComponent(cut)}`, `"${cut}" is not a recognised field; the fields are name, size`, 1]],
  ],
  ['a long value is cut', { name: long }, [['#/name', `name must be a or b; received "${cut}"`, cut]]],
  [
    'a key that every object seems to have',
    { toString: 1 },
    [['#/toString', '"toString" is not a recognised field; the fields are name, size', 1]],
  ],
  [
    'control characters are escaped',
    { name: '\u0000"\n' },
    [['#/name', 'name must be a or b; received "\\u0000\\"\\n"', '\u0000"\n']],
  ],
]

for (const [name, data, expected] of table) {
  test(name, async (t) => {
    t.same(errors(data), expected)
  })
}

test('more errors than are listed are counted', async (t) => {
  const data = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`key${at}`, at]))
  try {
    validated(schema, data)
    t.fail('the data are refused')
  } catch (error) {
    const { list, count } = (error as InvalidContent).errors
    t.same([list.length, count], [20, 100])
  }
})

test('of words that are wrong only those that are listed are asked about', async (t) => {
  const names = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`name${at}`, z.enum(['sse', 'mse'])]))
  try {
    validated(z.object(names), Object.fromEntries(Object.keys(names).map((name) => [name, 'MSE '])))
    t.fail('the data are refused')
  } catch (error) {
    const { list, count } = (error as InvalidContent).errors
    t.same([list.length, count], [20, 30])
    t.ok(list.every(({ detail }) => detail.endsWith('; did you mean "mse"?')))
  }
})

test('a path may have a symbol, or lead through a scalar', async (t) => {
  const refused = z.custom().check((context) => {
    context.issues.push({ code: 'custom', path: [Symbol('s')], message: 'm', input: 1 })
    context.issues.push({ code: 'custom', path: ['a', 'b', 'c'], message: 'm', input: 1 })
  })
  t.same(errors({ a: { b: 1 } }, refused), [
    ['#/Symbol(s)', 'Symbol(s) is missing; m', 'nothing'],
    ['#/a/b/c', 'a.b.c is missing; m', 'nothing'],
  ])
})

test('validated gives the value or throws', async (t) => {
  t.same(validated(z.object({ a: z.int().default(3) }), {}), { a: 3 })
  t.throws(() => validated(schema, { size: 0 }), { message: 'size must be at least 1; received 0' })
})

test('the compiler of Fastify gives the value or the error', async (t) => {
  const schema = z.object({ a: z.int().default(3) })
  const validate = validatorCompiler({ schema, method: 'POST', url: '/', httpPart: 'params' })
  t.same(validate({}), { value: { a: 3 } })
  const { error } = validate({ a: 'x' }) as unknown as { error: InvalidContent }
  t.ok(error instanceof InvalidContent)
  t.equal(error.errors.count, 1)
})

test('the compiler leaves a body to the route', async (t) => {
  const validate = validatorCompiler({ schema, method: 'POST', url: '/', httpPart: 'body' })
  t.same(validate({ size: 0 }), true)
})

/** The places and lines of what a piece of work is refused for. */
function refusalsOf(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    const { location, cause } = error instanceof LocatedError ? error : { location: {}, cause: error }
    return [(cause as InvalidContent).errors.list.map(({ path }) => path.join('.')), location]
  }
}

const schemas = { options: z.strictObject({ name: z.string() }), batch: z.strictObject({ size: z.int() }) }

test('the errors of options and of the only batch are reported together', async (t) => {
  t.same(validOptions(singleBatch({ name: 'a' }, { size: 'x' }), schemas), { name: 'a' })
  t.same(
    refusalsOf(() => validOptions(singleBatch({ name: 1, other: 2 }, { size: 'x' }), schemas)),
    [['name', 'other', 'size'], {}],
  )
  const location = { line: 1 }
  const stream = { options: { name: 1 }, location, batches: () => Readable.from([]) }
  t.same(
    refusalsOf(() => validOptions(stream, schemas)),
    [['name'], location],
  )
})

test('a body of one batch is validated as one object', async (t) => {
  const whole = z.strictObject({ name: z.string(), size: z.int() })
  t.same(validBody(singleBatch({ name: 'a' }, { size: 1 }), whole), { name: 'a', size: 1 })
  t.same(
    refusalsOf(() => validBody(singleBatch({ name: 1 }, { size: 1, more: 2 }), whole)),
    [['name', 'more'], {}],
  )
})

const manyNumbers: Tensor = { data: new Float64Array(10_000), shape: [10_000], nonNumeric: [], nonNumericCount: 0 }
const values = (count: number) => Array.from({ length: count }, () => 1)

/** Fields, and how many values they hold. */
const counted: readonly [string, Record<string, unknown>, number][] = [
  ['nothing', {}, 0],
  ['scalars', { a: 1, b: null, c: 'x', d: undefined }, 4],
  ['a list', { a: values(10) }, 11],
  ['a list of lists', { a: values(10).map(() => [1, 2]) }, 31],
  ['objects', { a: { b: { c: {} } }, d: [{}, []] }, 6],
  ['a tensor', { a: manyNumbers, b: { c: manyNumbers } }, 3],
  ['holes', { a: [undefined, [undefined, 1]] }, 5],
]

test('values are counted wherever they are, a tensor as one', async (t) => {
  for (const [what, fields, count] of counted) {
    for (const [room, isRefused] of [
      [0, false],
      [1, true],
    ] as const) {
      const all = { ...fields, rest: values(4096 - count - 1 + room) }
      const refusal = outcomeOf(() => checkValueCount(all, 4096))
      if (!isRefused) t.equal(refusal, undefined, what)
      else t.match(refusal, { limit: 'maxOptionValues', allowed: 4096, path: [] }, what)
    }
  }
  const { message } = outcomeOf(() => checkValueCount({ a: values(5000) }, 4096)) as Error
  t.equal(message, 'The options contain more than maxOptionValues, 4096, values.')
})

test('bodies with very many values are refused before they are validated', async (t) => {
  const many = { name: values(5000) }
  t.ok(outcomeOf(() => validBody(singleBatch(many, {}), z.unknown())) instanceof LimitExceeded)
  const locatedRefusal = outcomeOf(() => validOptions(singleBatch(many, {}, { line: 3 }), schemas))
  t.ok(locatedRefusal instanceof LocatedError)
  t.match(locatedRefusal, { location: { line: 3 }, cause: { limit: 'maxOptionValues' } })
})

test('a query of nothing gets the defaults, and is refused where something is required', async (t) => {
  const route = { method: 'GET', url: '/', httpPart: 'querystring' }
  const optional = validatorCompiler({ schema: z.object({ limit: z.coerce.number().default(5) }), ...route })
  t.same(optional({}), { value: { limit: 5 } })
  t.same(optional({ limit: '7' }), { value: { limit: 7 } })
  t.same(optional(Object.create(null)), { value: { limit: 5 } })
  const required = validatorCompiler({ schema: z.object({ limit: z.string() }), ...route })
  t.ok((required({}) as { error?: unknown }).error instanceof InvalidContent)
})
