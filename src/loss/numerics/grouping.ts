import type { Dyadic } from './dyadic.ts'
import { fromInteger } from './dyadic.ts'
import { exactSum, exactSumOfProducts } from './exact-sum.ts'

/** Rows put together by the group they fall into; groups stand in the order in which they first occur. */
export interface Grouping {
  readonly groups: readonly number[]
  /** `rows[starts[at] .. starts[at + 1])` are those of `groups[at]`. */
  readonly starts: Int32Array
  readonly rows: Int32Array
}

/** The rows of each group, or where the next of them goes; all 0 between calls. */
let tallies = new Int32Array(64)

export function groupRows(groups: Int32Array, size: number): Grouping {
  const found = countGroups(groups, size)
  const next = tallies
  const starts = new Int32Array(found.length + 1)
  for (let place = 0; place < found.length; place++) {
    const group = found[place]
    starts[place + 1] = starts[place] + next[group]
    next[group] = starts[place]
  }
  const rows = new Int32Array(groups.length)
  for (let i = 0; i < groups.length; i++) rows[next[groups[i]]++] = i
  for (const group of found) next[group] = 0
  return { groups: found, starts, rows }
}

function countGroups(groups: Int32Array, size: number): number[] {
  if (tallies.length < size) tallies = new Int32Array(size)
  const counts = tallies
  const found: number[] = []
  for (let i = 0; i < groups.length; i++) {
    const group = groups[i]
    if (counts[group]++ === 0) found.push(group)
  }
  return found
}

/** The exact sum of each group's `values`; without values, of as many ones. */
export function groupSums(grouping: Grouping, values: Float64Array | undefined): Dyadic[] {
  if (values === undefined) return eachRun(grouping, (from, to) => fromInteger(to - from))
  const sorted = inOrder(grouping, values)
  return eachRun(grouping, (from, to) => exactSum(sorted.subarray(from, to), to - from))
}

/** The exact sum of the values of each group that occurs; without values, of ones. @param groups integers from 0 to `size - 1` */
export function sumByGroup(
  groups: Int32Array,
  size: number,
  values: Float64Array | undefined,
): [group: number, sum: Dyadic][] {
  if (values !== undefined) {
    const grouping = groupRows(groups, size)
    const sums = groupSums(grouping, values)
    return grouping.groups.map((group, place) => [group, sums[place]])
  }
  return countByGroup(groups, size).map(([group, count]) => [group, fromInteger(count)])
}

/** How often each group occurs. @param groups integers from 0 to `size - 1` */
export function countByGroup(groups: Int32Array, size: number): [group: number, count: number][] {
  return countGroups(groups, size).map((group) => {
    const count = tallies[group]
    tallies[group] = 0
    return [group, count]
  })
}

export function groupCounts({ groups, starts, rows }: Grouping, counts: Int32Array): number[] {
  return groups.map((_, place) => {
    let sum = 0
    for (let at = starts[place]; at < starts[place + 1]; at++) sum += counts[rows[at]]
    return sum
  })
}

export function groupSumsOfProducts(grouping: Grouping, a: Float64Array, b: Float64Array): Dyadic[] {
  const [first, second] = [inOrder(grouping, a), inOrder(grouping, b)]
  return eachRun(grouping, (from, to) =>
    exactSumOfProducts(first.subarray(from, to), second.subarray(from, to), to - from),
  )
}

function inOrder({ rows }: Grouping, values: Float64Array): Float64Array {
  const sorted = new Float64Array(rows.length)
  for (let i = 0; i < rows.length; i++) sorted[i] = values[rows[i]]
  return sorted
}

function eachRun({ groups, starts }: Grouping, sum: (from: number, to: number) => Dyadic): Dyadic[] {
  return groups.map((_, place) => sum(starts[place], starts[place + 1]))
}
