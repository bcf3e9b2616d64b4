import fc from 'fast-check'
import { test } from 'tap'
import type { RowRange } from '../../src/loss/checks.ts'
import {
  checkDomain,
  checkPredictions,
  checkTargets,
  checkWeights,
  largestWeight,
  readIndices,
  readLargest,
  readOneHot,
} from '../../src/loss/checks.ts'
import { pack } from '../../src/loss/pack.ts'
import { resolve } from '../../src/loss/resolve.ts'
import type { Options } from '../../src/loss/spec.ts'
import type { Doubles } from '../../src/loss/tensor.ts'
import type { Path } from '../../src/loss/validation-errors.ts'
import { ValidationErrors } from '../../src/loss/validation-errors.ts'
import { matrix } from '../matrix.ts'

const noNumber = Number.NaN
const huge = Number.MAX_VALUE
const infinite = Number.POSITIVE_INFINITY

/** A tensor of any doubles, infinities and NaN included, which a binary body can bring. */
function tensorOf(...rows: number[][]): Doubles {
  return {
    data: Float64Array.from(rows.flat()),
    shape: [rows.length, rows[0].length],
    nonNumeric: [],
    nonNumericCount: 0,
  }
}

function listOf(...data: number[]): Doubles {
  return { data: Float64Array.from(data), shape: [data.length], nonNumeric: [], nonNumericCount: 0 }
}

function all(tensor: Doubles, outputs: number): { from: number; to: number } {
  return { from: 0, to: tensor.data.length / outputs }
}

/** What is said of each error, which begins with its place. */
function said({ list }: ValidationErrors): string[] {
  return list.map(({ path, detail }) => (detail.startsWith(`${nameOf(path)} `) ? detail : `${path}: ${detail}`))
}

function nameOf([field, ...at]: Path): string {
  return `${field}${at.map((index) => `[${index}]`).join('')}`
}

type Case = [name: string, options: Options, tensor: Doubles, outputs: number, errors: string[]]

const distribution: Options = { loss: 'cross-entropy', labelFormat: 'index' }
const logits: Options = { ...distribution, predictionFormat: 'logits' }
const logs: Options = { ...distribution, predictionFormat: 'log-probabilities' }
const values: Options = { loss: 'mse', labelFormat: 'values' }
const outputs: Options = { loss: 'binary-cross-entropy', labelFormat: 'binary' }
const sums = 'rows of probabilities sum to 1 within rowSumTolerance'
const range = 'predictionFormat "probabilities" needs numbers from 0 to 1.'
const upToZero = 'predictionFormat "log-probabilities" needs finite numbers <= 0.'

const predictionCases: Case[] = [
  ['a distribution', distribution, tensorOf([0, 1], [0.5, 0.5]), 2, []],
  ['a sum within the tolerance', distribution, tensorOf([0.5, 0.4995], [0.5, 0.5009]), 2, []],
  [
    'a sum out of the tolerance',
    distribution,
    tensorOf([0.5, 0.5], [0.5, 0.25]),
    2,
    [`predictions[1] sums to 0.75; ${sums} 0.001.`],
  ],
  ['a sum within a tolerance of its own', { ...distribution, rowSumTolerance: 0.25 }, tensorOf([0.5, 0.25]), 2, []],
  ['a list is one row', distribution, listOf(0.5, 0.25), 2, [`predictions sums to 0.75; ${sums} 0.001.`]],
  [
    'numbers out of range are named, their row is not',
    distribution,
    tensorOf([0.5, 0.5], [1.5, -0.5]),
    2,
    [`predictions[1][0] is 1.5; ${range}`, `predictions[1][1] is -0.5; ${range}`],
  ],
  [
    'NaN and infinities are no probabilities',
    distribution,
    tensorOf([noNumber, infinite]),
    2,
    [`predictions[0][0] is NaN; ${range}`, `predictions[0][1] is Infinity; ${range}`],
  ],
  ['binary outputs need not sum to 1', outputs, tensorOf([1, 1, 0.5]), 3, []],
  ['but are probabilities', outputs, listOf(0.5, 2), 1, [`predictions[1] is 2; ${range}`]],
  [
    'a loss of other numbers as well',
    { loss: 'mse', labelFormat: 'index', predictionFormat: 'probabilities' },
    tensorOf([2, 0]),
    2,
    [`predictions[0][0] is 2; ${range}`],
  ],
  [
    'a loss of probabilities alone',
    { loss: 'brier', labelFormat: 'binary' },
    listOf(2),
    1,
    [`predictions[0] is 2; ${range}`],
  ],
  ['any finite logit', logits, tensorOf([huge, huge], [-huge, -huge]), 2, []],
  [
    'logits that are not finite',
    logits,
    tensorOf([0, infinite], [noNumber, -infinite]),
    2,
    [
      'predictions[0][1] is Infinity; predictionFormat "logits" needs finite numbers.',
      'predictions[1][0] is NaN; predictionFormat "logits" needs finite numbers.',
      'predictions[1][1] is -Infinity; predictionFormat "logits" needs finite numbers.',
    ],
  ],
  ['log-probabilities', logs, tensorOf([-Math.LN2, -Math.LN2], [0, -huge]), 2, []],
  [
    'numbers that are no log-probabilities are named, their row is not',
    logs,
    tensorOf([0.5, -1], [-infinite, 0], [noNumber, -3]),
    2,
    [
      `predictions[0][0] is 0.5; ${upToZero}`,
      `predictions[1][0] is -Infinity; ${upToZero}`,
      `predictions[2][0] is NaN; ${upToZero}`,
    ],
  ],
  [
    'the sums of their probabilities',
    { ...logs, rowSumTolerance: 0.25 },
    tensorOf([0, 0], [-Math.LN2, -2 * Math.LN2]),
    2,
    [`predictions[0] holds log-probabilities whose probabilities sum to 2; ${sums} 0.25.`],
  ],
  [
    'those of binary outputs need not sum to 1',
    { ...outputs, predictionFormat: 'log-probabilities' },
    tensorOf([0, 0]),
    2,
    [],
  ],
]

