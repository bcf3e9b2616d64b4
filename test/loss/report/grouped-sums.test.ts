import { test } from 'tap'
import { fromDouble, fromInteger, toDouble, zero } from '../../../src/loss/numerics/dyadic.ts'
import { GroupedSums, share, whereRight } from '../../../src/loss/report/grouped-sums.ts'
import { isUnits, units } from '../exact.ts'

test('values are added to their groups, those of group -1 to none', async (t) => {
  const sums = new GroupedSums(3)
  t.same(sums.sums.map(toDouble), [0, 0, 0])
  sums.add(Int32Array.of(2, 0, -1, 2, 0), Float64Array.of(1, 2, 100, 4, 8))
  sums.add(Int32Array.of(2), Float64Array.of(16))
  t.same(sums.sums.map(toDouble), [10, 0, 21])
})

test('without values they are counted', async (t) => {
  const sums = new GroupedSums(3)
  sums.add(Int32Array.of(2, 0, -1, 2, 0), undefined)
  sums.add(Int32Array.of(2, 2), undefined)
  t.same(sums.sums.map(toDouble), [2, 0, 4])
})

test('sums are exact', async (t) => {
  const sums = new GroupedSums(2)
  sums.add(Int32Array.of(1, 0, 1, 1), Float64Array.of(1e300, 0.1, 5e-324, -1e300))
  t.ok(isUnits(sums.sums[0], units(0.1)))
  t.ok(isUnits(sums.sums[1], 1n))
})

test('the groups of what is right', async (t) => {
  t.same(Array.from(whereRight(Int32Array.of(3, 1, 0, -1), Int32Array.of(1, 0, 1, 1))), [3, -1, 0, -1])
})

test('a share of nothing is null', async (t) => {
  t.equal(share(fromInteger(1), fromInteger(4)), 0.25)
  t.equal(share(zero, fromDouble(0.1)), 0)
  t.equal(share(fromInteger(1), zero), null)
})
