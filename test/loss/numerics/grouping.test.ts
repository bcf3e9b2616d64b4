import fc from 'fast-check'
import { test } from 'tap'
import { toDouble } from '../../../src/loss/numerics/dyadic.ts'
import {
  groupCounts,
  groupRows,
  groupSums,
  groupSumsOfProducts,
  sumByGroup,
} from '../../../src/loss/numerics/grouping.ts'
import { matrix } from '../../matrix.ts'
import { isUnits, units } from '../exact.ts'

test('rows stand together by group, groups in the order in which they occur', async (t) => {
  const { groups, starts, rows } = groupRows(Int32Array.of(2, 0, 2, 200, 0), 201)
  t.same(groups, [2, 0, 200])
  t.same([...starts], [0, 2, 4, 5])
  t.same([...rows], [0, 2, 1, 4, 3])
})

test('no grouping depends on those before it', async () => {
  const property = fc.property(fc.array(fc.nat({ max: 99 })), (of) => {
    const { groups, starts, rows } = groupRows(Int32Array.from(of), 100)
    const expected = Map.groupBy(of.keys(), (row) => of[row])
    return (
      groups.length === expected.size &&
      groups.every((group, at) => [...rows.slice(starts[at], starts[at + 1])].join() === expected.get(group)?.join())
    )
  })
  fc.assert(property, { seed: 1, numRuns: 500 })
})

test('sums of values, of ones and of products', async (t) => {
  const grouping = groupRows(Int32Array.of(2, 0, 2, 2, 0), 3)
  const values = Float64Array.of(1, 2, 4, 8, 16)
  t.same(groupSums(grouping, values).map(toDouble), [13, 18])
  t.same(groupSums(grouping, undefined).map(toDouble), [3, 2])
  t.same(groupSumsOfProducts(grouping, values, Float64Array.of(1, 1, 2, 0, 3)).map(toDouble), [9, 50])
})

test('counts of groups, and sums by group alone', async (t) => {
  const groups = Int32Array.of(2, 0, 2, 2, 0)
  t.same(groupCounts(groupRows(groups, 3), Int32Array.of(1, 0, 5, 1, 1)), [7, 1])
  const sums = (values?: Float64Array) => sumByGroup(groups, 3, values).map(([group, sum]) => [group, toDouble(sum)])
  t.same(sums(), matrix('2 3; 0 2'))
  t.same(sums(Float64Array.of(1, 2, 4, 8, 16)), matrix('2 13; 0 18'))
  t.same(sums(), matrix('2 3; 0 2'))
})

test('sums are exact', async (t) => {
  const [small, large] = groupSums(groupRows(Int32Array.of(0, 1, 0, 0), 2), Float64Array.of(1e300, 0.1, 5e-324, -1e300))
  t.ok(isUnits(small, 1n))
  t.ok(isUnits(large, units(0.1)))
  const [product] = groupSumsOfProducts(groupRows(Int32Array.of(0), 1), Float64Array.of(0.1), Float64Array.of(0.7))
  t.ok(isUnits(product, units(0.1) * units(0.7), 2148))
})