test('predictions', async (t) => {
  for (const [name, options, tensor, outputs, errors] of predictionCases) {
    const found = new ValidationErrors()
    checkPredictions(resolve(options), tensor, outputs, all(tensor, outputs), found)
    t.same(said(found), errors, name)
    t.equal(found.count, errors.length, `${name}: count`)
  }
})

const soft: Options = { ...distribution, labelFormat: 'probabilities' }

const targetCases: Case[] = [
  ['a distribution', soft, tensorOf([0.25, 0.75]), 2, []],
  ['a sum out of the tolerance', soft, tensorOf([0.25, 0.5]), 2, [`labels[0] sums to 0.75; ${sums} 0.001.`]],
  [
    'probabilities for a loss of any numbers need no sum',
    { ...values, labelFormat: 'probabilities' },
    tensorOf([0.25, 0.25]),
    2,
    [],
  ],
  [
    'out of range',
    { ...values, labelFormat: 'probabilities' },
    tensorOf([0.25, -1]),
    2,
    ['labels[0][1] is -1; labelFormat "probabilities" needs numbers from 0 to 1.'],
  ],
  ['any finite value', values, listOf(huge, -huge, 0), 1, []],
  [
    'values that are not finite',
    values,
    listOf(1, infinite),
    1,
    ['labels[1] is Infinity; labelFormat "values" needs finite numbers.'],
  ],
  ['bits', outputs, tensorOf([0, 1], [-0, 1]), 2, []],
  [
    'no bits',
    outputs,
    tensorOf([0, 2], [0.5, noNumber]),
    2,
    [
      'labels[0][1] is 2; labelFormat "binary" needs 0 or 1.',
      'labels[1][0] is 0.5; labelFormat "binary" needs 0 or 1.',
      'labels[1][1] is NaN; labelFormat "binary" needs 0 or 1.',
    ],
  ],
]

test('targets', async (t) => {
  for (const [name, options, tensor, outputs, errors] of targetCases) {
    const found = new ValidationErrors()
    checkTargets(resolve(options), tensor, outputs, all(tensor, outputs), found)
    t.same(said(found), errors, name)
    t.equal(found.count, errors.length, `${name}: count`)
  }
})

test('numbers that a loss is not defined for', async (t) => {
  const poisson: Options = { loss: 'poisson', labelFormat: 'values' }
  const rates: Options = { ...poisson, logInput: false }
  const cases: [options: Options, name: 'predictions' | 'labels', wrong: number[], needs: string][] = [
    [values, 'labels', [], ''],
    [poisson, 'predictions', [], ''],
    [poisson, 'labels', [-0.5, -1, -3], 'loss "poisson" needs counts >= 0'],
    [rates, 'predictions', [-0.5, -1, -3], 'loss "poisson" with logInput false needs rates >= 0'],
    [{ ...values, loss: 'msle' }, 'predictions', [-1, -3], 'loss "msle" needs numbers > -1'],
    [{ ...values, loss: 'msle' }, 'labels', [-1, -3], 'loss "msle" needs numbers > -1'],
    [{ ...values, loss: 'mape' }, 'predictions', [], ''],
    [{ ...values, loss: 'mape' }, 'labels', [0], 'loss "mape" needs labels other than 0'],
  ]
  for (const [options, name, wrong, needs] of cases) {
    // what is not finite is reported by its format
    const numbers = [noNumber, infinite, -infinite, 0, -0.5, -1, -3, 2]
    const errors = new ValidationErrors()
    checkDomain(resolve(options), name, listOf(...numbers), 1, { from: 0, to: numbers.length }, errors)
    const expected = wrong.map((value) => {
      const at = numbers.indexOf(value)
      return `${name}[${at}] is ${value}; ${needs}.`
    })
    t.same(said(errors), expected, `${options.loss}, ${name}`)
  }
})

