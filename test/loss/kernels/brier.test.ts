import { test } from 'tap'
import { matrix } from '../../matrix.ts'
import { gradientOf, lossesOf, misses, rowsOf } from '../support.ts'

const rows = rowsOf(matrix('0.75 0.25; 0 1'), matrix('1 0; 1 0'))

test('class labels: the squared distance of two distributions', async (t) => {
  const options = { loss: 'brier', labelFormat: 'one-hot' } as const
  // 2 (1/4)^2, and 2 for the opposite corner
  t.same(lossesOf(options, rows), { losses: [0.125, 2], clipped: 0 })
  t.same(gradientOf(options, rows), [-0.5, 0.5, -2, 2])
})

test('binary labels: the mean over the outputs, half of the two-class score', async (t) => {
  const options = { loss: 'brier', labelFormat: 'binary' } as const
  t.same(lossesOf(options, rows), { losses: [0.0625, 1], clipped: 0 })
  t.same(gradientOf(options, rows), [-0.25, 0.25, -1, 1])
})

test('scikit-learn brier_score_loss, the example of its documentation', async (t) => {
  // y_true = [0, 1, 1, 0], y_prob = [0.1, 0.9, 0.8, 0.3]: 0.0375
  const options = { loss: 'brier', labelFormat: 'binary' } as const
  const { losses } = lossesOf(options, rowsOf([[0.1], [0.9], [0.8], [0.3]], [[0], [1], [1], [0]]))
  t.ok(Math.abs(losses.reduce((sum, loss) => sum + loss) / 4 - 0.0375) < 1e-16)
})

test('logits: the score of their softmax, or for binary labels of their sigmoid', async (t) => {
  const ln3 = Math.log(3)
  const classes = { loss: 'brier', labelFormat: 'one-hot', predictionFormat: 'logits' } as const
  const bits = { ...classes, labelFormat: 'binary' } as const
  const logits = rowsOf([[ln3, 0]], [[1, 0]])
  // y = 3/4, 1/4; g = -1/2, 1/2 and sum y g = -1/4
  t.same(misses(lossesOf(classes, logits), { losses: [0.125], clipped: 0 }), [])
  t.same(misses(gradientOf(classes, logits), [-0.1875, 0.1875]), [])
  // y = 3/4, 1/2; 2 (y - t) y (1 - y) / 2
  t.same(misses(lossesOf(bits, logits).losses, [(1 / 16 + 1 / 4) / 2]), [])
  t.same(misses(gradientOf(bits, logits), [-3 / 64, 1 / 8]), [])
  const soft = rowsOf([[0, ln3]], [[0.5, 0.5]])
  // y = 1/4, 3/4; g = -1/2, 1/2 and sum y g = 1/4
  t.same(misses(lossesOf(classes, soft).losses, [0.125]), [])
  t.same(misses(gradientOf(classes, soft), [-0.1875, 0.1875]), [])
})

test('confident logits keep their digits', async (t) => {
  const classes = { loss: 'brier', labelFormat: 'one-hot', predictionFormat: 'logits' } as const
  const tiny = Math.exp(-50)
  // 1 - y = e^-50, but for e^-100
  t.same(misses(lossesOf(classes, rowsOf([[50, 0]], [[1, 0]])).losses, [2 * tiny * tiny], 0), [])
  t.same(misses(gradientOf(classes, rowsOf([[50, 0]], [[1, 0]])), [-4 * tiny * tiny, 4 * tiny * tiny]), [])
  const bits = { ...classes, labelFormat: 'binary' } as const
  t.same(misses(lossesOf(bits, rowsOf([[50, -50]], [[1, 0]])).losses, [tiny * tiny]), [])
})

test('log-probabilities: the score of the probabilities, and y times the slope', async (t) => {
  const ln2 = Math.LN2
  const classes = { loss: 'brier', labelFormat: 'one-hot', predictionFormat: 'log-probabilities' } as const
  const bits = { ...classes, labelFormat: 'binary' } as const
  // y = 1/4, 1/2, 1/4
  const thirds = rowsOf([[-2 * ln2, -ln2, -2 * ln2]], [[1, 0, 0]])
  t.same(misses(lossesOf(classes, thirds), { losses: [0.875], clipped: 0 }), [])
  t.same(misses(gradientOf(classes, thirds), [-0.375, 0.5, 0.125]), [])
  t.same(misses(lossesOf(bits, thirds).losses, [0.875 / 3]), [])
  t.same(misses(gradientOf(bits, thirds), [-0.125, 1 / 6, 1 / 24]), [])
  // 1 - y = 1e-20 but for 1e-40
  const confident = rowsOf([[-1e-20, -800]], [[1, 0]])
  t.same(misses(lossesOf(classes, confident).losses, [1e-40]), [])
  t.same(misses(gradientOf(classes, confident), [-2e-20, 0]), [])
})
