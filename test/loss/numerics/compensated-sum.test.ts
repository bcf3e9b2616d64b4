import { test } from 'tap'
import { CompensatedSum } from '../../../src/loss/numerics/compensated-sum.ts'

function sumOf(...terms: readonly number[]): number {
  const sum = new CompensatedSum()
  for (const term of terms) sum.add(term)
  return sum.value
}

test('what rounding cuts off is kept', async (t) => {
  t.equal(sumOf(), 0)
  t.equal(sumOf(1, 1e100, 1, -1e100), 2, "Neumaier's example, in which Kahan's sum is 0")
  t.equal(sumOf(...new Array<number>(1e5).fill(0.1)), 1e4)
})

test('it can be used again', async (t) => {
  const sum = new CompensatedSum()
  sum.add(1e100)
  sum.add(1)
  sum.clear()
  sum.add(3)
  t.equal(sum.value, 3)
})
