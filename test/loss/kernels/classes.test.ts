import { test } from 'tap'
import { classOf } from '../../../src/loss/kernels/classes.ts'
import { rowsOf } from '../support.ts'

test('the class of a row, from indices or from one-hot rows', async (t) => {
  const predictions = [
    [1, 2, 3],
    [4, 5, 6],
  ]
  const dense = [
    [0, 0, 1],
    [0, 1, 0],
  ]
  for (const rows of [rowsOf(predictions, [2, 1]), rowsOf(predictions, dense)])
    t.same([classOf(rows, 0), classOf(rows, 1)], [2, 1])
})
