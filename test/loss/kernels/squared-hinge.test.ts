import { test } from 'tap'
import { gradientOf, lossesOf, rowsOf } from '../support.ts'

const options = { loss: 'squared-hinge', labelFormat: 'binary' } as const

test('max(0, 1 - t y)^2 with t = -1 or 1', async (t) => {
  const cases: [score: number, label: number, loss: number, slope: number][] = [
    [2, 1, 0, 0],
    [1, 1, 0, 0], // at the margin
    [0.5, 1, 0.25, -1],
    [0, 1, 1, -2],
    [-3, 1, 16, -8],
    [-2, 0, 0, 0],
    [-1, 0, 0, 0],
    [-0.5, 0, 0.25, 1],
    [3, 0, 16, 8],
  ]
  for (const [score, label, loss, slope] of cases) {
    const rows = rowsOf([[score]], [[label]])
    t.same(lossesOf(options, rows), { losses: [loss], clipped: 0 }, `loss of ${score} for ${label}`)
    t.same(gradientOf(options, rows), [slope], `slope at ${score} for ${label}`)
  }
})
