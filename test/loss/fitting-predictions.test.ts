import { test } from 'tap'
import { fittingPredictionFormat } from '../../src/loss/fitting-predictions.ts'
import { resolve } from '../../src/loss/resolve.ts'
import { layoutOf } from '../../src/loss/shape.ts'
import type { Options } from '../../src/loss/spec.ts'
import { countSteps, finish } from './support.ts'

const classes: Options = { loss: 'cross-entropy', labelFormat: 'index' }
const bits: Options = { loss: 'binary-cross-entropy', labelFormat: 'binary' }
const values: Options = { loss: 'mse', labelFormat: 'values' }

const logits = ' Logits are declared with predictionFormat "logits".'
const chances = ' Probabilities are declared with predictionFormat "probabilities".'
const logs = ' Log-probabilities are declared with predictionFormat "log-probabilities".'
const others = ' Other numbers are declared with predictionFormat "values".'

/** What is said of rows of two numbers. */
function said(options: Options, ...rows: number[][]): string {
  return finish(stepsOf(options, rows))
}

function stepsOf(options: Options, rows: number[][]): Generator<void, string> {
  const shape = [rows.length, rows[0].length]
  const tensor = { data: Float64Array.from(rows.flat()), shape, nonNumeric: [], nonNumericCount: 0 }
  const spec = resolve(options)
  return fittingPredictionFormat(spec, tensor, layoutOf(spec, tensor))
}

const half = -Math.LN2

test('for what are no probabilities', async (t) => {
  const cases: [name: string, options: Options, rows: number[][], sentences: string][] = [
    ['any numbers', classes, [[2, -1]], logits],
    ['rows that sum to something else', classes, [[0.5, 0.25]], logits],
    ['logarithms of a distribution', classes, [[half, half]], logs],
    ['logarithms of no distribution', classes, [[half, 0]], logits],
    [
      'a wrong row after a right one',
      classes,
      [
        [half, half],
        [half, 0],
      ],
      logits,
    ],
    ['a sum within the tolerance', { ...classes, rowSumTolerance: 0.5 }, [[half, 0]], logs],
    ['numbers of binary outputs up to 0 may be either', bits, [[half, 0]], logs + logits],
    [
      'one of them is above',
      bits,
      [
        [half, 0],
        [0, 1e-9],
      ],
      logits,
    ],
    ['not finite, as no other format has it', classes, [[Number.NaN, 0]], ''],
    ['a loss of values', { ...values, predictionFormat: 'probabilities' }, [[2, 2]], others],
    ['a loss of probabilities alone', { loss: 'dice', labelFormat: 'binary' }, [[2, 2]], ''],
  ]
  for (const [name, options, rows, sentences] of cases) t.equal(said(options, ...rows), sentences, name)
})

test('for what are no log-probabilities', async (t) => {
  const ofClasses: Options = { ...classes, predictionFormat: 'log-probabilities' }
  const ofBits: Options = { ...bits, predictionFormat: 'log-probabilities' }
  const zero = ` A probability of 0 has no logarithm.${chances}`
  const cases: [name: string, options: Options, rows: number[][], sentences: string][] = [
    ['any numbers', ofClasses, [[2, -1]], logits],
    ['a distribution', ofClasses, [[0.25, 0.75]], chances],
    ['numbers from 0 to 1', ofClasses, [[0.25, 0.25]], logits],
    ['numbers up to 0', ofClasses, [[-3, -4]], logits],
    ['the logarithm of 0', ofClasses, [[Number.NEGATIVE_INFINITY, 0]], zero],
    ['no number', ofClasses, [[Number.NaN, 0]], ''],
    ['numbers of binary outputs from 0 to 1 may be either', ofBits, [[0.25, 0.5]], chances + logits],
  ]
  for (const [name, options, rows, sentences] of cases) t.equal(said(options, ...rows), sentences, name)
})

test('for formats that take any number', async (t) => {
  t.equal(said({ ...classes, predictionFormat: 'logits' }, [0, 0]), '')
  t.equal(said(values, [0, 0]), '')
})

test('it looks at many numbers in steps', async (t) => {
  const rows = (count: number) => Array.from({ length: count }, () => [half, half])
  t.ok(countSteps(stepsOf(classes, rows(200_000))) > countSteps(stepsOf(classes, rows(100))))
})
