import fc from 'fast-check'
import { test } from 'tap'
import type { Decisions } from '../../src/loss/accuracy.ts'
import { decideBinary, decideClasses } from '../../src/loss/accuracy.ts'
import type { PredictionFormat } from '../../src/loss/formats.ts'

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
      const ties = rows.map((row) => Number(row.filter((value) => value === Math.max(...row)).length > 1))
      const got = decideClasses(Float64Array.from(rows.flat()), rows[0].length, new Int32Array(rows.length))
      return JSON.stringify([Array.from(got.predicted), tied(got)]) === JSON.stringify([expected, ties])
    }),
    { seed: 11, numRuns: 2000 },
  )
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
      [Array.from(decisions.predicted), Array.from(decisions.labelled), Array.from(decisions.correct), decisions.tied],
      [[predicted], [labelled], [predicted === labelled ? 1 : 0], undefined],
      name,
    )
  }
})

function tied({ correct, tied: marks }: Decisions): number[] {
  return Array.from(marks ?? correct.map(() => 0))
}

test('a logit is decided by its sigmoid, however near to 0 it is', async (t) => {
  const logits = [0, -0, 1e-300, 1e-17, 1e-15, 1e-9, 1.1e-9, 0.1, 30, 800].flatMap((z) => [z, -z])
  const { predicted } = decideBinary(Float64Array.from(logits), 1, new Float64Array(logits.length), 0.5, 'logits')
  t.same(
    Array.from(predicted),
    logits.map((z) => Number(1 / (1 + Math.exp(-z)) > 0.5)),
  )
})
