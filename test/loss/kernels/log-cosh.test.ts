import { test } from 'tap'
import { gradientOf, lossesOf, misses, rowsOf } from '../support.ts'

const options = { loss: 'log-cosh', labelFormat: 'values' } as const
const ln2 = Math.LN2

test('log cosh r', async (t) => {
  const cases: [error: number, loss: number, slope: number][] = [
    [0, 0, 0],
    [ln2, 0.22314355131420976, 0.6], // cosh(ln 2) = (2 + 1/2) / 2 = 5/4, tanh = (4 - 1) / (4 + 1)
    [-ln2, 0.22314355131420976, -0.6],
    [2 * ln2, 0.7537718023763802, 15 / 17], // cosh(ln 4) = (4 + 1/4) / 2 = 17/8, tanh = (16 - 1) / (16 + 1)
    [1e-8, 5e-17, 1e-8], // r^2 / 2 - r^4 / 12
    [1000, 999.3068528194401, 1], // r - ln 2
    [-1e308, 1e308, -1],
  ]
  for (const [error, loss, slope] of cases) {
    t.same(misses(lossesOf(options, rowsOf([[error]], [[0]])), { losses: [loss], clipped: 0 }), [], `loss of ${error}`)
    t.same(misses(gradientOf(options, rowsOf([[error]], [[0]])), [slope]), [], `slope at ${error}`)
  }
})
