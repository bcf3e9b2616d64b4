import fc from 'fast-check'
import { test } from 'tap'
import { CsvReader } from '../../src/formats/csv.ts'
import type { Tensor } from '../../src/loss/tensor.ts'
import type { ValidationError } from '../../src/loss/validation-errors.ts'
import { InvalidContent, LimitExceeded } from '../../src/loss/validation-errors.ts'
import { finish } from '../loss/support.ts'
import { matrix } from '../matrix.ts'
import { unaccounted } from '../unaccounted.ts'
import { cut, limits, outcomeOf, seeded } from './support.ts'

function read(text: string | Buffer, hasHeader = false, longest = 1000, most = limits()): Tensor {
  const reader = new CsvReader('labels', hasHeader, most, unaccounted)
  for (const chunk of cut(Buffer.from(text), seeded(longest), longest)) reader.write(chunk)
  const tensor = finish(reader.end())
  // without names of classes
  if (tensor.names?.refusal !== undefined) throw tensor.names.refusal
  return tensor
}

/** Shape and numbers, the same however the text is cut. */
function numbersOf(text: string, hasHeader = false): unknown {
  const all = [1, 3, 1000].map((longest) => {
    const { shape, data, nonNumericCount, shapeError } = read(text, hasHeader, longest)
    return nonNumericCount === 0 && shapeError === undefined ? [shape, Array.from(data)] : 'wrong'
  })
  return all.every((numbers) => JSON.stringify(numbers) === JSON.stringify(all[0])) ? all[0] : all
}

test('rows become rows, and one column a list', (t) => {
  const two = matrix('2 2; 1 2 3 4')
  for (const text of [
    '1,2\n3,4\n',
    '1,2\r\n3,4',
    '1,2\r3,4\r',
    '\ufeff1,2\n3,4',
    '1,2\n3,4\n\n\r\n',
    ' 1 ,\t2\n"3"," 4 "',
  ]) {
    t.same(numbersOf(text), two, JSON.stringify(text))
  }
  t.same(numbersOf('1\n2\n3\n'), [[3], [1, 2, 3]])
  t.same(numbersOf('5'), [[1], [5]])
  t.same(numbersOf('5,6'), matrix('1 2; 5 6'))
  t.same(numbersOf(''), [[0], []])
  t.end()
})

test('numbers are those of JSON, and those that programs write besides', (t) => {
  const cases: readonly [string, number][] = [
    ['1.000000000000000000e+00', 1],
    ['-2.5E-3', -0.0025],
    ['+1', 1],
    ['+.5', 0.5],
    ['-5.', -5],
    ['007', 7],
    ['-00.10', -0.1],
    ['0', 0],
    ['000', 0],
    ['.0', 0],
    ['1e2', 100],
    ['0.1', 0.1],
  ]
  for (const [text, value] of cases) t.same(numbersOf(text), [[1], [value]], text)
  t.end()
})

test('a header is passed over where it is declared', (t) => {
  t.same(numbersOf('a,b\n1,2\n', true), [
    [1, 2],
    [1, 2],
  ])
  t.same(numbersOf('"a"\n2\n', true), [[1], [2]])
  t.same(numbersOf('a,b', true), [[0], []])
  t.end()
})

/** Without its code, which test/routes/mistakes.test.ts has. */
function plain({ code: _, ...error }: ValidationError) {
  return error
}

function errorOf(text: string, hasHeader = false): unknown {
  const errors = [1, 3, 1000].map((longest) => {
    const error = outcomeOf(() => read(text, hasHeader, longest))
    return error instanceof InvalidContent && error.errors.count === 1 ? plain(error.errors.list[0]) : error
  })
  return errors.every((error) => JSON.stringify(error) === JSON.stringify(errors[0])) ? errors[0] : errors
}

test('every error has its row and its column', (t) => {
  const hint = '. If the first row contains column names, send csvHeader=labels before this part.'
  const cases: readonly [string, string, string][] = [
    ['a,b\n1,2', `row 1, column 1 of labels is not a number; it must be a number${hint}`, 'a'],
    ['1,b', `row 1, column 2 of labels is not a number; it must be a number${hint}`, 'b'],
    ['1,2\n3,', 'row 2, column 2 of labels is empty; it must be a number.', ''],
    ['1,2\n,4\n', 'row 2, column 1 of labels is empty; it must be a number.', ''],
    ['1\n \n', 'row 2, column 1 of labels is empty; it must be a number.', ' '],
    ...['1 2', '0x10', '1e', 'e5', '.', '+', '--1', '1.2.3', '"', '"1', '1e5.5', '1_000'].map(
      (cell): [string, string, string] => [
        `1\n${cell}`,
        'row 2, column 1 of labels is not a number; it must be a number.',
        cell,
      ],
    ),
    ['1,2\n3\n', 'row 2 of labels has 1 column; the previous rows have 2.', '1 column'],
    ['1\n2\n3,4,5\n', 'row 3 of labels has 3 columns; the previous rows have 1.', '3 columns'],
  ]
  for (const [text, detail, received] of cases) t.same(errorOf(text), { path: ['labels'], detail, received }, text)
  const behind = 'row 3, column 1 of labels is not a number; it must be a number.'
  t.same(errorOf('a\n1\nb', true), { path: ['labels'], detail: behind, received: 'b' })
  t.end()
})

