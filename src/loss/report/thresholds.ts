import { z } from 'zod'
import type { Slice } from '../fold.ts'
import type { Dyadic } from '../numerics/dyadic.ts'
import { add, fromDouble, multiply, ratio, subtract, toDouble, zero } from '../numerics/dyadic.ts'
import { exactSum } from '../numerics/exact-sum.ts'
import { sumByGroup } from '../numerics/grouping.ts'
import { logSoftmax, sigmoid } from '../numerics/softmax.ts'
import type { Spec } from '../spec.ts'
import type { Groups } from './groups.ts'
import { groupBytes, groupsOf, share, totalsAt } from './groups.ts'
import { sampleWeight, share as shareSchema } from './schemas.ts'
import type { SectionInSteps } from './section.ts'

const point = z
  .object({
    threshold: z.number(),
    truePositives: sampleWeight.meta({
      description: 'Sum of s_i over these samples; the other three counts likewise.',
    }),
    falsePositives: sampleWeight,
    trueNegatives: sampleWeight,
    falseNegatives: sampleWeight,
    precision: shareSchema.meta({ description: 'TP / (TP + FP). Like all quotients here, null for 0 / 0.' }),
    recall: shareSchema.meta({ description: 'TP / (TP + FN).' }),
    specificity: shareSchema.meta({ description: 'TN / (TN + FP).' }),
    falsePositiveRate: shareSchema.meta({ description: 'FP / (TN + FP).' }),
    f1: shareSchema.meta({ description: '2 TP / (2 TP + FP + FN).' }),
    accuracy: shareSchema.meta({ description: '(TP + TN) / (TP + FP + TN + FN).' }),
  })
  .meta({ id: 'ThresholdPoint', description: 'The counts if predictions above the threshold are positive.' })

const best = z.object({ threshold: z.number(), value: z.number() }).nullable().meta({
  id: 'BestThreshold',
  description:
    'The best threshold, the lowest one if several are equally good; null if the value is undefined for all of them.',
})

const outputThresholds = z
  .object({
    class: z.string().optional().meta({ description: 'The name of the class, with `classes`.' }),
    points: z.array(point),
    rocAuc: z
      .object({
        lower: shareSchema.meta({ description: 'The area if all ties within a bin are ranked in the wrong order.' }),
        upper: shareSchema.meta({ description: 'The area if all ties within a bin are ranked in the right order.' }),
        binned: shareSchema.meta({ description: 'The area if ties within a bin count half.' }),
      })
      .meta({
        description:
          'The exact area under the ROC curve lies between `lower` and `upper`; null unless both classes occur.',
      }),
    averagePrecision: shareSchema.meta({
      description: 'Average precision with the bins as scores; null if there are no positive samples.',
    }),
    best: z.object({
      f1: best,
      youden: best.meta({ description: 'Recall + specificity - 1.' }),
      cost: best.optional().meta({ description: 'With `costs`: FP falsePositive + FN falseNegative.' }),
    }),
  })
  .meta({
    id: 'OutputThresholds',
    description: 'The results for one binary output, or for one class against the rest.',
  })

const schema = z.object({ perOutput: z.array(outputThresholds) }).meta({
  id: 'Thresholds',
  description:
    'With `thresholds`: exact counts at each threshold, for each binary output, or for each class against the rest. The bin of a sample is the number of thresholds below its probability.',
})

export type ThresholdsReport = z.output<typeof schema>
type OutputReport = z.output<typeof outputThresholds>

/** Sums of s_i in a bin of an output: of its negative rows and of its positive ones. */
const sums = 2
const outputsPerStep = 8

export const thresholds: SectionInSteps<Groups, ThresholdsReport> = {
  ...groupsOf(0, sums),
  option: 'thresholds',
  needs: ['decisions', 'probabilities'],
  schema,
  answerNumbers: (spec, { outputs }) => outputs * (11 * thresholdsOf(spec).length + 10),
  stateBytes: (spec, outputs) => groupBytes(outputs * (thresholdsOf(spec).length + 1), 0, sums),
  *foldInto(into, spec, slice) {
    const { decisions, rows, sampleWeights } = slice
    if (decisions === undefined) return
    const { count, outputs } = rows
    const limits = thresholdsOf(spec)
    const isEven = typeof spec.thresholds === 'number'
    const chances = chancesOf(spec, slice)
    const places = new Int32Array(count)
    const bins = limits.length + 1
    for (let k = 0; k < outputs; k++) {
      for (let i = 0, at = k; i < count; i++, at += outputs) {
        const isPositive = spec.decision === 'class' ? Number(decisions.labelled[i] === k) : decisions.labelled[at]
        places[i] = 2 * binOf(chances[at], limits, isEven) + isPositive
      }
      for (const [place, sum] of sumByGroup(places, 2 * bins, sampleWeights)) {
        if (sum.mantissa === 0n) continue
        const totals = totalsAt(into, k * bins + (place >> 1), 0, sums)
        totals.sums[place & 1] = add(totals.sums[place & 1], sum)
      }
      if (k % outputsPerStep === outputsPerStep - 1) yield
    }
  },
  *report(groups, { outputs }, spec): Generator<void, ThresholdsReport> {
    const limits = thresholdsOf(spec)
    const perOutput: OutputReport[] = []
    for (let k = 0; k < outputs; k++) {
      const bins = Array.from(
        { length: limits.length + 1 },
        (_, bin) => groups.get(k * (limits.length + 1) + bin)?.sums ?? nothing,
      )
      const report = reportOf(bins, limits, spec)
      perOutput.push(spec.classes === undefined ? report : { class: spec.classes[k], ...report })
      yield
    }
    return { perOutput }
  },
}

