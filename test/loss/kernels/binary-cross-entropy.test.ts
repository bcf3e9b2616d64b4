import { test } from 'tap'
import type { Options } from '../../../src/loss/spec.ts'
import { matrix } from '../../matrix.ts'
import { gradientOf, lossesOf, misses, rowsOf } from '../support.ts'

const ln2 = Math.LN2
const ln3 = 1.0986122886681098
const ln43 = 0.2876820724517809 // 2 ln 2 - ln 3
const exact = { loss: 'binary-cross-entropy', labelFormat: 'probabilities', logPolicy: 'exact' } as const
const added = { ...exact, logPolicy: 'add-epsilon', epsilon: 0.25 } as const
const clipped = { ...exact, logPolicy: 'clip', epsilon: 0.25 } as const
const clamped = { ...exact, logPolicy: 'clamp' } as const
const logits = { ...exact, predictionFormat: 'logits' } as const

/** What is expected of the prediction y and the target t. */
type Case = [name: string, options: Options, y: number, t: number, loss: number, slope: number, clipped?: 1]

const cases: Case[] = [
  ['-log 1/4', exact, 0.25, 1, 2 * ln2, -4],
  ['-log 3/4', exact, 0.25, 0, ln43, 4 / 3],
  ['half of both', exact, 0.25, 0.5, ln2 + ln43 / 2, -2 + 2 / 3],
  ['right and certain', exact, 1, 1, 0, -1],
  ['wrong and certain', exact, 0, 1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  ['a small y keeps its digits', exact, 1e-20, 0, 1e-20, 1],
  ['y + epsilon', added, 0.25, 1, ln2, -2],
  ['1 - y + epsilon', added, 0.75, 0, ln2, 2],
  ['y below epsilon', added, 0, 1, 2 * ln2, -4, 1],
  ['1 - y below epsilon', added, 1, 0, 2 * ln2, 4, 1],
  ['y below epsilon, which does not count', added, 0, 0, -0.22314355131420976, 0.8], // -log 5/4
  ['clipped from below', clipped, 0.125, 1, 2 * ln2, 0, 1],
  ['clipped from above', clipped, 0.875, 1, ln43, 0],
  ['clamped', clamped, 0, 1, 100, 0, 1],
  ['clamped complement', clamped, 1, 0, 100, 0, 1],
  ['logit 0', logits, 0, 1, ln2, -0.5],
  ['logit ln 3 is 3/4', logits, ln3, 1, ln43, -0.25],
  ['logit ln 3, wrong', logits, ln3, 0, 2 * ln2, 0.75],
  ['logit -ln 3, soft', logits, -ln3, 0.25, ln2 / 2 + 0.75 * ln43, 0],
  ['logit 800, wrong', logits, 800, 0, 800, 1],
  ['logit -800, wrong', logits, -800, 1, 800, -1],
  ['logit 800, right', logits, 800, 1, 0, 0],
  // -log(1/2 + 1/4); slope -(1/2 / (3/4)) (1/2)
  ['logit 0 + epsilon', { ...added, predictionFormat: 'logits' }, 0, 1, ln43, -1 / 3],
  ['logit 0 + epsilon, wrong', { ...added, predictionFormat: 'logits' }, 0, 0, ln43, 1 / 3],
  ['logit -800 clamped', { ...clamped, predictionFormat: 'logits' }, -800, 1, 100, 0, 1],
  ['logit 800 clamped, wrong', { ...clamped, predictionFormat: 'logits' }, 800, 0, 100, 0, 1],
]

test('-(t log y + (1 - t) log(1 - y)), its guards and its slope', async (t) => {
  for (const [name, options, y, target, loss, slope, clipped = 0] of cases) {
    const rows = rowsOf([[y]], [[target]])
    t.same(misses(lossesOf(options, rows), { losses: [loss], clipped }, 1e-16), [], name)
    t.same(misses(gradientOf(options, rows), [slope], 1e-16), [], `${name}: slope`)
  }
})

test('log-probabilities: the loss of the probabilities, and y times their slope', async (t) => {
  // 1 - e^log(3/4) may be on either side of an epsilon of 1/4
  const isOfChances = ([, options, y]: Case) => options.predictionFormat === undefined && y > 0 && y !== 0.75
  for (const [name, options, y, target, loss, slope, clipped] of cases.filter(isOfChances)) {
    const logs = { ...options, predictionFormat: 'log-probabilities' } as const
    const rows = rowsOf([[Math.log(y)]], [[target]])
    t.same(misses(lossesOf(logs, rows), { losses: [loss], clipped: clipped ?? 0 }, 1e-16), [], name)
    t.same(misses(gradientOf(logs, rows), [y * slope], 1e-15), [], `${name}: slope`)
  }
  const logs = { ...exact, predictionFormat: 'log-probabilities' } as const
  const ends: [name: string, options: Options, x: number, t: number, loss: number, slope: number][] = [
    ['of what no double is', logs, -800, 1, 800, -1],
    ['of what no double is, wrong by nothing', logs, -800, 0, 0, 0],
    // log(1 - e^-1e-20) = log 1e-20
    ['next to certain', logs, -1e-20, 0, 46.051701859880914, 1e20],
    ['wrong and certain', logs, 0, 0, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    ['wrong and certain, clamped', { ...logs, logPolicy: 'clamp' }, 0, 0, 100, 0],
  ]
  for (const [name, options, x, target, loss, slope] of ends) {
    t.same(misses(lossesOf(options, rowsOf([[x]], [[target]])).losses, [loss]), [], name)
    t.same(misses(gradientOf(options, rowsOf([[x]], [[target]])), [slope]), [], `${name}: slope`)
  }
})

test('the mean over the outputs of each row, whose guard is counted once', async (t) => {
  const rows = rowsOf(matrix('0.25 0.75; 0 0'), matrix('1 1; 1 1'))
  // (log 2 + log 1) / 2 and 2 ln 2 with epsilon 1/4
  const { losses, clipped } = lossesOf(added, rows)
  t.same(misses(losses, [ln2 / 2, 2 * ln2]), [])
  t.equal(clipped, 1)
  t.same(misses(gradientOf(added, rows), [-1, -0.5, -2, -2]), [])
})

test('the positive weight is a factor of t log y, for all outputs or each', async (t) => {
  const y = rowsOf([[0.25, 0.25, 0.25]], [[1, 0, 0.5]])
  const z = rowsOf([[-ln3, -ln3, -ln3]], [[1, 0, 0.5]])
  const three = { ...exact, positiveWeight: 3 }
  const each = { ...exact, positiveWeight: Float64Array.of(3, 7, 0) }
  // log 1/4 and log 3/4 as above
  t.same(misses(lossesOf(three, y).losses, [(6 * ln2 + ln43 + 3 * ln2 + ln43 / 2) / 3]), [])
  t.same(misses(lossesOf(each, y).losses, [(6 * ln2 + ln43 + ln43 / 2) / 3]), [])
  t.same(misses(gradientOf(three, y), [-4, 4 / 9, (-6 + 2 / 3) / 3]), [])
  t.same(misses(gradientOf(each, y), [-4, 4 / 9, 2 / 9]), [])
  for (const options of [three, each]) {
    const asLogits = { ...options, predictionFormat: 'logits' } as const
    t.same(misses(lossesOf(asLogits, z).losses, lossesOf(options, y).losses), [])
    t.same(misses(lossesOf({ ...asLogits, logPolicy: 'clamp' }, z).losses, lossesOf(options, y).losses), [])
    // dy / dz = y (1 - y)
    t.same(
      misses(
        gradientOf(asLogits, z),
        gradientOf(options, y).map((slope) => (slope * 3) / 16),
        1e-16,
      ),
      [],
    )
  }
  // a weight of 0 silences an infinite logarithm
  t.same(lossesOf({ ...exact, positiveWeight: Float64Array.of(0) }, rowsOf([[0]], [[1]])).losses, [0])
})
