import { test } from 'tap'
import { smoothed } from '../../../src/pages/runs/smooth.js'
import { stretchOf } from '../../../src/pages/runs/stretch.js'

test('a stretch of paired batches: its mean and half its 95 % interval', async (t) => {
  const pairs = [1, 2, 6].map((difference, at) => ({ at: at + 4, weight: 10, difference }))
  // by hand: mean 3, sample variance 7, standard error sqrt(7 / 3)
  const { from, to, mean, margin } = stretchOf(pairs)
  t.same([from, to, mean], [4, 6, 3])
  t.ok(Math.abs(Number(margin) - 1.96 * Math.sqrt(7 / 3)) < 1e-12)
  t.same(stretchOf(pairs.slice(0, 1)), { from: 4, to: 4, mean: 1, margin: null }, 'one batch has no interval')
  t.equal(stretchOf([{ ...pairs[0], weight: 30 }, pairs[2]]).mean, (30 * 1 + 10 * 6) / 40, 'a larger batch counts more')
})

test('a smoothed line is a mean in which each step back counts less', async (t) => {
  const values = [4, 1, null, 7]
  t.same(smoothed(values, 0), values, 'not smoothed at all')
  // by hand: (1 + 4/2) / 1.5 and (7 + 1/2 + 4/4) / 1.75
  t.same(smoothed(values, 0.5), [4, 2, null, 8.5 / 1.75])
})
