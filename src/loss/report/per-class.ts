import { z } from 'zod'
import type { Slice } from '../fold.ts'
import type { Dyadic } from '../numerics/dyadic.ts'
import { add, fromInteger, zero } from '../numerics/dyadic.ts'
import { exactSum } from '../numerics/exact-sum.ts'
import { groupCounts, groupRows, groupSums, groupSumsOfProducts, sumByGroup } from '../numerics/grouping.ts'
import type { Spec } from '../spec.ts'
import type { Groups } from './groups.ts'
import { groupBytes, groupsOf, share, totalsAt } from './groups.ts'
import { classIdentity, count, lossStatus, share as shareSchema } from './schemas.ts'
import type { SectionInSteps } from './section.ts'
import { classesOf } from './section.ts'

const classReport = z
  .object({
    class: classIdentity,
    samples: count.meta({ description: 'Samples with this label.' }),
    correct: count,
    loss: z.number().nullable().meta({ description: 'Weighted mean loss of these samples.' }),
    lossStatus,
    recall: shareSchema.meta({
      description:
        'Share of the samples of this class that are predicted as this class, weighted by s_i; null if there are no such samples.',
    }),
    precision: shareSchema.meta({
      description:
        'Share of the predictions of this class that are correct, weighted by s_i; null if it is never predicted.',
    }),
  })
  .meta({
    id: 'ClassReport',
    description:
      'Results for the samples labelled with one class. With several binary outputs, each output counts as a class that a sample either has or does not have.',
  })

export type ClassReport = z.output<typeof classReport>

/** Counts: samples, correct, infinite. Sums: x_i, w_i and s_i by label, s_i by decision, s_i where both agree. */
const [counts, sums] = [3, 5]

/** Classes are the K outputs, or 0 and 1 for one binary output. Of several binary outputs a sample has each or has not. */
export const perClass: SectionInSteps<Groups, ClassReport[]> = {
  ...groupsOf(counts, sums),
  needs: ['decisions'],
  schema: z.array(classReport),
  answerNumbers: (spec, { outputs }) => 6 * classesOf(spec, outputs),
  stateBytes: (spec, outputs) => groupBytes(classesOf(spec, outputs), counts, sums),
  *foldInto(into, spec, slice) {
    if (isSeveral(spec, slice.rows.outputs)) yield* foldOutputs(into, slice)
    else yield* perClass.absorb(into, foldClasses(spec, slice))
  },
  *report(classes, { outputs }, spec): Generator<void, ClassReport[]> {
    const reports: ClassReport[] = []
    for (let at = 0, size = classesOf(spec, outputs); at < size; at++) {
      reports.push(reportOf(classes, at, spec))
      if (reports.length % classesPerStep === 0) yield
    }
    return reports
  },
}

function foldClasses(spec: Spec, { rows, losses, finite, weights, sampleWeights, decisions }: Slice): Groups {
  const classes: Groups = new Map()
  if (decisions === undefined) return classes
  const { labelled, predicted, correct } = decisions
  const size = classesOf(spec, rows.outputs)
  const byLabel = groupRows(labelled, size)

  const right = groupCounts(byLabel, correct)
  const infinite = finite === losses ? undefined : groupCounts(byLabel, Int32Array.from(losses, isInfinite))
  const loss = groupSums(byLabel, finite)
  const weight = groupSums(byLabel, weights)
  const ofLabel = sampleWeights === weights ? weight : groupSums(byLabel, sampleWeights)
  const ofRight =
    sampleWeights === undefined
      ? right.map(fromInteger)
      : groupSumsOfProducts(byLabel, sampleWeights, new Float64Array(correct))
  for (const [at, label] of byLabel.groups.entries()) {
    classes.set(label, {
      counts: [byLabel.starts[at + 1] - byLabel.starts[at], right[at], infinite?.[at] ?? 0],
      sums: [loss[at], weight[at], ofLabel[at], zero, ofRight[at]],
    })
  }
  for (const [decision, sum] of sumByGroup(predicted, size, sampleWeights)) {
    // a class that is neither a label nor of any weight has no totals
    if (sum.mantissa !== 0n) totalsAt(classes, decision, counts, sums).sums[3] = sum
  }
  return classes
}

function isInfinite(loss: number): number {
  return Number.isFinite(loss) ? 0 : 1
}

function* foldOutputs(
  classes: Groups,
  { rows, losses, finite, weights, sampleWeights, decisions }: Slice,
): Generator<void, void> {
  if (decisions === undefined) return
  const { count, outputs } = rows
  const { labelled, predicted } = decisions
  const chosen = new Int32Array(count)
  const numbers = new Float64Array(count)
  for (let k = 0; k < outputs; k++) {
    const those = (flags: Int32Array, others: Int32Array): Int32Array => {
      let size = 0
      for (let i = 0, at = k; i < count; i++, at += outputs) if (flags[at] + others[at] === 2) chosen[size++] = i
      return chosen.subarray(0, size)
    }
    const sumOf = (among: Int32Array, values: Float64Array | undefined): Dyadic => {
      if (values === undefined) return fromInteger(among.length)
      for (let at = 0; at < among.length; at++) numbers[at] = values[among[at]]
      return exactSum(numbers, among.length)
    }
    const ofDecisions = sumOf(those(predicted, predicted), sampleWeights)
    const right = those(labelled, predicted)
    const [rightCount, ofRight] = [right.length, sumOf(right, sampleWeights)]
    const positive = those(labelled, labelled)
    if (positive.length > 0 || ofDecisions.mantissa !== 0n) {
      const infinite = positive.reduce((sum, i) => (Number.isFinite(losses[i]) ? sum : sum + 1), 0)
      const added = [
        sumOf(positive, finite),
        sumOf(positive, weights),
        sumOf(positive, sampleWeights),
        ofDecisions,
        ofRight,
      ]
      const total = totalsAt(classes, k, counts, sums)
      for (const [at, count] of [positive.length, rightCount, infinite].entries()) total.counts[at] += count
      for (const [at, sum] of added.entries()) total.sums[at] = add(total.sums[at], sum)
    }
    if (k % outputsPerStep === outputsPerStep - 1) yield
  }
}

const outputsPerStep = 64

function isSeveral({ decision }: Spec, outputs: number): boolean {
  return decision === 'binary' && outputs > 1
}

const classesPerStep = 256

function reportOf(classes: Groups, at: number, spec: Spec): ClassReport {
  const { counts: of, sums: by } = classes.get(at) ?? nothing
  const [samples, correct, infinite] = of
  const [loss, weight, labelled, predicted, right] = by
  const mean = infinite > 0 ? Number.POSITIVE_INFINITY : share(loss, weight)
  return {
    class: spec.classes?.[at] ?? at,
    samples,
    correct,
    loss: mean === null || !Number.isFinite(mean) ? null : mean,
    lossStatus: mean === null ? 'undefined' : Number.isFinite(mean) ? 'finite' : 'infinite',
    recall: share(right, labelled),
    precision: share(right, predicted),
  }
}

const nothing = totalsAt(new Map(), 0, counts, sums)
