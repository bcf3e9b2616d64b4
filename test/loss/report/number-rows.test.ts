import { test } from 'tap'
import { NumberRows } from '../../../src/loss/report/number-rows.ts'

test('JSON has them as arrays, with null for what is not finite', async (t) => {
  const data = Float64Array.of(1, -0.5, Number.NaN, Number.NEGATIVE_INFINITY, 0, 1e-300)
  t.strictSame(new NumberRows(data).toJSON(), [1, -0.5, null, null, 0, 1e-300])
  t.strictSame(new NumberRows(data, 2).toJSON(), [
    [1, -0.5],
    [null, null],
    [0, 1e-300],
  ])
  t.strictSame(new NumberRows(data, 6).toJSON(), [[1, -0.5, null, null, 0, 1e-300]])
  t.equal(JSON.stringify({ gradient: new NumberRows(data, 3) }), '{"gradient":[[1,-0.5,null],[null,0,1e-300]]}')
})
