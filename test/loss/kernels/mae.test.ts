import { test } from 'tap'
import { matrix } from '../../matrix.ts'
import { gradientOf, lossesOf, rowsOf } from '../support.ts'

const options = { loss: 'mae', labelFormat: 'values' } as const
const rows = rowsOf(matrix('1.5 -2; 0.25 3'), matrix('0.5 1; 0.25 3'))

test('mean absolute error of each row', async (t) => {
  // (|1.5 - 0.5| + |-2 - 1|) / 2 = 2; the second row is perfect
  t.same(lossesOf(options, rows), { losses: [2, 0], clipped: 0 })
})

test('scikit-learn mean_absolute_error, the example of its documentation', async (t) => {
  // y_true = [3, -0.5, 2, 7], y_pred = [2.5, 0.0, 2, 8]: 0.5
  const { losses } = lossesOf(options, rowsOf([[2.5], [0], [2], [8]], [[3], [-0.5], [2], [7]]))
  t.equal(losses.reduce((sum, loss) => sum + loss) / losses.length, 0.5)
})

test('gradient sign(y - t) / K, and 0 at the kink', async (t) => {
  t.same(gradientOf(options, rows), [0.5, -0.5, 0, 0])
})
