import { test } from 'tap'
import { Sums } from '../../src/operation/sums.ts'

test('sums are told once', async (t) => {
  const sums = new Sums()
  t.same([...sums.take()], [])
  sums.add('a', 'b', 2)
  sums.add('a', 'b', 3)
  sums.add('a', 'c', 1)
  sums.add('d', '', 4)
  t.same(
    [...sums.take()],
    [
      ['a', 'b', 5],
      ['a', 'c', 1],
      ['d', '', 4],
    ],
  )
  sums.add('a', 'b', 7)
  t.same([...sums.take()][0], ['a', 'b', 7])
})
