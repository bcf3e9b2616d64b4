import { test } from 'tap'
import { gradientOf, lossesOf, rowsOf } from '../support.ts'

const options = { loss: 'huber', labelFormat: 'values', delta: 2 } as const

test('h(r) for delta 2: a parabola inside, a line outside', async (t) => {
  const cases: [error: number, loss: number, slope: number][] = [
    [0, 0, 0],
    [1, 0.5, 1], // 1^2 / 2
    [-1, 0.5, -1],
    [2, 2, 2], // 2^2 / 2 = 2 (2 - 1)
    [-2, 2, -2],
    [5, 8, 2], // 2 (5 - 1)
    [-5, 8, -2],
    [1e308, Number.POSITIVE_INFINITY, 2], // 2e308 is beyond the range
  ]
  for (const [error, loss, slope] of cases) {
    t.same(lossesOf(options, rowsOf([[error]], [[0]])), { losses: [loss], clipped: 0 }, `loss of ${error}`)
    t.same(gradientOf(options, rowsOf([[error]], [[0]])), [slope], `slope at ${error}`)
  }
})
