import { test } from 'tap'
import { npyHeaderOf } from '../../src/formats/npy-header.ts'
import { InvalidContent } from '../../src/loss/validation-errors.ts'
import { outcomeOf } from './support.ts'

const plain = { datatype: 'FP64', isBigEndian: false, isFortranOrder: false, shape: [3, 4] }

test('a header is a dict of three keys, as Python writes it', (t) => {
  const texts = [
    "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }          \n",
    `{"shape":(3,4),"fortran_order":False,"descr":"<f8"}`,
    "\t{ 'fortran_order' :False,\n'shape': ( 3L , 4L, ) , 'descr': '<f8' , }",
  ]
  for (const text of texts) t.same(npyHeaderOf('labels', text), plain)
  t.end()
})

function headerOf(descr: string, shape = '(3, 4)', order = 'False'): string {
  return `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }`
}

test('types, orders and shapes', (t) => {
  const cases = [
    [headerOf("'>f4'"), { ...plain, datatype: 'FP32', isBigEndian: true }],
    [headerOf("'|b1'"), { ...plain, datatype: 'BOOL' }],
    [headerOf("'|i1'", '()', 'True'), { ...plain, datatype: 'INT8', shape: [], isFortranOrder: true }],
    [headerOf("'<u8'", '(5,)'), { ...plain, datatype: 'UINT64', shape: [5] }],
    [headerOf("'<f8'", '(0, 9007199254740991)'), { ...plain, shape: [0, 9007199254740991] }],
  ] as const
  for (const [text, header] of cases) t.same(npyHeaderOf('labels', text), header, text)
  t.end()
})

/** The one error of a text. */
function errorOf(text: string): unknown {
  const error = outcomeOf(() => npyHeaderOf('labels', text))
  if (!(error instanceof InvalidContent)) return error
  const [{ path, detail, received }] = error.errors.list
  return error.errors.count === 1 && path.length === 1 && path[0] === 'labels' && [detail, received]
}

test('what holds no numbers is refused with the call that makes numbers of it', (t) => {
  const cases = [
    ["'|O'", 'labels contains Python objects; save numbers: array.astype(float)'],
    [
      "'<U5'",
      'labels contains strings; save numbers: array.astype(float). Names of classes can be sent as JSON: json.dumps(array.tolist())',
    ],
    [
      "'|S5'",
      'labels contains strings; save numbers: array.astype(float). Names of classes can be sent as JSON: json.dumps(array.tolist())',
    ],
    ["'<c16'", 'labels contains complex numbers; save numbers: array.real'],
    ["'<M8[ns]'", "labels contains dates; save numbers: array.astype('int64')"],
    ["'<m8[25s]'", "labels contains durations; save numbers: array.astype('int64')"],
    ["'|V2'", 'labels contains bytes without a type; save numbers: array.astype(float)'],
    ["'<f16'", "labels contains floats that are no IEEE double, single or half; save numbers: array.astype('float64')"],
    ...["'=f8'", "'f8'", "'|f8'", "'<i3'", "'<q8'", "''", "'<constructor'", "'<f8 '"].map((descr) => [
      descr,
      "descr of labels is not a type of numbers, such as '<f8'; save array.astype('float64')",
    ]),
  ]
  for (const [descr, detail] of cases) t.same(errorOf(headerOf(descr)), [detail, descr.slice(1, -1)], descr)
  for (const descr of ["[('a', '<f8')]", "('<f8', (2,))"]) {
    t.same(errorOf(headerOf(descr)), [
      "labels is a structured array; save one field of it, array['field'], or numpy.lib.recfunctions.structured_to_unstructured(array)",
      'a structured array',
    ])
  }
  t.same(errorOf(headerOf("'<f8'", '(2, 3, 4)')), [
    'labels has 3 dimensions, shape [2, 3, 4]; at most 2 are allowed: save array.reshape(len(array), -1)',
    'shape [2, 3, 4]',
  ])
  t.same(errorOf(headerOf("'<f8'", `(${'1,'.repeat(20_000)})`)), [
    'labels has 20000 dimensions; at most 2 are allowed: save array.reshape(len(array), -1)',
    '20000 dimensions',
  ])
  t.end()
})

test('every other text is refused where it goes wrong', (t) => {
  const unexpected = (found: string, at: number, expected: string) => [
    `the .npy header of labels is not as numpy.save writes it: unexpected ${found} at its character ${at}; ${expected} was expected`,
    found,
  ]
  const cases = [
    ['', 'end', 0, "'{'"],
    ['  [', "'['", 2, "'{'"],
    ['{', 'end', 1, 'a key'],
    ['{descr', "'d'", 1, 'a key'],
    ["{'descr", "'''", 1, 'a key'],
    ["{'des\\x63r'", "'''", 1, 'a key'],
    ["{'descr' '<f8'", "'''", 9, "':'"],
    ["{'descr': 8", "'8'", 10, 'a type'],
    ["{'descr': '<f8' 'shape'", "'''", 16, "','"],
    ["{'fortran_order': 0", "'0'", 18, 'True or False'],
    ["{'fortran_order': Falsey", "'F'", 18, 'True or False'],
    ["{'shape': 3", "'3'", 10, "'('"],
    ["{'shape': (3)", "')'", 12, "','"],
    ["{'shape': (3 4", "'4'", 13, "','"],
    ["{'shape': (3, 4 5", "'5'", 16, "','"],
    ["{'shape': (-3,", "'-'", 11, 'an integer'],
    ["{'shape': (3.0,", "'.'", 12, "','"],
    ["{'shape': (3x,", "'3'", 11, 'an integer'],
    ["{'shape': ('3',", "'''", 11, 'an integer'],
    ["{'shape': (9007199254740993,", "'9'", 11, 'an integer'],
    [`${headerOf("'<f8'")} }`, "'}'", 60, 'the end'],
    [`${headerOf("'<f8'")} x`, "'x'", 60, 'the end'],
  ] as const
  for (const [text, found, at, expected] of cases) t.same(errorOf(text), unexpected(found, at, expected), text)
  t.end()
})

test('each key is there once, and no other', (t) => {
  const needs = 'the .npy header of labels must have descr, fortran_order and shape'
  const [descr, order, shape] = ["'descr': '<f8', ", "'fortran_order': True, ", "'shape': (2,), "]
  const missing = (name: string) => [`${needs}; ${name} is missing`, 'nothing']
  t.same(errorOf('{}'), missing('descr'))
  t.same(errorOf(`{${order}${shape}}`), missing('descr'))
  t.same(errorOf(`{${descr}${shape}}`), missing('fortran_order'))
  t.same(errorOf(`{${descr}${order}}`), missing('shape'))
  for (const [extra, key] of [
    [descr, 'descr'],
    [order, 'fortran_order'],
    [shape, 'shape'],
    ["'__proto__': 1", '__proto__'],
  ]) {
    t.same(errorOf(`{${descr}${order}${shape}${extra}}`), [`${needs}, each once`, key])
  }
  t.end()
})

test('a header of one long part, or of many, is read in linear time', (t) => {
  for (const text of [
    '9'.repeat(65536),
    "'".repeat(65536),
    ' '.repeat(65536),
    '('.repeat(65536),
    `{'${'a'.repeat(65500)}`,
  ]) {
    const begin = performance.now()
    t.ok(outcomeOf(() => npyHeaderOf('labels', text)) instanceof InvalidContent)
    t.ok(outcomeOf(() => npyHeaderOf('labels', headerOf("'<f8'", `(${'1,'.repeat(32000)})`))) instanceof InvalidContent)
    t.ok(performance.now() - begin < 500)
  }
  t.end()
})
