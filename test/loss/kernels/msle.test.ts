import { test } from 'tap'
import { gradientOf, lossesOf, misses, rowsOf } from '../support.ts'

const options = { loss: 'msle', labelFormat: 'values' } as const
const { LN2 } = Math

test('the square of the difference of logarithms of 1 + y', async (t) => {
  const cases: [prediction: number, target: number, loss: number, slope: number][] = [
    [3, 3, 0, 0],
    [3, 1, LN2 ** 2, LN2 / 2], // log 4 - log 2; 2 log 2 / 4
    [-0.5, 0, LN2 ** 2, -4 * LN2],
    [1e-20, 0, 1e-40, 2e-20],
  ]
  for (const [prediction, target, loss, slope] of cases) {
    const rows = rowsOf([[prediction]], [[target]])
    t.same(misses(lossesOf(options, rows), { losses: [loss], clipped: 0 }), [], `loss of ${prediction} for ${target}`)
    t.same(misses(gradientOf(options, rows), [slope]), [], `slope at ${prediction} for ${target}`)
  }
})

test('scikit-learn mean_squared_log_error, the example of its documentation', async (t) => {
  // y_true = [3, 5, 2.5, 7], y_pred = [2.5, 5, 4, 8]: 0.0397...
  const [loss] = lossesOf(options, rowsOf([[2.5, 5, 4, 8]], [[3, 5, 2.5, 7]])).losses
  t.equal(loss.toFixed(4), '0.0397')
})
