import { test } from 'tap'
import { frequentPairs, scaled } from '../../../src/pages/batch/matrix.js'

const counts = [
  [3, 1, 0],
  [0, 0, 0],
  [2, 0, 4],
]

test('shares of a matrix', async (t) => {
  t.same(scaled(counts, 'count')[2], [0.5, 0, 1], 'of the largest count')
  t.same(scaled(counts, 'row'), [
    [0.75, 0.25, 0],
    [0, 0, 0],
    [2 / 6, 0, 4 / 6],
  ])
  t.same(scaled(counts, 'column'), [
    [0.6, 1, 0],
    [0, 0, 0],
    [0.4, 0, 1],
  ])
  t.same(scaled(counts, 'all')[0], [0.3, 0.1, 0])
  t.same(scaled([[0]], 'all'), [[0]], 'of nothing')
})

test('the confusions that happen most', async (t) => {
  t.same(frequentPairs(counts, 1), [{ label: 2, decision: 0, count: 2, share: 2 / 6 }])
  t.same(
    frequentPairs(counts, 9).map(({ count }) => count),
    [2, 1],
  )
})
