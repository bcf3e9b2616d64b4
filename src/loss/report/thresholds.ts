import { z } from 'zod'
import type { Slice } from '../fold.ts'
import type { Dyadic } from '../numerics/dyadic.ts'
import { add, fromDouble, fromInteger, multiply, ratio, subtract, toDouble, zero } from '../numerics/dyadic.ts'
import { exponential, logSoftmax } from '../numerics/elementary/elementary.ts'
import { exactSum } from '../numerics/exact-sum.ts'
import { countByGroup, sumByGroup } from '../numerics/grouping.ts'
import { sigmoid } from '../numerics/softmax.ts'
import type { Spec } from '../spec.ts'
import type { Groups, Totals } from './groups.ts'
import { groupBytes, groupsOf, share } from './groups.ts'
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
const placesPerStep = 2 ** 12

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
    const { outputs } = rows
    const bins = thresholdsOf(spec).length + 1
    const places = placesOf(spec, slice, decisions.labelled)
    const size = 2 * outputs * bins
    let known = 0
    if (sampleWeights === undefined) {
      for (const [place, count] of countByGroup(places, size)) {
        binAt(into, place >> 1).addRows(place & 1, count)
        if (++known % placesPerStep === 0) yield
      }
      return
    }
    for (const [place, sum] of sumByGroup(places, size, repeated(sampleWeights, outputs))) {
      if (sum.mantissa !== 0n) binAt(into, place >> 1).add(place & 1, sum)
      if (++known % placesPerStep === 0) yield
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

/** The sums of a bin. Rows without weights are counted, and come into the sums when these are asked for. */
class Bin implements Totals {
  readonly counts: number[] = []
  readonly #sums: Dyadic[] = [zero, zero]
  readonly #rows = [0, 0]

  addRows(at: number, count: number): void {
    this.#rows[at] += count
  }

  add(at: number, sum: Dyadic): void {
    this.#sums[at] = add(this.#sums[at], sum)
  }

  get sums(): Dyadic[] {
    for (const at of [0, 1]) {
      if (this.#rows[at] > 0) this.add(at, fromInteger(this.#rows[at]))
      this.#rows[at] = 0
    }
    return this.#sums
  }
}

/** The bin at a place of a state that rows are folded into. */
function binAt(into: Groups, place: number): Bin {
  const known = into.get(place)
  if (known instanceof Bin) return known
  const bin = new Bin()
  for (const at of [0, 1]) bin.add(at, known?.sums[at] ?? zero)
  into.set(place, bin)
  return bin
}

/** Thresholds in rising order: those given, or j / (T - 1). */
export function thresholdsOf({ thresholds: given = [] }: Spec): readonly number[] {
  return typeof given === 'number' ? Array.from({ length: given }, (_, j) => j / (given - 1)) : given
}

/** Of each output of each row: its bin among those of all outputs, doubled, and one more for a positive row. */
function placesOf(spec: Spec, slice: Slice, labelled: Int32Array): Int32Array {
  const { count, outputs } = slice.rows
  const limits = Float64Array.from(thresholdsOf(spec))
  const isEven = typeof spec.thresholds === 'number'
  const chances = chancesOf(spec, slice)
  const bins = limits.length + 1
  const places = new Int32Array(count * outputs)
  for (let i = 0, at = 0; i < count; i++) {
    const end = at + outputs
    if (isEven)
      for (let first = 0; at < end; at++, first += bins) places[at] = 2 * (first + evenBinOf(chances[at], limits))
    else for (let first = 0; at < end; at++, first += bins) places[at] = 2 * (first + binOf(chances[at], limits))
  }
  if (spec.decision === 'class') for (let i = 0; i < count; i++) places[i * outputs + labelled[i]]++
  else for (let at = 0; at < places.length; at++) places[at] += labelled[at]
  return places
}

/** The weight of each row, once for each of its outputs. */
function repeated(weights: Float64Array | undefined, outputs: number): Float64Array | undefined {
  if (weights === undefined || outputs === 1) return weights
  const all = new Float64Array(weights.length * outputs)
  for (let i = 0; i < weights.length; i++) all.fill(weights[i], i * outputs, (i + 1) * outputs)
  return all
}

/** How many of the even thresholds are below a probability. */
export function evenBinOf(chance: number, limits: Float64Array): number {
  // products and thresholds are rounded in the same direction, so the thresholds beside this one are known
  const bin = (chance * (limits.length - 1)) | 0
  return limits[bin] < chance ? bin + 1 : bin
}

/** How many thresholds are below a number. */
export function binOf(chance: number, limits: Float64Array): number {
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
  if (predictionFormat === 'log-probabilities') return predictions.map((log) => exponential(log))
  if (predictionFormat !== 'logits') return predictions
  if (decision === 'binary') return predictions.map(sigmoid)
  const chances = new Float64Array(predictions.length)
  for (let i = 0; i < count; i++) {
    const from = i * outputs
    logSoftmax(predictions, from, outputs, chances.subarray(from, from + outputs))
  }
  return chances.map((log) => exponential(log))
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
