import { test } from 'tap'
import { brier } from '../../../src/loss/kernels/brier.ts'
import { gradientOf, lossesOf, rowsOf } from '../support.ts'

const rows = rowsOf(
  [
    [0.75, 0.25],
    [0, 1],
  ],
  [
    [1, 0],
    [1, 0],
  ],
)

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

test('it scores probabilities only', async (t) => {
  t.same(brier.predictionFormats, ['probabilities'])
})
