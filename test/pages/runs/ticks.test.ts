import { test } from 'tap'
import { logarithmicTicks } from '../../../src/pages/runs/ticks.js'

test('logarithmic scales have few ticks, and more than one', async (t) => {
  t.same(logarithmicTicks(0.001, 100, 6), [0.001, 0.01, 0.1, 1, 10, 100])
  t.same(logarithmicTicks(0.05, 2, 6), [0.05, 0.1, 0.2, 0.5, 1, 2])
  t.same(logarithmicTicks(0.9, 3.1, 5), [0.9, 1, 1.5, 2, 3])
  t.same(
    logarithmicTicks(0.42, 0.4401, 4).map((tick) => tick.toFixed(3)),
    ['0.420', '0.430', '0.440'],
  )
  t.same(logarithmicTicks(1e-30, 1, 6), [1e-30, 1e-25, 1e-20, 1e-15, 1e-10, 1e-5, 1])
})
