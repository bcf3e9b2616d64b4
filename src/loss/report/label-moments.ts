import type { Slice } from '../fold.ts'
import type { Dyadic } from '../numerics/dyadic.ts'
import { add, fromInteger } from '../numerics/dyadic.ts'
import { exactSumOfProducts } from '../numerics/exact-sum.ts'
import { groupRows, groupSumsOfProducts, sumByGroup } from '../numerics/grouping.ts'
import type { Spec } from '../spec.ts'
import type { Groups } from './groups.ts'
import { totalsAt } from './groups.ts'

/** Averages over more binary outputs have no intervals: a row's outputs depend on each other pair by pair. */
export const mostAveraged = 32

/**
 * Sums of s_i^2. By class one for each cell, label K + decision, in `pairs`. By binary output three in `own`: over the rows that
 * are labelled, decided, or both; and for each two outputs in `pairs` nine: over the rows that have one of these of the first
 * and one of the second.
 */
export interface LabelMoments {
  readonly own: Groups
  readonly pairs: Groups
}

export const ownLabelSums = 3
export const pairSumsOf = { class: 1, binary: 9 } as const

const outputsPerStep = 16

export function* foldLabelMoments(moments: LabelMoments, { decision }: Spec, slice: Slice): Generator<void, void> {
  if (decision === 'class') foldCells(moments, slice)
  else yield* foldOutputs(moments, slice)
}

function foldCells({ pairs }: LabelMoments, { rows, decisions, sampleWeights }: Slice): void {
  if (decisions === undefined) return
  const { labelled, predicted } = decisions
  const { outputs } = rows
  const cells = labelled.map((label, i) => label * outputs + predicted[i])
  const size = outputs * outputs
  if (sampleWeights === undefined) {
    for (const [cell, count] of sumByGroup(cells, size, undefined)) addTo(pairs, cell, [count])
    return
  }
  const grouping = groupRows(cells, size)
  const sums = groupSumsOfProducts(grouping, sampleWeights, sampleWeights)
  for (const [at, cell] of grouping.groups.entries()) addTo(pairs, cell, [sums[at]])
}

/** Place of two outputs, the first before the second, among all pairs. */
export function pairOf(first: number, second: number): number {
  return (second * (second - 1)) / 2 + first
}

function foldOutputs(moments: LabelMoments, slice: Slice): Generator<void, void> {
  const { rows, sampleWeights } = slice
  const { count } = rows
  return sampleWeights === undefined
    ? addOutputs(moments, slice, (isIn) => bitsOf(count, isIn), commonBits)
    : addOutputs(
        moments,
        slice,
        (isIn) => sampleWeights.map((weight, i) => (isIn(i) ? weight : 0)),
        (one, other) => exactSumOfProducts(one, other, count),
      )
}

/** @param setOf the rows that something holds for  @param common the sum of s_i^2 over the rows of both sets */
function* addOutputs<RowSet>(
  { own, pairs }: LabelMoments,
  { rows, decisions }: Slice,
  setOf: (isIn: (row: number) => boolean) => RowSet,
  common: (one: RowSet, other: RowSet) => Dyadic,
): Generator<void, void> {
  if (decisions === undefined) return
  const { outputs } = rows
  const { labelled, predicted } = decisions
  const known: RowSet[][] = []
  for (let k = 0; k < outputs; k++) {
    const isLabelled = (i: number) => labelled[i * outputs + k] === 1
    const isPredicted = (i: number) => predicted[i * outputs + k] === 1
    const sets = [isLabelled, isPredicted, (i: number) => isLabelled(i) && isPredicted(i)].map(setOf)
    addTo(
      own,
      k,
      sets.map((set) => common(set, set)),
    )
    if (outputs <= mostAveraged) {
      for (const [other, others] of known.entries()) {
        addTo(
          pairs,
          pairOf(other, k),
          others.flatMap((one) => sets.map((set) => common(one, set))),
        )
      }
      known.push(sets)
      yield
    } else if (k % outputsPerStep === outputsPerStep - 1) yield
  }
}

function bitsOf(count: number, isIn: (i: number) => boolean): Int32Array {
  const bits = new Int32Array(Math.ceil(count / 32))
  for (let i = 0; i < count; i++) if (isIn(i)) bits[i >>> 5] |= 1 << (i & 31)
  return bits
}

function commonBits(a: Int32Array, b: Int32Array): Dyadic {
  let sum = 0
  for (let at = 0; at < a.length; at++) {
    let word = a[at] & b[at]
    word -= (word >>> 1) & 0x55555555
    word = (word & 0x33333333) + ((word >>> 2) & 0x33333333)
    sum += Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
  }
  return fromInteger(sum)
}

/** Sums that are all 0 are left out, so that equal states have equal bytes. */
function addTo(groups: Groups, group: number, added: readonly Dyadic[]): void {
  if (added.every(({ mantissa }) => mantissa === 0n)) return
  const { sums } = totalsAt(groups, group, 0, added.length)
  for (const [at, sum] of added.entries()) sums[at] = add(sums[at], sum)
}
