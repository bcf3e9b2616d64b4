import { test } from 'tap'
import { binaryCrossEntropy } from '../../../src/loss/kernels/binary-cross-entropy.ts'
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

interface Case {
  readonly name: string
  readonly options: Options
  /** The prediction, the target, and what is expected of them. */
  readonly y: number
  readonly t: number
  readonly loss: number
  readonly slope: number
  readonly clipped?: number
}

const cases: Case[] = [
  { name: '-log 1/4', options: exact, y: 0.25, t: 1, loss: 2 * ln2, slope: -4 },
  { name: '-log 3/4', options: exact, y: 0.25, t: 0, loss: ln43, slope: 4 / 3 },
  { name: 'half of both', options: exact, y: 0.25, t: 0.5, loss: ln2 + ln43 / 2, slope: -2 + 2 / 3 },
  { name: 'right and certain', options: exact, y: 1, t: 1, loss: 0, slope: -1 },
  {
    name: 'wrong and certain',
    options: exact,
    y: 0,
    t: 1,
    loss: Number.POSITIVE_INFINITY,
    slope: Number.NEGATIVE_INFINITY,
  },
  { name: 'a small y keeps its digits', options: exact, y: 1e-20, t: 0, loss: 1e-20, slope: 1 },
  { name: 'y + epsilon', options: added, y: 0.25, t: 1, loss: ln2, slope: -2 },
  { name: '1 - y + epsilon', options: added, y: 0.75, t: 0, loss: ln2, slope: 2 },
  { name: 'y below epsilon', options: added, y: 0, t: 1, loss: 2 * ln2, slope: -4, clipped: 1 },
  { name: '1 - y below epsilon', options: added, y: 1, t: 0, loss: 2 * ln2, slope: 4, clipped: 1 },
  { name: 'y below epsilon, which does not count', options: added, y: 0, t: 0, loss: -0.22314355131420976, slope: 0.8 }, // -log 5/4
  { name: 'clipped from below', options: clipped, y: 0.125, t: 1, loss: 2 * ln2, slope: 0, clipped: 1 },
  { name: 'clipped from above', options: clipped, y: 0.875, t: 1, loss: ln43, slope: 0 },
  { name: 'clamped', options: clamped, y: 0, t: 1, loss: 100, slope: 0, clipped: 1 },
  { name: 'clamped complement', options: clamped, y: 1, t: 0, loss: 100, slope: 0, clipped: 1 },
  { name: 'logit 0', options: logits, y: 0, t: 1, loss: ln2, slope: -0.5 },
  { name: 'logit ln 3 is 3/4', options: logits, y: ln3, t: 1, loss: ln43, slope: -0.25 },
  { name: 'logit ln 3, wrong', options: logits, y: ln3, t: 0, loss: 2 * ln2, slope: 0.75 },
  { name: 'logit -ln 3, soft', options: logits, y: -ln3, t: 0.25, loss: ln2 / 2 + 0.75 * ln43, slope: 0 },
  { name: 'logit 800, wrong', options: logits, y: 800, t: 0, loss: 800, slope: 1 },
  { name: 'logit -800, wrong', options: logits, y: -800, t: 1, loss: 800, slope: -1 },
  { name: 'logit 800, right', options: logits, y: 800, t: 1, loss: 0, slope: 0 },
  // -log(1/2 + 1/4); slope -(1/2 / (3/4)) (1/2)
  {
    name: 'logit 0 + epsilon',
    options: { ...added, predictionFormat: 'logits' },
    y: 0,
    t: 1,
    loss: ln43,
    slope: -1 / 3,
  },
  {
    name: 'logit 0 + epsilon, wrong',
    options: { ...added, predictionFormat: 'logits' },
    y: 0,
    t: 0,
    loss: ln43,
    slope: 1 / 3,
  },
  {
    name: 'logit -800 clamped',
    options: { ...clamped, predictionFormat: 'logits' },
    y: -800,
    t: 1,
    loss: 100,
    slope: 0,
    clipped: 1,
  },
  {
    name: 'logit 800 clamped, wrong',
    options: { ...clamped, predictionFormat: 'logits' },
    y: 800,
    t: 0,
    loss: 100,
    slope: 0,
    clipped: 1,
  },
]

test('-(t log y + (1 - t) log(1 - y)), its guards and its slope', async (t) => {
  for (const each of cases) {
    const rows = rowsOf([[each.y]], [[each.t]])
    const { losses, clipped } = lossesOf(each.options, rows)
    t.same(misses(losses, [each.loss], 1e-16), [], each.name)
    t.equal(clipped, each.clipped ?? 0, `${each.name}: clipped`)
    t.same(misses(gradientOf(each.options, rows), [each.slope], 1e-16), [], `${each.name}: slope`)
  }
})

test('log-probabilities: the loss of the probabilities, and y times their slope', async (t) => {
  // 1 - e^log(3/4) may be on either side of an epsilon of 1/4
  const isOfChances = ({ options, y }: Case) => options.predictionFormat === undefined && y > 0 && y !== 0.75
  for (const { name, options, y, t: target, loss, slope, clipped } of cases.filter(isOfChances)) {
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

test('its outputs are independent, so labels are no classes', async (t) => {
  t.same(binaryCrossEntropy.labelFormats, ['binary', 'probabilities'])
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
