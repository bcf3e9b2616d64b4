import { test } from 'tap'
import { huber } from '../../../src/loss/kernels/huber.ts'
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

test('the mean over the outputs of a row', async (t) => {
  // h(1) = 0.5 and h(5) = 8
  const rows = rowsOf([[3, -4]], [[2, 1]])
  t.same(lossesOf(options, rows), { losses: [4.25], clipped: 0 })
  t.same(gradientOf(options, rows), [0.5, -1])
})

test('delta is its one option, 1 by default', async (t) => {
  t.same(huber.options, ['delta'])
  // 1 (5 - 1/2)
  t.same(lossesOf({ loss: 'huber', labelFormat: 'values' }, rowsOf([[5]], [[0]])).losses, [4.5])
})