test('numbers that a loss is not defined for are listed in part and counted in full', async (t) => {
  const errors = new ValidationErrors()
  const zeros = listOf(...new Array<number>(100).fill(0))
  checkDomain(resolve({ ...values, loss: 'mape' }), 'labels', zeros, 1, { from: 10, to: 90 }, errors)
  t.same([errors.list.length, errors.count, errors.list[0].path], [20, 80, ['labels', 10]])
})

test('indices', async (t) => {
  const needs = 'labelFormat "index" needs an integer from 0 to 2, one of the 3 outputs of predictions'
  const cases: [label: number, ignoreIndex: number | undefined, read: number | undefined][] = [
    [0, undefined, 0],
    [2, undefined, 2],
    [-0, undefined, 0],
    [3, undefined, undefined],
    [-1, undefined, undefined],
    [0.5, undefined, undefined],
    [2 ** 32, undefined, undefined],
    [2 ** 32 + 1, undefined, undefined],
    [noNumber, undefined, undefined],
    [infinite, undefined, undefined],
    [-100, -100, -1],
    [1, 1, -1],
    [2, 1, 2],
    [-1, -1, -1],
    [-1, -2, undefined],
  ]
  for (const [label, ignoreIndex, read] of cases) {
    const errors = new ValidationErrors()
    const classes = new Int32Array(2).fill(9)
    readIndices(resolve({ ...distribution, ignoreIndex }), listOf(7, label), 3, { from: 1, to: 2 }, classes, errors)
    const ends = ignoreIndex === undefined ? '' : `, or ignoreIndex ${ignoreIndex}`
    const expected = read === undefined ? [`labels[1] is ${label}; ${needs}${ends}.`] : []
    t.same(said(errors), expected, `${label}, ignoreIndex ${ignoreIndex}`)
    if (read !== undefined) t.same(Array.from(classes), [9, read], `${label} is read`)
  }
})

test('one-hot rows', async (t) => {
  const needs = 'labelFormat "one-hot" needs exactly one 1 and all others 0 in each row'
  const cases: [row: number[], read: number, errors: string[]][] = [
    [[1, 0, 0], 0, []],
    [[-0, 0, 1], 2, []],
    [[0, 0, 0], -1, [`labels[1] has no 1; ${needs}.`]],
    [[1, 1, 0], -1, [`labels[1] has 2 ones; ${needs}.`]],
    [[1, 1, 1], -1, [`labels[1] has 3 ones; ${needs}.`]],
    [[1, 0, 0.5], -1, [`labels[1][2] is 0.5; ${needs}.`]],
    [[noNumber, 1, 2], -1, [`labels[1][0] is NaN; ${needs}.`, `labels[1][2] is 2; ${needs}.`]],
  ]
  for (const [row, read, expected] of cases) {
    const errors = new ValidationErrors()
    const classes = new Int32Array(2).fill(9)
    readOneHot(tensorOf([8, 8, 8], row), 3, { from: 1, to: 2 }, classes, errors)
    t.same(said(errors), expected, String(row))
    t.equal(errors.count, expected.length)
    if (read >= 0) t.same(Array.from(classes), [9, read], `${row} is read`)
  }
})

test('the class of soft labels is the largest, the lowest index wins a tie', async (t) => {
  const classes = new Int32Array(4).fill(9)
  readLargest(tensorOf([0, 1], [0.5, 0.5], [0.25, 0.75], [1, 0]), 2, { from: 1, to: 4 }, classes)
  t.same(Array.from(classes), [9, 0, 1, 0])
})

test('weights', async (t) => {
  t.equal(largestWeight, 1e100)
  const errors = new ValidationErrors()
  checkWeights('sampleWeights', listOf(0, 1, 1e100, -1, 1e101, noNumber, infinite), { from: 0, to: 7 }, errors)
  t.same(said(errors), [
    'sampleWeights[3] is -1; weights must be numbers from 0 to 1e+100.',
    'sampleWeights[4] is 1e+101; weights must be numbers from 0 to 1e+100.',
    'sampleWeights[5] is NaN; weights must be numbers from 0 to 1e+100.',
    'sampleWeights[6] is Infinity; weights must be numbers from 0 to 1e+100.',
  ])
})

test('what was received is sent back', async (t) => {
  const errors = new ValidationErrors()
  checkPredictions(resolve(distribution), pack('predictions', matrix('2 0; 0 0')), 2, { from: 0, to: 2 }, errors)
  t.same(
    errors.list.map(({ received }) => received),
    [2, 'an array of 2 numbers'],
  )
})

