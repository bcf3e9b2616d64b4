import { test } from 'tap'
import { gradientOf, lossesOf, misses, rowsOf } from '../support.ts'

const options = { loss: 'mape', labelFormat: 'values' } as const

test('the error as a fraction of the label', async (t) => {
  const cases: [prediction: number, target: number, loss: number, slope: number][] = [
    [4, 4, 0, 0],
    [6, 4, 0.5, 0.25],
    [3, 4, 0.25, -0.25],
    [2, -4, 1.5, 0.25],
    [-6, -4, 0.5, -0.25],
    [0, 5e-324, 1, Number.NEGATIVE_INFINITY],
  ]
  for (const [prediction, target, loss, slope] of cases) {
    const rows = rowsOf([[prediction]], [[target]])
    t.same(misses(lossesOf(options, rows), { losses: [loss], clipped: 0 }), [], `loss of ${prediction} for ${target}`)
    t.same(misses(gradientOf(options, rows), [slope]), [], `slope at ${prediction} for ${target}`)
  }
})

test('scikit-learn mean_absolute_percentage_error, the example of its documentation', async (t) => {
  // y_true = [3, -0.5, 2, 7], y_pred = [2.5, 0.0, 2, 8]: 0.3273...
  const [loss] = lossesOf(options, rowsOf([[2.5, 0, 2, 8]], [[3, -0.5, 2, 7]])).losses
  t.equal(loss.toFixed(4), '0.3274')
})
