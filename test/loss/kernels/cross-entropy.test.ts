import { test } from 'tap'
import type { Options } from '../../../src/loss/spec.ts'
import { matrix } from '../../matrix.ts'
import { gradientOf, lossesOf, misses, rowsOf } from '../support.ts'

const ln2 = Math.LN2
const soft = { loss: 'cross-entropy', labelFormat: 'probabilities', logPolicy: 'exact' } as const
const index = { loss: 'cross-entropy', labelFormat: 'index', logPolicy: 'exact' } as const
// e^z for these logits are 1, 1, 2, so the softmax is 1/4, 1/4, 1/2
const quarters = [[0, 0, ln2]]

type Case = [name: string, options: Options, predictions: number[][], targets: number[][], loss: number, clipped?: 1]

const cases: Case[] = [
  ['-log 1/4', soft, [[0.25, 0.75]], [[1, 0]], 2 * ln2],
  [
    'soft targets: (1/2) 2 ln 2 + (1/4) 2 ln 2 + (1/4) ln 2',
    soft,
    [[0.25, 0.25, 0.5]],
    [[0.5, 0.25, 0.25]],
    1.75 * ln2,
  ],
  [
    'class weights stand inside the sum: 3 (1/2) 2 ln 2 + 0 + 2 (1/4) ln 2',
    { ...soft, classWeights: Float64Array.of(3, 0, 2) },
    [[0.25, 0.25, 0.5]],
    [[0.5, 0.25, 0.25]],
    3.5 * ln2,
  ],
  ['log 0 is infinite where it counts', soft, [[0, 1]], [[0.5, 0.5]], Number.POSITIVE_INFINITY],
  ['0 log 0 = 0', soft, [[0, 1]], [[0, 1]], 0],
  ['a class of weight 0 silences log 0', { ...soft, classWeights: Float64Array.of(0, 1) }, [[0, 1]], [[1, 0]], 0],
  [
    'add-epsilon: -log(0 + 1/4), and the guard is counted',
    { ...soft, logPolicy: 'add-epsilon', epsilon: 0.25 },
    [[0, 1]],
    [[1, 0]],
    2 * ln2,
    1,
  ],
  [
    'a guard that does not count is not counted',
    { ...soft, logPolicy: 'clip', epsilon: 0.25 },
    [[0.5, 0.5, 0]],
    [[1, 0, 0]],
    ln2,
  ],
  ['logits', { ...soft, predictionFormat: 'logits' }, quarters, [[1, 0, 0]], 2 * ln2],
  [
    'logits under a guard: -log(1/4 + 1/4)',
    { ...soft, predictionFormat: 'logits', logPolicy: 'add-epsilon', epsilon: 0.25 },
    quarters,
    [[1, 0, 0]],
    ln2,
  ],
  [
    'logits far out under clamp',
    { ...soft, predictionFormat: 'logits', logPolicy: 'clamp' },
    [[0, 800]],
    [[1, 0]],
    100,
    1,
  ],
]

test('-sum_k c_k t_k log y_k', async (t) => {
  for (const [name, options, predictions, targets, loss, clipped = 0] of cases) {
    t.same(misses(lossesOf(options, rowsOf(predictions, targets)).losses, [loss]), [], name)
    t.equal(lossesOf(options, rowsOf(predictions, targets)).clipped, clipped, `${name}: clipped`)
  }
})

test('the same bits for many rows, under every guard and with class weights', async (t) => {
  const predictions = Array.from({ length: 1000 }, (_, i) => {
    const y = i % 9 === 0 ? 0 : (i / 1000) ** 20
    return [y, 1 - y, 0]
  })
  const classes = predictions.map((_, i) => i % 3)
  const targets = classes.map((label) => [0, 1, 2].map((k) => Number(k === label)))
  for (const logPolicy of ['add-epsilon', 'clip', 'clamp', 'exact'] as const) {
    for (const classWeights of [undefined, Float64Array.of(3, 0.1, 0)]) {
      const options: Options = {
        ...index,
        logPolicy,
        ...(logPolicy !== 'exact' && logPolicy !== 'clamp' && { epsilon: 1e-3 }),
        classWeights,
      }
      const ofClasses = lossesOf(options, rowsOf(predictions, classes))
      t.same(ofClasses, lossesOf(options, rowsOf(predictions, targets)), `${logPolicy}, ${classWeights}`)
      t.equal(
        ofClasses.losses.some((loss) => Object.is(loss, -0)),
        false,
      )
    }
  }
})

test('each row has its own loss', async (t) => {
  const rows = rowsOf(matrix('0.5 0.5; 1 0; 0.125 0.875'), [1, 0, 0])
  t.same(misses(lossesOf(index, rows), { losses: [ln2, 0, 3 * ln2], clipped: 0 }), [])
  t.equal(Object.is(lossesOf(index, rows).losses[1], 0), true, 'and a certain one is 0, not -0')
})

