import { test } from 'tap'
import { NumberRows } from '../../../src/loss/report/number-rows.ts'

test('parts of it are rows or lists of the same numbers, written in the same way', async (t) => {
  const data = Int32Array.of(1, 0, -1, 1, 1, 0)
  const rows = new NumberRows(data, 2, (number) => (number < 0 ? null : number === 1))
  t.strictSame(rows.toJSON(), [
    [true, false],
    [null, true],
    [true, false],
  ])
  t.strictSame(rows.part(2, 6).toJSON(), [
    [null, true],
    [true, false],
  ])
  t.strictSame(rows.list(2, 4).toJSON(), [null, true])
  t.strictSame(rows.list(0, 6).part(1, 3).toJSON(), [false, null])
})
