import type { Dyadic } from '../numerics/dyadic.ts'
import { add, fromInteger, ratio, zero } from '../numerics/dyadic.ts'
import { exactSum } from '../numerics/exact-sum.ts'

/** Exact sums of values that fall into groups; the same for every order and every cut, like the tally's. */
export class GroupedSums {
  readonly sums: Dyadic[]

  constructor(groups: number) {
    this.sums = new Array<Dyadic>(groups).fill(zero)
  }

  /** Adds `values[i]`, or 1 where there are no values, to the group `groups[i]`; group -1 is left out. */
  add(groups: Int32Array, values: Float64Array | undefined): void {
    const starts = new Int32Array(this.sums.length + 1)
    for (const group of groups) if (group >= 0) starts[group + 1]++
    for (let group = 0; group < this.sums.length; group++) {
      if (values === undefined) this.sums[group] = add(this.sums[group], fromInteger(starts[group + 1]))
      starts[group + 1] += starts[group]
    }
    if (values === undefined) return
    const sorted = new Float64Array(starts[this.sums.length])
    const next = starts.slice()
    for (let i = 0; i < groups.length; i++) if (groups[i] >= 0) sorted[next[groups[i]]++] = values[i]
    for (let group = 0; group < this.sums.length; group++) {
      const count = starts[group + 1] - starts[group]
      this.sums[group] = add(this.sums[group], exactSum(sorted.subarray(starts[group]), count))
    }
  }
}

/** The groups of the rows that are decided rightly, -1 for the others. */
export function whereRight(groups: Int32Array, correct: Int32Array): Int32Array {
  return groups.map((group, i) => (correct[i] === 1 ? group : -1))
}

/** `a / b`, or `null` where b is 0. */
export function share(a: Dyadic, b: Dyadic): number | null {
  return b.mantissa === 0n ? null : ratio(a, b)
}
