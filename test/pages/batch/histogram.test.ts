import { test } from 'tap'
import { histogramOf } from '../../../src/pages/batch/histogram.js'

test('a histogram counts each value once, in bins that include 0', async (t) => {
  t.same(histogramOf([1, 2, 4, 3.9], 4), [
    { low: 0, high: 1, count: 0 },
    { low: 1, high: 2, count: 1 },
    { low: 2, high: 3, count: 1 },
    { low: 3, high: 4, count: 2 },
  ])
  t.same(
    histogramOf([0, 0], 3).map(({ count }) => count),
    [2, 0, 0],
    'of one value only',
  )
})