test('only the end of the file may be empty', (t) => {
  const detail = (row: number) =>
    `row ${row} of labels is empty; it must be a number. Remove rows without a value from all parts.`
  const cases: readonly [text: string, row: number][] = [
    ['1\n\n3\n', 2],
    ['1\r\n\r\n3\r\n', 2],
    ['1\r\r3', 2],
    ['\n1\n', 1],
    ['1\n2\n\n\n5', 3],
    ['1,2\n\n3,4', 2],
  ]
  for (const [text, row] of cases) t.same(errorOf(text), { path: ['labels'], detail: detail(row), received: '' }, text)
  t.same(errorOf('a\n\n1', true), { path: ['labels'], detail: detail(2), received: '' })
  for (const text of ['1\n2\n\n', '1\n2\r\n\r\n\n', '1\n2']) t.same(numbersOf(text), [[2], [1, 2]])
  t.end()
})

test('truth values stand as such, for labels that take them', (t) => {
  const { shape, nonNumeric, nonNumericCount } = read('true\nFalse\n"TRUE"\n')
  t.same([shape, nonNumericCount], [[3], 3])
  t.same(
    nonNumeric.map(({ received }) => received),
    [true, false, true],
  )
  t.end()
})

test('what programs write besides is named, with what to do', (t) => {
  const detailOf = (text: string, hasHeader = false) => {
    const error = errorOf(text, hasHeader)
    return error instanceof Object && 'detail' in error ? error.detail : error
  }
  for (const cell of ['nan', 'NaN', 'NA', 'null', 'None', '-', 'inf', '-Infinity']) {
    const detail = `row 2, column 1 of labels is "${cell}"; it must be a number. Remove rows with missing values from all parts.`
    t.equal(detailOf(`1\n${cell}`), detail, cell)
  }
  t.match(detailOf('0.2;0.8\n'), /separated by semicolons. Separate them by commas/)
  t.match(detailOf('1\t2\n'), /separated by tabs/)
  t.match(detailOf(',a,b\n0,1,2'), /column 1 of labels is empty; .*index=False/)
  t.match(detailOf(',a,b\n0,1,2', true), /no name for column 1; .*index=False/)
  t.match(detailOf('0,1\n1,2', true), /^row 1 of labels contains numbers, not column names\. Omit csvHeader/)
  t.end()
})

test('a cell is read in linear time, also one that is nearly a number', (t) => {
  // the longest cell that the first entry allows took minutes when the zeros could be split in more than one way
  for (const length of [3000, 60_000]) {
    for (const digits of ['0', '1', '01', '0.', '+0', '.0', '0e', '0e1']) {
      const cell = digits.repeat(length / digits.length)
      const begin = process.cpuUsage()
      errorOf(`${cell}x`)
      const { user } = process.cpuUsage(begin)
      t.ok(user < 1e6, `${length} bytes of ${digits}: ${user} us`)
    }
  }
  t.same(numbersOf(`${'0'.repeat(60_000)}12\n`), [[1], [12]])
  t.end()
})

test('limits hold', (t) => {
  const long = outcomeOf(() =>
    read(`1\n2,${'9'.repeat(50)}`, false, 7, limits({ maxNumberLength: 49 })),
  ) as LimitExceeded
  t.ok(long instanceof LimitExceeded)
  const detail = 'row 2, column 1 of labels is longer than maxNumberLength, 49 bytes.'
  t.same([long.limit, long.allowed, long.path, long.message], ['maxNumberLength', 49, ['labels'], detail])
  for (const [limit, allowed] of [
    ['maxRows', 2],
    ['maxColumns', 1],
    ['maxElements', 5],
  ] as const) {
    const error = outcomeOf(() => read('1,2\n3,4\n5,6', false, 1000, limits({ [limit]: allowed }))) as LimitExceeded
    t.ok(error instanceof LimitExceeded)
    t.same([error.limit, error.allowed, error.message], [limit, allowed, `labels exceeds ${limit}, ${allowed}.`])
  }
  t.end()
})

test('any doubles come back to the last bit', (t) => {
  const numbers = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(numbers, fc.integer({ min: 1, max: 50 }), (values, longest) => {
      const { data } = read(
        values.map((value) => (Object.is(value, -0) ? '-0' : String(value))).join('\r\n'),
        false,
        longest,
      )
      return values.every((value, at) => Object.is(value, data[at]))
    }),
    { seed: 5 },
  )
  t.end()
})

test('any bytes are numbers or are refused', (t) => {
  const text = fc.array(fc.constantFrom(...'0123456789.,,\n\n\r+-eE" x\xff'), { maxLength: 30 })
  fc.assert(
    fc.property(text, fc.boolean(), fc.integer({ min: 1, max: 40 }), (characters, hasHeader, longest) => {
      const outcome = outcomeOf(() => read(Buffer.from(characters.join(''), 'latin1'), hasHeader, longest))
      if (outcome instanceof Error) return outcome instanceof InvalidContent
      const { data, nonNumericCount, shapeError } = outcome as Tensor
      return nonNumericCount === 0 && shapeError === undefined && !data.some(Number.isNaN)
    }),
    { numRuns: 3000, seed: 5 },
  )
  t.end()
})