test('a batch that is wrong everywhere is counted in full and listed in part', async (t) => {
  const count = 1000
  const wrong = new Array<number>(count).fill(7)
  const elements = new ValidationErrors()
  checkPredictions(resolve(outputs), listOf(...wrong), 1, { from: 0, to: count }, elements)
  t.same([elements.count, elements.list.length], [count, 20])
  const rows = new ValidationErrors()
  checkPredictions(resolve(distribution), tensorOf(...wrong.map(() => [0, 0])), 2, { from: 0, to: count }, rows)
  t.same([rows.count, rows.list.length], [count, 20])
  const ofLogs = new ValidationErrors()
  checkPredictions(resolve(logs), tensorOf(...wrong.map(() => [0, 0])), 2, { from: 0, to: count }, ofLogs)
  t.same([ofLogs.count, ofLogs.list.length], [count, 20])
})

test('beyond those that are listed, errors are counted as they are when each is found alone', async (t) => {
  const rows = fc.array(fc.array(fc.constantFrom(0, 1, 0.5, 7, noNumber), { minLength: 3, maxLength: 3 }), {
    minLength: 1,
    maxLength: 40,
  })
  const classes = new Int32Array(40)
  const checks: [name: string, check: (tensor: Doubles, range: RowRange, errors: ValidationErrors) => void][] = [
    ['predictions', (tensor, range, errors) => checkPredictions(resolve(distribution), tensor, 3, range, errors)],
    ['bits', (tensor, range, errors) => checkTargets(resolve(outputs), tensor, 3, range, errors)],
    ['one-hot', (tensor, range, errors) => readOneHot(tensor, 3, range, classes, errors)],
  ]
  for (const [name, check] of checks) {
    const property = fc.property(rows, (given) => {
      const tensor = tensorOf(...given)
      const together = new ValidationErrors()
      check(tensor, all(tensor, 3), together)
      const alone = given.map((_, row) => {
        const errors = new ValidationErrors()
        check(tensor, { from: row, to: row + 1 }, errors)
        return errors
      })
      const listed = alone.flatMap(({ list }) => list).slice(0, 20)
      return (
        together.count === alone.reduce((sum, { count }) => sum + count, 0) &&
        JSON.stringify(together.list) === JSON.stringify(listed)
      )
    })
    fc.assert(property, { seed: 61, numRuns: 200 })
    t.pass(name)
  }
  const wrong = new ValidationErrors()
  readIndices(resolve(distribution), listOf(...new Array(100).fill(7)), 3, { from: 0, to: 100 }, classes, wrong)
  t.same([wrong.count, wrong.list.length], [100, 20])
})

test('only the rows of the range are looked at', async (t) => {
  const tensor = tensorOf([7, 7], [0.5, 0.5], [7, 7])
  const found = (from: number, to: number) => {
    const errors = new ValidationErrors()
    checkPredictions(resolve(distribution), tensor, 2, { from, to }, errors)
    return errors.count
  }
  t.same([found(0, 3), found(0, 1), found(1, 2), found(2, 3)], [4, 2, 0, 2])
})

test('many rows are looked at at once, with the same errors as few', async (t) => {
  const rows = (count: number) => Array.from({ length: count }, (_, i) => [0, 1, 2].map((k) => Number(k === i % 3)))
  for (const [row, wrong] of [
    [0, [0, 2, 0]],
    [99, [0.5, 0.4, 0]],
    [199, [Number.NaN, 0, 1]],
  ] as const) {
    const tensor = tensorOf(...rows(200).with(row, [...wrong]))
    const [errors, known, few] = [new ValidationErrors(), new Int32Array(200), new ValidationErrors()]
    checkPredictions(resolve(distribution), tensor, 3, { from: 0, to: 200 }, errors, known)
    checkPredictions(resolve(distribution), tensor, 3, { from: row, to: row + 1 }, few)
    t.equal(errors.count, 1)
    t.same(said(errors), said(few))
    t.ok(known[row] < 0)
    t.equal(known[100], 1)
    const [ofLabels, classes, ofFew] = [new ValidationErrors(), new Int32Array(200), new ValidationErrors()]
    readOneHot(tensor, 3, { from: 0, to: 200 }, classes, ofLabels)
    readOneHot(tensor, 3, { from: row, to: row + 1 }, classes, ofFew)
    t.same(said(ofLabels), said(ofFew))
    t.equal(classes[100], 1)
  }
  const logitsSeen = new Int32Array(2)
  checkPredictions(
    resolve(logits),
    tensorOf([1, 2], [-2, -3]),
    2,
    { from: 0, to: 2 },
    new ValidationErrors(),
    logitsSeen,
  )
  t.same([...logitsSeen], [1, 0])
})
