import { test } from 'tap'
import { matrix } from '../../matrix.ts'
import { gradientOf, lossesOf, rowsOf } from '../support.ts'

const options = { loss: 'quantile', labelFormat: 'values', q: 0.25 } as const

test('a quarter of what is too low, three quarters of what is too high', async (t) => {
  const cases = matrix('1 1 0 0; 1 5 1 -0.25; 5 1 3 0.75; -2 -1 0.25 -0.25')
  for (const [prediction, target, loss, slope] of cases) {
    const rows = rowsOf([[prediction]], [[target]])
    t.same(lossesOf(options, rows), { losses: [loss], clipped: 0 }, `loss of ${prediction} for ${target}`)
    t.same(gradientOf(options, rows), [slope], `slope at ${prediction} for ${target}`)
  }
})

test('scikit-learn mean_pinball_loss, the example of its documentation', async (t) => {
  // y_true = [1, 2, 3]; y_pred, alpha, result
  const cases: [predictions: number[], q: number, mean: number][] = [
    [[0, 2, 3], 0.1, 0.1 / 3],
    [[1, 2, 4], 0.1, 0.3],
    [[0, 2, 3], 0.9, 0.3],
    [[1, 2, 4], 0.9, 0.1 / 3],
  ]
  for (const [predictions, q, mean] of cases) {
    const rows = rowsOf([predictions], [[1, 2, 3]])
    const [loss] = lossesOf({ ...options, q }, rows).losses
    t.ok(Math.abs(loss - mean) < 1e-16, `q ${q}: ${loss}`)
  }
})

test('the ends: one side counts for nothing', async (t) => {
  const rows = rowsOf([[1], [5]], [[5], [1]])
  t.same(lossesOf({ ...options, q: 0 }, rows).losses, [0, 4])
  t.same(lossesOf({ ...options, q: 1 }, rows).losses, [4, 0])
})