test('gradient of probabilities: -c_k t_k / y_k', async (t) => {
  const gradients: [name: string, options: Options, predictions: number[], targets: number[], gradient: number[]][] = [
    ['exact', soft, [0.25, 0.25, 0.5], [0.5, 0.25, 0.25], [-2, -1, -0.5]],
    ['a target of 0 says nothing', soft, [0, 1], [0, 1], [0, -1]],
    ['class weights', { ...soft, classWeights: Float64Array.of(4, 0) }, [0.5, 0.5], [0.5, 0.5], [-4, 0]],
    // 1 / (1/4 + 1/4)
    ['add-epsilon', { ...soft, logPolicy: 'add-epsilon', epsilon: 0.25 }, [0.25, 0.75], [1, 0], [-2, 0]],
    ['clip is flat', { ...soft, logPolicy: 'clip', epsilon: 0.25 }, [0.125, 0.875], [1, 0], [0, 0]],
  ]
  for (const [name, options, predictions, targets, gradient] of gradients) {
    t.same(misses(gradientOf(options, rowsOf([predictions], [targets])), gradient), [], name)
  }
})

test('gradient of logits: y_k - t_k, with class weights y_k sum(c t) - c_k t_k', async (t) => {
  const logits = { ...soft, predictionFormat: 'logits' } as const
  const gradients: [name: string, options: Options, predictions: number[][], targets: number[], gradient: number[]][] =
    [
      ['one-hot', logits, quarters, [1, 0, 0], [-0.75, 0.25, 0.5]],
      ['soft', logits, quarters, [0.5, 0.25, 0.25], [-0.25, 0, 0.25]],
      // sum(c t) = 4 (1/2) + 0 + 2 (1/2) = 3
      ['weights', { ...logits, classWeights: Float64Array.of(4, 1, 2) }, quarters, [0.5, 0, 0.5], [-1.25, 0.75, 0.5]],
      // u = (1/4) / (1/4 + 1/4) = 1/2; y sum(u) - u
      ['guarded', { ...logits, logPolicy: 'add-epsilon', epsilon: 0.25 }, quarters, [1, 0, 0], [-0.375, 0.125, 0.25]],
      // y_1 = e^-40 / (1 + e^-40): the slope at the true class keeps its digits
      ['confident', logits, [[40, 0]], [1, 0], [-4.248354255291589e-18, 4.248354255291589e-18]],
    ]
  for (const [name, options, predictions, targets, gradient] of gradients) {
    t.same(
      misses(gradientOf(options, rowsOf(predictions, [targets])), gradient, name === 'confident' ? 0 : 1e-15),
      [],
      name,
    )
  }
})

test('log-probabilities: the loss of the probabilities, and -c_k t_k as its gradient', async (t) => {
  const logs = { ...soft, predictionFormat: 'log-probabilities' } as const
  const added = { ...logs, logPolicy: 'add-epsilon', epsilon: 0.25 } as const
  const weighted = { ...logs, classWeights: Float64Array.of(3, 0, 2) }
  const [quarter, half] = [-2 * ln2, -ln2]
  const row = [quarter, quarter, half]
  const rows: [
    name: string,
    options: Options,
    x: number[],
    t: number[],
    loss: number,
    slopes: number[],
    clipped?: 1,
  ][] = [
    ['a class', logs, row, [1, 0, 0], 2 * ln2, [-1, 0, 0]],
    ['soft', logs, row, [0.5, 0.25, 0.25], 1.75 * ln2, [-0.5, -0.25, -0.25]],
    ['class weights', weighted, row, [0.5, 0.25, 0.25], 3.5 * ln2, [-1.5, 0, -0.5]],
    ['of what no double is', logs, [-800, 0], [1, 0], 800, [-1, 0]],
    ['next to certain, all digits', logs, [-1e-20, -46], [1, 0], 1e-20, [-1, 0]],
    // log(1/4 + 1/4), whose slope is (1/4) / (1/4 + 1/4)
    ['add-epsilon', added, row, [1, 0, 0], ln2, [-0.5, 0, 0]],
    ['add-epsilon, below', added, [-800, 0], [1, 0], 2 * ln2, [0, 0], 1],
    ['clip', { ...added, logPolicy: 'clip' }, [-3 * ln2, -0.1], [1, 0], 2 * ln2, [0, 0], 1],
    ['clip within', { ...added, logPolicy: 'clip' }, row, [0, 0, 1], ln2, [0, 0, -1]],
    ['clamp at -100', { ...logs, logPolicy: 'clamp' }, [-100, 0], [1, 0], 100, [-1, 0]],
    ['clamp below', { ...logs, logPolicy: 'clamp' }, [-100.00000000000001, 0], [1, 0], 100, [0, 0], 1],
  ]
  for (const [name, options, x, targets, loss, slopes, clipped = 0] of rows) {
    t.same(misses(lossesOf(options, rowsOf([x], [targets])), { losses: [loss], clipped }), [], name)
    t.same(misses(gradientOf(options, rowsOf([x], [targets])), slopes, 1e-15), [], `${name}: slopes`)
    const label = targets.indexOf(1)
    if (label >= 0) t.same(misses(lossesOf(options, rowsOf([x], [label])), { losses: [loss], clipped }), [], name)
  }
})
