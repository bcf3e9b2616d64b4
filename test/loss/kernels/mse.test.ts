import { test } from 'tap'
import { matrix } from '../../matrix.ts'
import { gradientOf, lossesOf, rowsOf } from '../support.ts'

const options = { loss: 'mse', labelFormat: 'values' } as const
const rows = rowsOf(matrix('1.5 -2; 0.25 3'), matrix('0.5 1; 0.25 3'))

test('mean squared error of each row', async (t) => {
  // ((1.5 - 0.5)^2 + (-2 - 1)^2) / 2 = 5; the second row is perfect
  t.same(lossesOf(options, rows), { losses: [5, 0], clipped: 0 })
})

test('scikit-learn mean_squared_error, the example of its documentation', async (t) => {
  // y_true = [3, -0.5, 2, 7], y_pred = [2.5, 0.0, 2, 8]: 0.375
  const { losses } = lossesOf(options, rowsOf([[2.5], [0], [2], [8]], [[3], [-0.5], [2], [7]]))
  t.equal(losses.reduce((sum, loss) => sum + loss) / losses.length, 0.375)
})

test('gradient 2 (y - t) / K', async (t) => {
  t.same(gradientOf(options, rows), [1, -3, 0, 0])
})