const nothing: readonly Dyadic[] = [zero, zero]

/** Thresholds in rising order: those given, or j / (T - 1). */
export function thresholdsOf({ thresholds: given = [] }: Spec): readonly number[] {
  return typeof given === 'number' ? Array.from({ length: given }, (_, j) => j / (given - 1)) : given
}

/** How many thresholds are below a number. */
export function binOf(chance: number, limits: readonly number[], isEven: boolean): number {
  if (isEven) {
    // the product may be rounded past a threshold
    let bin = Math.min(Math.max(Math.ceil(chance * (limits.length - 1)), 0), limits.length)
    while (bin > 0 && limits[bin - 1] >= chance) bin--
    while (bin < limits.length && limits[bin] < chance) bin++
    return bin
  }
  let [low, high] = [0, limits.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (limits[middle] < chance) low = middle + 1
    else high = middle
  }
  return low
}

/** The probabilities that predictions mean. */
function chancesOf({ decision, predictionFormat }: Spec, { rows }: Slice): Float64Array {
  const { predictions, outputs, count } = rows
  if (predictionFormat === 'log-probabilities') return predictions.map(Math.exp)
  if (predictionFormat !== 'logits') return predictions
  if (decision === 'binary') return predictions.map(sigmoid)
  const chances = new Float64Array(predictions.length)
  for (let i = 0; i < count; i++) {
    const from = i * outputs
    logSoftmax(predictions, from, outputs, chances.subarray(from, from + outputs))
  }
  return chances.map(Math.exp)
}

/** @param bins of each the sums of s_i of its negative and its positive rows */
function reportOf(bins: readonly (readonly Dyadic[])[], limits: readonly number[], { costs }: Spec): OutputReport {
  const [negatives, positives] = [0, 1].map((at) => bins.reduce((sum, bin) => add(sum, bin[at]), zero))
  const pairs = multiply(negatives, positives)
  const points: OutputReport['points'] = []
  let [above, below] = [zero, zero]
  let [wrong, tied] = [zero, zero]
  const precisions: number[] = []
  const costsAt: number[] = []
  const youdens: (number | null)[] = []
  for (let bin = limits.length; bin >= 0; bin--) {
    const [negative, positive] = bins[bin]
    wrong = add(wrong, multiply(negative, above))
    tied = add(tied, multiply(negative, positive))
    above = add(above, positive)
    below = add(below, negative)
    if (positive.mantissa !== 0n) precisions.push(ratio(positive, positives) * ratio(above, add(above, below)))
    if (bin === 0) break
    const missed = subtract(positives, above)
    points.push(pointOf(limits[bin - 1], above, below, missed, subtract(negatives, below)))
    youdens.push(youdenOf(above, positives, below, negatives, pairs))
    if (costs !== undefined) {
      const { falsePositive, falseNegative } = costs
      costsAt.push(
        toDouble(add(multiply(below, fromDouble(falsePositive)), multiply(missed, fromDouble(falseNegative)))),
      )
    }
  }
  points.reverse()
  const values = (numbers: readonly (number | null)[]) => numbers.toReversed()
  return {
    points,
    rocAuc: {
      lower: share(wrong, pairs),
      upper: share(add(wrong, tied), pairs),
      binned: share(add(add(wrong, wrong), tied), add(pairs, pairs)),
    },
    averagePrecision:
      positives.mantissa === 0n
        ? null
        : Math.min(1, toDouble(exactSum(Float64Array.from(precisions), precisions.length))),
    best: {
      f1: bestOf(
        limits,
        points.map(({ f1 }) => f1),
      ),
      youden: bestOf(limits, values(youdens)),
      ...(costs !== undefined && {
        cost: lowestOf(limits, values(costsAt)),
      }),
    },
  }
}

/** TP / P - FP / N, rounded once. */
function youdenOf(tp: Dyadic, p: Dyadic, fp: Dyadic, n: Dyadic, pairs: Dyadic): number | null {
  return share(subtract(multiply(tp, n), multiply(fp, p)), pairs)
}

function pointOf(threshold: number, tp: Dyadic, fp: Dyadic, fn: Dyadic, tn: Dyadic): OutputReport['points'][number] {
  const [truePositives, falsePositives, falseNegatives, trueNegatives] = [tp, fp, fn, tn].map(toDouble)
  const twice = add(tp, tp)
  const right = add(tp, tn)
  return {
    threshold,
    truePositives,
    falsePositives,
    trueNegatives,
    falseNegatives,
    precision: share(tp, add(tp, fp)),
    recall: share(tp, add(tp, fn)),
    specificity: share(tn, add(tn, fp)),
    falsePositiveRate: share(fp, add(tn, fp)),
    f1: share(twice, add(twice, add(fp, fn))),
    accuracy: share(right, add(right, add(fp, fn))),
  }
}

function bestOf(limits: readonly number[], values: readonly (number | null)[]): z.output<typeof best> {
  let found: z.output<typeof best> = null
  for (const [at, value] of values.entries()) {
    if (value !== null && (found === null || value > found.value)) found = { threshold: limits[at], value }
  }
  return found
}

function lowestOf(limits: readonly number[], values: readonly (number | null)[]): z.output<typeof best> {
  const found = bestOf(
    limits,
    values.map((value) => value && -value),
  )
  return found && { ...found, value: -found.value }
}
