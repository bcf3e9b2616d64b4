import { test } from 'tap'
import { linear, logarithmic } from '../../../src/explorer/runs/scales.js'

test('linear scales have ticks at round numbers', async (t) => {
  t.same(linear(0, 1, 5).ticks, [0, 0.2, 0.4, 0.6, 0.8, 1])
  t.same(linear(0.19, 1, 4).ticks, [0.25, 0.5, 0.75, 1])
  t.same(linear(1, 1_000_000, 5).ticks, [200_000, 400_000, 600_000, 800_000, 1_000_000])
  t.same(linear(-0.3, 0.1, 4).ticks, [-0.3, -0.2, -0.1, 0, 0.1])
  t.same([1, 2, 3].map(linear(1, 3, 2).share), [0, 0.5, 1])
})

test('logarithmic scales have few ticks, and more than one', async (t) => {
  t.same(logarithmic(0.001, 100, 6).ticks, [0.001, 0.01, 0.1, 1, 10, 100])
  t.same(logarithmic(0.05, 2, 6).ticks, [0.05, 0.1, 0.2, 0.5, 1, 2])
  t.same(logarithmic(0.9, 3.1, 5).ticks, [0.9, 1, 1.5, 2, 3])
  t.same(logarithmic(0.42, 0.44, 4).ticks, [0.42, 0.425, 0.43, 0.435, 0.44])
  t.same(logarithmic(1e-30, 1, 6).ticks, [1e-30, 1e-25, 1e-20, 1e-15, 1e-10, 1e-5, 1])
  t.same([1, 10, 100].map(logarithmic(1, 100, 2).share), [0, 0.5, 1])
})
