import { test } from 'tap'
import { matrix } from '../../matrix.ts'
import { gradientOf, lossesOf, rowsOf } from '../support.ts'

const options = { loss: 'sse', labelFormat: 'values' } as const
const rows = rowsOf(matrix('1.5 -2; 0.25 3'), matrix('0.5 1; 0.25 3'))

test('sum of squared errors of each row', async (t) => {
  // (1.5 - 0.5)^2 + (-2 - 1)^2 = 1 + 9; the second row is perfect
  t.same(lossesOf(options, rows), { losses: [10, 0], clipped: 0 })
})

test('beyond the range of a double it is infinite', async (t) => {
  t.same(lossesOf(options, rowsOf([[1e200]], [[-1e200]])), { losses: [Number.POSITIVE_INFINITY], clipped: 0 })
})

test('gradient 2 (y - t)', async (t) => {
  t.same(gradientOf(options, rows), [2, -6, 0, 0])
})
