import { test } from 'tap'
import { gradientOf, lossesOf, rowsOf } from '../support.ts'

const options = { loss: 'hinge', labelFormat: 'binary' } as const

test('max(0, 1 - t y) with t = -1 or 1', async (t) => {
  const cases: [score: number, label: number, loss: number, slope: number][] = [
    [2, 1, 0, 0],
    [1, 1, 0, 0], // at the margin
    [0.5, 1, 0.5, -1],
    [0, 1, 1, -1],
    [-3, 1, 4, -1],
    [-2, 0, 0, 0],
    [-1, 0, 0, 0],
    [-0.5, 0, 0.5, 1],
    [3, 0, 4, 1],
  ]
  for (const [score, label, loss, slope] of cases) {
    const rows = rowsOf([[score]], [[label]])
    t.same(lossesOf(options, rows), { losses: [loss], clipped: 0 }, `loss of ${score} for ${label}`)
    t.same(gradientOf(options, rows), [slope], `slope at ${score} for ${label}`)
  }
})

test('scikit-learn hinge_loss, the example of its documentation', async (t) => {
  // y_true = [-1, 1, 1], pred_decision = [-2.18, 2.36, 0.09]: 0.30...
  const { losses } = lossesOf(options, rowsOf([[-2.18], [2.36], [0.09]], [[0], [1], [1]]))
  t.ok(Math.abs(losses.reduce((sum, loss) => sum + loss) / 3 - 0.91 / 3) < 1e-15)
})
