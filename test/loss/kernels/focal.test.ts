import { test } from 'tap'
import type { Options } from '../../../src/loss/spec.ts'
import { gradientOf, lossesOf, misses, rowsOf } from '../support.ts'

const ln2 = Math.LN2
const ln3 = 1.0986122886681098
const ln43 = 0.2876820724517809 // 2 ln 2 - ln 3
const infinity = Number.POSITIVE_INFINITY
const classes = { loss: 'focal', labelFormat: 'index', logPolicy: 'exact' } as const
const bits = { ...classes, labelFormat: 'binary' } as const
const classLogits = { ...classes, predictionFormat: 'logits' } as const
const bitLogits = { ...bits, predictionFormat: 'logits' } as const
const added = { logPolicy: 'add-epsilon', epsilon: 0.25 } as const

/** What is expected of y, and of t, the class or a bit for each output. */
type Case = [
  name: string,
  options: Options,
  y: number[],
  t: number | number[],
  loss: number,
  slopes: number[],
  clipped?: 1,
]

const cases: Case[] = [
  // (3/4)^2 ln 4; slope 2 (3/4) log(1/4) - (9/16) 4
  ['a quarter', classes, [0.25, 0.75], 0, 1.125 * ln2, [-3 * ln2 - 2.25, 0]],
  ['three quarters', classes, [0.25, 0.75], 1, ln43 / 16, [0, -ln43 / 2 - 1 / 12]],
  ['right and certain', classes, [0, 1], 1, 0, [0, 0]],
  ['gamma 0', { ...classes, gamma: 0 }, [0.25, 0.75], 0, 2 * ln2, [-4, 0]],
  ['gamma 0, certain', { ...classes, gamma: 0 }, [1, 0], 0, 0, [-1, 0]],
  ['gamma 1/2, certain', { ...classes, gamma: 0.5 }, [1, 0], 0, 0, [0, 0]],
  ['alpha', { ...classes, alpha: 0.5 }, [0.25, 0.75], 1, ln43 / 32, [0, -ln43 / 4 - 1 / 24]],
  ['alpha 0 silences log 0', { ...classes, alpha: 0 }, [0, 1], 0, 0, [0, 0]],
  // (3/4)^2 (-log 1/2)
  ['y + epsilon', { ...classes, ...added }, [0.25, 0.75], 0, (9 / 16) * ln2, [-1.5 * ln2 - 1.125, 0]],
  ['y below epsilon', { ...classes, ...added }, [0, 1], 0, 2 * ln2, [-4 * ln2 - 4, 0], 1],
  ['clamped', { ...classes, logPolicy: 'clamp' }, [0, 1], 0, 100, [-200, 0], 1],
  // E = 2 (3/4) (1/4) log(1/4) - 9/16, times 3/4 and -3/4
  ['logits', classLogits, [0, ln3], 0, 1.125 * ln2, [-0.5625 * ln2 - 27 / 64, 0.5625 * ln2 + 27 / 64]],
  ['logits, gamma 0', { ...classLogits, gamma: 0 }, [0, ln3], 0, 2 * ln2, [-0.75, 0.75]],
  ['logits, certain', { ...classLogits, gamma: 0.5 }, [800, 0], 0, 0, [0, 0]],
  ['logits, 800 wrong', classLogits, [800, 0], 1, 800, [1, -1]],
  // 1/4 (-log 3/4); E = 2 (1/2) (1/2) log(3/4) - (1/4) (1/2) / (3/4), halved
  ['logits + epsilon', { ...classLogits, ...added }, [0, 0], 0, ln43 / 4, [-ln43 / 4 - 1 / 12, ln43 / 4 + 1 / 12]],
  ['binary 1', bits, [0.25], [1], 1.125 * ln2, [-3 * ln2 - 2.25]],
  ['binary 0', bits, [0.25], [0], ln43 / 16, [ln43 / 2 + 1 / 12]],
  ['binary, the mean', bits, [0.25, 0.25], [1, 0], 0.5625 * ln2 + ln43 / 32, [-1.5 * ln2 - 1.125, ln43 / 4 + 1 / 24]],
  [
    'binary, alpha',
    { ...bits, alpha: 0.25 },
    [0.25, 0.25],
    [1, 0],
    0.140625 * ln2 + (3 * ln43) / 128,
    [-0.375 * ln2 - 0.28125, (3 * ln43) / 16 + 1 / 32],
  ],
  ['binary, alpha 1', { ...bits, alpha: 1 }, [1], [0], 0, [0]],
  ['binary, a guard each', { ...bits, ...added }, [0, 1], [1, 0], 2 * ln2, [-2 * ln2 - 2, 2 * ln2 + 2], 1],
  ['binary logits 1', bitLogits, [-ln3], [1], 1.125 * ln2, [-0.5625 * ln2 - 27 / 64]],
  ['binary logits 0', bitLogits, [ln3], [0], 1.125 * ln2, [0.5625 * ln2 + 27 / 64]],
  ['binary logits, 800', { ...bitLogits, gamma: 0.5 }, [800, -800], [1, 1], 400, [0, -0.5]],
  ['binary logits, clamped', { ...bitLogits, logPolicy: 'clamp' }, [-800], [1], 100, [0], 1],
]

