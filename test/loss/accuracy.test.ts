import fc from 'fast-check'
import { test } from 'tap'
import { decideBinary, decideClasses } from '../../src/loss/accuracy.ts'
import type { PredictionFormat } from '../../src/loss/formats.ts'

test('the largest output decides, the lowest index wins a tie', async (t) => {
  const cases: [name: string, predictions: number[], predicted: number, ties: number][] = [
    ['one output', [0.2], 0, 0],
    ['first', [0.7, 0.2, 0.1], 0, 0],
    ['last', [0.1, 0.2, 0.7], 2, 0],
    ['negative numbers', [-3, -1, -2], 1, 0],
    ['tie of all', [0.5, 0.5], 0, 1],
    ['tie of three counts as one row', [1, 1, 1], 0, 1],
    ['tie of the last two', [0.2, 0.4, 0.4], 1, 1],
    ['tie of smaller ones is none', [0.3, 0.3, 0.4], 2, 0],
    ['tie around a smaller one', [0.4, 0.2, 0.4], 0, 1],
    ['a tie that is outdone, then a tie', [1, 1, 2, 2], 2, 1],
    ['0 and -0 are equal', [-0, 0], 0, 1],
    ['beyond any sum', [-1e308, 1e308, 1e308], 1, 1],
  ]
  for (const [name, predictions, predicted, ties] of cases) {
    for (let label = 0; label < predictions.length; label++) {
      const decisions = decideClasses(Float64Array.from(predictions), predictions.length, Int32Array.of(label))
      const { correct, labelled } = decisions
      t.same(
        [Array.from(decisions.predicted), Array.from(labelled), Array.from(correct), decisions.ties],
        [[predicted], [label], [label === predicted ? 1 : 0], ties],
        `${name}, label ${label}`,
      )
    }
  }
})

test('it decides as a search for the maximum does, however close the numbers are', async () => {
  const close = fc
    .tuple(fc.constantFrom(0, -1, 0.5, 1e300, -5e-324), fc.integer({ min: -2, max: 2 }))
    .map(([value, origins]) => value + origins * 2 ** -52)
  const number = fc.oneof(close, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(0, -0, 1, -1))
  const matrix = fc
    .integer({ min: 1, max: 6 })
    .chain((outputs) =>
      fc.array(fc.array(number, { minLength: outputs, maxLength: outputs }), { minLength: 1, maxLength: 5 }),
    )
  fc.assert(
    fc.property(matrix, (rows) => {
      const expected = rows.map((row) => row.indexOf(Math.max(...row) + 0))
      const ties = rows.filter((row) => row.filter((value) => value === Math.max(...row)).length > 1).length
      const got = decideClasses(Float64Array.from(rows.flat()), rows[0].length, new Int32Array(rows.length))
      return JSON.stringify([Array.from(got.predicted), got.ties]) === JSON.stringify([expected, ties])
    }),
    { seed: 11, numRuns: 2000 },
  )
})

test('rows are decided one by one, and their ties are counted', async (t) => {
  const decisions = decideClasses(Float64Array.of(1, 2, 3, 3, 5, 4, 0, 0), 2, Int32Array.of(1, 1, 1, 0))
  t.same(Array.from(decisions.predicted), [1, 0, 0, 0])
  t.same(Array.from(decisions.correct), [1, 0, 0, 1])
  t.equal(decisions.right, 2)
  t.equal(decisions.ties, 2)
})

test('a binary output is positive above the threshold, a target above 1/2', async (t) => {
  const cases: [
    name: string,
    y: number,
    target: number,
    threshold: number,
    format: PredictionFormat,
    says: [number, number],
  ][] = [
    ['above', 0.6, 1, 0.5, 'probabilities', [1, 1]],
    ['at the threshold', 0.5, 1, 0.5, 'probabilities', [0, 1]],
    ['below', 0.4, 0, 0.5, 'probabilities', [0, 0]],
    ['another threshold', 0.6, 0, 0.7, 'probabilities', [0, 0]],
    ['a score and threshold 0', -0.1, 1, 0, 'probabilities', [0, 1]],
    ['a soft target of 1/2 is not positive', 0.6, 0.5, 0.5, 'probabilities', [1, 0]],
    ['a soft target above', 0.6, 0.51, 0.5, 'probabilities', [1, 1]],
    ['logit 0 is 1/2', 0, 1, 0.5, 'logits', [0, 1]],
    ['logit 1 is 0.73', 1, 1, 0.7, 'logits', [1, 1]],
    ['logit 1 is no 0.74', 1, 1, 0.74, 'logits', [0, 1]],
    ['logit 800 is 1', 800, 1, 0.999, 'logits', [1, 1]],
    ['logit -800 is 0', -800, 0, 0, 'logits', [0, 0]],
    ['log 0.7', Math.log(0.7), 1, 0.69, 'log-probabilities', [1, 1]],
    ['log 1/2 is at the threshold', -Math.LN2, 1, 0.5, 'log-probabilities', [0, 1]],
    ['log 1', 0, 0, 0.999, 'log-probabilities', [1, 0]],
  ]
  for (const [name, y, target, threshold, format, [predicted, labelled]] of cases) {
    const decisions = decideBinary(Float64Array.of(y), 1, Float64Array.of(target), threshold, format)
    t.same(
      [Array.from(decisions.predicted), Array.from(decisions.labelled), Array.from(decisions.correct), decisions.ties],
      [[predicted], [labelled], [predicted === labelled ? 1 : 0], 0],
      name,
    )
  }
})

test('of K binary outputs each right one counts', async (t) => {
  const predictions = Float64Array.of(0.9, 0.1, 0.9, 0.1, 0.9, 0.1, 0.5, 0.5, 0.5)
  const targets = Float64Array.of(1, 0, 1, 1, 1, 1, 1, 1, 1)
  t.same(Array.from(decideBinary(predictions, 3, targets, 0.5, 'probabilities').correct), [3, 1, 0])
})

test('where the largest output is known it is not looked for again', async (t) => {
  const predictions = Float64Array.of(1, 2, 3, 3, 5, 4, 0, 1)
  const { predicted, correct, ties } = decideClasses(
    predictions,
    2,
    Int32Array.of(1, 1, 1, 0),
    Int32Array.of(0, -1, -2, 1),
  )
  // the first one is told wrong, to show that it is believed
  t.same([Array.from(predicted), Array.from(correct), ties], [[0, 0, 0, 1], [0, 0, 0, 0], 1])
})
