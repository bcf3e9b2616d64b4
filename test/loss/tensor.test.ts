import { test } from 'tap'
import { isTensor } from '../../src/loss/tensor.ts'

test('a tensor is told from other values', async (t) => {
  const data = Float64Array.of(1)
  t.equal(isTensor({ data, shape: [1], nonNumeric: [], nonNumericCount: 0 }), true)
  for (const other of [undefined, null, 1, 'data', data, [1], {}, { data: [1] }, { data: new Float32Array(1) }])
    t.equal(isTensor(other), false)
})
