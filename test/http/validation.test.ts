import { test } from 'tap'
import { z } from 'zod'
import { pointerOf } from '../../src/http/problem.ts'
import { errorsOf, validated, validatorCompiler } from '../../src/http/validation.ts'
import { InvalidContent } from '../../src/loss/validation-errors.ts'
import { unknownField } from '../../src/routes/loss/schema.ts'

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
    'a/b~c d': z.int().optional(),
  },
  { error: unknownField(['name', 'size']) },
)

/** Pointer, detail and received of each error. */
function errors(data: unknown, of: z.ZodType = schema): unknown[] {
  const result = of.safeParse(data)
  if (result.success) return []
  return errorsOf(result.error, data).list.map(({ path, detail, received }) => [pointerOf(path), detail, received])
}

const long = 'k'.repeat(200)
const cut = `${'k'.repeat(63)}…`
const table: [string, unknown, unknown[]][] = [
  ['nothing wrong', { size: 3 }, []],
  ['no object', 5, [['#', 'the body is not right: 5; Invalid input: expected object, received number', 5]]],
  ['null', null, [['#', 'the body is not right: null; Invalid input: expected object, received null', null]]],
  [
    'undefined',
    undefined,
    [['#', 'the body is missing; Invalid input: expected object, received undefined', 'nothing']],
  ],
  ['enum', { name: 'c' }, [['#/name', 'name is not right: "c"; Invalid option: expected one of "a"|"b"', 'c']]],
  [
    'type',
    { on: 'yes' },
    [['#/on', 'on is not right: "yes"; Invalid input: expected boolean, received string', 'yes']],
  ],
  [
    'fraction',
    { size: 1.5 },
    [['#/size', 'size is not right: 1.5; Invalid input: expected int, received number', 1.5]],
  ],
  ['too small', { size: 0 }, [['#/size', 'size is not right: 0; Too small: expected number to be >=1', 0]]],
  ['too big', { size: 10 }, [['#/size', 'size is not right: 10; Too big: expected number to be <=9', 10]]],
  [
    'two origins',
    { size: 0, share: 0 },
    [
      ['#/size', 'size is not right: 0; Too small: expected number to be >=1', 0],
      ['#/share', 'share is not right: 0; Too small: expected number to be >0', 0],
    ],
  ],
  [
    'two origins at different depths',
    { on: 1, inner: { seed: 'x' } },
    [
      ['#/on', 'on is not right: 1; Invalid input: expected boolean, received number', 1],
      ['#/inner/seed', 'inner.seed is not right: "x"; Invalid input: expected number, received string', 'x'],
    ],
  ],
  [
    'far too big',
    { size: 1e308 },
    [['#/size', 'size is not right: 1e+308; Too big: expected number to be <=9', 1e308]],
  ],
  ['open ends', { share: 1 }, [['#/share', 'share is not right: 1; Too big: expected number to be <1', 1]]],
  ['positive', { share: 0 }, [['#/share', 'share is not right: 0; Too small: expected number to be >0', 0]]],
  [
    'array where a number is needed',
    { size: [1, 2] },
    [['#/size', 'size is not right: an array; Invalid input: expected number, received array', 'an array of 2']],
  ],
  [
    'object where a number is needed',
    { size: {} },
    [['#/size', 'size is not right: an object; Invalid input: expected number, received object', 'an object']],
  ],
  [
    'element of a list',
    { list: ['x', 'z'] },
    [['#/list/1', 'list[1] is not right: "z"; Invalid option: expected one of "x"|"y"', 'z']],
  ],
  [
    'long list',
    { list: ['x', 'x', 'x'] },
    [['#/list', 'list is not right: an array; Too big: expected array to have <=2 items', 'an array of 3']],
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
  [
    'missing key inside',
    { inner: {} },
    [['#/inner/seed', 'inner.seed is missing; Invalid input: expected number, received undefined', 'nothing']],
  ],
  [
    'no such case of a union',
    { choice: { kind: 'three' } },
    [
      [
        '#/choice/kind',
        `choice.kind is not right: "three"; Invalid discriminator value. Expected 'one' | 'two'`,
        'three',
      ],
    ],
  ],
  ['custom', { own: 2 }, [['#/own', 'own is not right: 2; it needs a one', 2]]],
  [
    'pointers are escaped',
    { 'a/b~c d': 'x' },
    [['#/a~1b~0c%20d', 'a/b~c d is not right: "x"; Invalid input: expected number, received string', 'x']],
  ],
  [
    'a long key is cut',
    { [long]: 1 },
    [[`#/${encodeURIComponent(cut)}`, `"${cut}" is not a recognised field; the fields are name, size`, 1]],
  ],
  [
    'a long value is cut',
    { name: long },
    [['#/name', `name is not right: "${cut}"; Invalid option: expected one of "a"|"b"`, cut]],
  ],
  [
    'a key that every object seems to have',
    { toString: 1 },
    [['#/toString', '"toString" is not a recognised field; the fields are name, size', 1]],
  ],
  [
    'control characters are escaped',
    { name: '\u0000"\n' },
    [['#/name', 'name is not right: "\\u0000\\"\\n"; Invalid option: expected one of "a"|"b"', '\u0000"\n']],
  ],
]

for (const [name, data, expected] of table) {
  test(name, async (t) => {
    t.same(errors(data), expected)
  })
}

test('more errors than are listed are counted', async (t) => {
  const data = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`key${at}`, at]))
  const result = schema.safeParse(data)
  t.ok(result.error)
  if (result.error) {
    const { list, count } = errorsOf(result.error, data)
    t.same([list.length, count], [20, 100])
  }
})

test('a path may have a symbol, or lead through a scalar', async (t) => {
  const error = new z.ZodError([
    { code: 'custom', path: [Symbol('s')], message: 'm', input: 1 },
    { code: 'custom', path: ['a', 'b', 'c'], message: 'm', input: 1 },
  ])
  t.same(
    errorsOf(error, { a: { b: 1 } }).list.map(({ path, detail }) => [path, detail]),
    [
      [['Symbol(s)'], 'Symbol(s) is missing; m'],
      [['a', 'b', 'c'], 'a.b.c is missing; m'],
    ],
  )
})

test('validated gives the value or throws', async (t) => {
  t.same(validated(z.object({ a: z.int().default(3) }), {}), { a: 3 })
  t.throws(() => validated(schema, { size: 0 }), {
    message: 'size is not right: 0; Too small: expected number to be >=1',
  })
})

test('the compiler of Fastify gives the value or the error', async (t) => {
  const validate = validatorCompiler({ schema: z.object({ a: z.int().default(3) }), method: 'POST', url: '/' })
  t.same(validate({}), { value: { a: 3 } })
  const { error } = validate({ a: 'x' }) as unknown as { error: InvalidContent }
  t.ok(error instanceof InvalidContent)
  t.equal(error.errors.count, 1)
})