test('-a (1 - p)^gamma log p, its guards and its slopes', async (t) => {
  for (const [name, options, y, label, loss, slopes, clipped = 0] of cases) {
    const dense = typeof label === 'number' ? y.map((_, k) => (k === label ? 1 : 0)) : label
    const found = lossesOf(options, rowsOf([y], [label]))
    t.same(misses(found, { losses: [loss], clipped }, 1e-16), [], name)
    // dense targets say the same as classes
    t.same(lossesOf(options, rowsOf([y], [dense])), found, `${name}: dense`)
    t.same(misses(gradientOf(options, rowsOf([y], [dense])), slopes, 1e-16), [], `${name}: slopes`)
  }
})

test('log-probabilities: the loss of the probabilities, and y times their slope', async (t) => {
  const isOfChances = ([, options, y]: Case) => options.predictionFormat === undefined && y.every((each) => each > 0)
  for (const [name, options, y, label, loss, slopes, clipped = 0] of cases.filter(isOfChances)) {
    const logs = { ...options, predictionFormat: 'log-probabilities' } as const
    const dense = typeof label === 'number' ? y.map((_, k) => (k === label ? 1 : 0)) : label
    const x = y.map(Math.log)
    t.same(misses(lossesOf(logs, rowsOf([x], [label])), { losses: [loss], clipped }, 1e-16), [], name)
    const wanted = slopes.map((slope, k) => y[k] * slope)
    t.same(misses(gradientOf(logs, rowsOf([x], [dense])), wanted, 1e-15), [], `${name}: slopes`)
  }
  const ofClasses = { ...classes, predictionFormat: 'log-probabilities' } as const
  const ofBits = { ...bits, predictionFormat: 'log-probabilities' } as const
  const half = { gamma: 0.5 }
  const ends: [name: string, options: Options, x: number[], t: number[], loss: number, slopes: number[]][] = [
    ['of what no double is', ofClasses, [-800, 0], [1, 0], 800, [-1, 0]],
    ['certain', { ...ofClasses, ...half }, [0, -800], [1, 0], 0, [0, 0]],
    ['certain, gamma 0', { ...ofClasses, gamma: 0 }, [0, -800], [1, 0], 0, [-1, 0]],
    // 1 - p = 1e-20 but for 1e-40: 1e-40 times 1e-20, and 3 times 1e-40 as slope
    ['next to certain', ofClasses, [-1e-20, -46], [1, 0], 1e-60, [-3e-40, 0]],
    ['bit 1 of what no double is', ofBits, [-800], [1], 800, [-1]],
    ['bit 0 of what no double is', { ...ofBits, ...added, ...half }, [-800], [0], 0, [0]],
    ['bit 1, certain', { ...ofBits, ...half }, [0], [1], 0, [0]],
    ['bit 0, alpha 1', { ...ofBits, alpha: 1 }, [-1], [0], 0, [0]],
    // log(1 - e^-1e-20) = log 1e-20, gamma of it 0
    ['bit 0, next to wrong and certain', { ...ofBits, gamma: 0 }, [-1e-20], [0], 46.051701859880914, [1e20]],
  ]
  for (const [name, options, x, targets, loss, slopes] of ends) {
    t.same(misses(lossesOf(options, rowsOf([x], [targets])).losses, [loss], 1e-80), [], name)
    t.same(misses(gradientOf(options, rowsOf([x], [targets])), slopes, 1e-60), [], `${name}: slopes`)
  }
})

test('wrong and certain is infinite for an exact logarithm', async (t) => {
  t.same(lossesOf(classes, rowsOf([[0, 1]], [0])), { losses: [infinity], clipped: 0 })
  t.same(lossesOf(bits, rowsOf([[0, 0.5]], [[1, 1]])), { losses: [infinity], clipped: 0 })
})

test('torchvision sigmoid_focal_loss: alpha 0.25, gamma 2', async (t) => {
  // p = sigmoid(x), ce = BCE, p_t, alpha_t as its source computes them, at x = 0: (1/2)^2 ln 2 times 1/4 or 3/4
  const rows = rowsOf([[0], [0]], [[1], [0]])
  t.same(misses(lossesOf({ ...bitLogits, alpha: 0.25, gamma: 2 }, rows).losses, [ln2 / 16, (3 * ln2) / 16]), [])
})
