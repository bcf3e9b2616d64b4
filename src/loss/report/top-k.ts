import type { Slice } from '../fold.ts'
import { fromInteger } from '../numerics/dyadic.ts'
import { exactSumOfProducts } from '../numerics/exact-sum.ts'
import type { Spec } from '../spec.ts'
import type { Groups } from './groups.ts'
import { groupBytes, groupsOf, share, totalsAt } from './groups.ts'
import { share as shareSchema } from './schemas.ts'
import type { SectionAtOnce } from './section.ts'

const [counts, sums] = [1, 1]

/** In [0, 1], `null` without weight; the lowest index of equal predictions comes first. As scikit-learn `top_k_accuracy_score`. */
export const topKAccuracy: SectionAtOnce<Groups, number | null> = {
  ...groupsOf(counts, sums),
  option: 'topK',
  needs: ['decisions'],
  schema: shareSchema.meta({
    description:
      'With `topK`: share of samples whose class is among the k largest predictions, weighted by s_i; of equal ones the lowest index comes first.',
  }),
  answerNumbers: () => 1,
  stateBytes: () => groupBytes(1, counts, sums),
  fold(spec, slice) {
    const group: Groups = new Map()
    const { isAmong, among } = rowsAmong(spec, slice)
    const { sampleWeights } = slice
    const weight =
      sampleWeights === undefined ? fromInteger(among) : exactSumOfProducts(isAmong, sampleWeights, isAmong.length)
    return among === 0 ? group : group.set(0, { counts: [among], sums: [weight] })
  },
  // biome-ignore lint/correctness/useYield: it is one number
  *report(group, { sampleWeight }): Generator<void, number | null> {
    return share((group.get(0) ?? nothing).sums[0], sampleWeight)
  },
}

/** 1 for each row whose class is among the k largest predictions, and how many these are. */
export function rowsAmong(
  { topK = 0 }: Spec,
  { rows, decisions }: Slice,
): { readonly isAmong: Float64Array; readonly among: number } {
  const { count, outputs, predictions } = rows
  const isAmong = new Float64Array(count)
  let among = 0
  if (decisions === undefined) return { isAmong, among }
  for (let i = 0; i < count; i++) {
    if (countBefore(predictions, i * outputs, outputs, decisions.labelled[i]) >= topK) continue
    isAmong[i] = 1
    among++
  }
  return { isAmong, among }
}

const nothing = totalsAt(new Map(), 0, counts, sums)

function countBefore(predictions: Float64Array, from: number, outputs: number, label: number): number {
  const y = predictions[from + label]
  let before = 0
  for (let k = 0; k < label; k++) before += Number(predictions[from + k] >= y)
  for (let k = label + 1; k < outputs; k++) before += Number(predictions[from + k] > y)
  return before
}
