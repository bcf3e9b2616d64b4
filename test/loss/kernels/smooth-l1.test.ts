import { test } from 'tap'
import { gradientOf, lossesOf, rowsOf } from '../support.ts'

const options = { loss: 'smooth-l1', labelFormat: 'values', beta: 2 } as const

test('h(r) for beta 2: a parabola inside, a line outside', async (t) => {
  const cases: [error: number, loss: number, slope: number][] = [
    [0, 0, 0],
    [1, 0.25, 0.5], // 1^2 / 4
    [-1, 0.25, -0.5],
    [2, 1, 1], // 2 - 1
    [-2, 1, -1],
    [5, 4, 1],
    [-5, 4, -1],
    [1e308, 1e308, 1],
  ]
  for (const [error, loss, slope] of cases) {
    t.same(lossesOf(options, rowsOf([[error]], [[0]])), { losses: [loss], clipped: 0 }, `loss of ${error}`)
    t.same(gradientOf(options, rowsOf([[error]], [[0]])), [slope], `slope at ${error}`)
  }
})

test('beta 0 is the absolute error, as in PyTorch', async (t) => {
  const rows = rowsOf([[3, -4, 1]], [[2, 1, 1]])
  t.same(lossesOf({ ...options, beta: 0 }, rows).losses, [2])
  t.same(gradientOf({ ...options, beta: 0 }, rows), [1 / 3, -1 / 3, 0])
})
