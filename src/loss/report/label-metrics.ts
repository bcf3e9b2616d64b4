import { z } from 'zod'
import type { Slice } from '../fold.ts'
import type { Dyadic } from '../numerics/dyadic.ts'
import { add, equals, fromInteger, multiply, ratio, sqrtRatio, subtract, toDouble, zero } from '../numerics/dyadic.ts'
import { exactSum, exactSumOfProducts } from '../numerics/exact-sum.ts'
import { groupCounts, groupRows, groupSums, groupSumsOfProducts, sumByGroup } from '../numerics/grouping.ts'
import type { Spec } from '../spec.ts'
import type { Tally } from '../tally.ts'
import type { Groups } from './groups.ts'
import { share, totalsAt } from './groups.ts'
import { anyNumber, sampleWeight as sampleWeightSchema, share as shareSchema } from './schemas.ts'

const averages = z
  .object({ macro: z.number(), micro: z.number(), weighted: z.number() })
  .meta({ id: 'Averages', description: 'Averages over the classes that occur, or over several binary outputs.' })
  .nullable()
const correlation = z.number().min(-1).max(1).nullable()

const agreement = {
  balancedAccuracy: shareSchema.meta({ description: 'Mean recall over the classes that occur as labels.' }),
  matthewsCorrelation: correlation.meta({
    description: 'Matthews correlation coefficient; 0 if all labels, or all decisions, belong to one class.',
  }),
  cohenKappa: correlation.meta({ description: "Cohen's kappa; null if all labels and decisions belong to one class." }),
}
const specificity = shareSchema.meta({ description: 'TN / (TN + FP).' })
const counts = {
  truePositives: sampleWeightSchema.meta({
    description: 'Sum of s_i over these samples; the other three counts likewise.',
  }),
  falsePositives: sampleWeightSchema,
  trueNegatives: sampleWeightSchema,
  falseNegatives: sampleWeightSchema,
}

const outputMetrics = z
  .object({
    ...counts,
    precision: shareSchema.meta({ description: 'TP / (TP + FP).' }),
    recall: shareSchema.meta({ description: 'TP / (TP + FN).' }),
    f1: shareSchema.meta({ description: '2 TP / (2 TP + FP + FN).' }),
    jaccard: shareSchema.meta({ description: 'TP / (TP + FP + FN).' }),
    specificity,
    ...agreement,
  })
  .meta({ id: 'OutputMetrics', description: 'The metrics of one binary output.' })

export const labelMetrics = z
  .object({
    precision: averages,
    recall: averages,
    f1: averages,
    jaccard: averages,
    ...agreement,
    truePositives: counts.truePositives.optional(),
    falsePositives: counts.falsePositives.optional(),
    trueNegatives: counts.trueNegatives.optional(),
    falseNegatives: counts.falseNegatives.optional(),
    specificity: specificity.optional(),
    perOutput: z
      .array(outputMetrics)
      .optional()
      .meta({ description: 'With binary labels: one entry for each output.' }),
    perplexity: anyNumber.optional().meta({ description: 'With loss `cross-entropy`: e raised to the mean loss.' }),
  })
  .meta({
    id: 'LabelMetrics',
    description:
      'As in scikit-learn with zero_division=0. With binary labels, there are also the four counts and `specificity`. For one binary output, averages are taken over its two classes, as far as they occur. For several outputs, averages are taken over the outputs, counts are summed over the outputs, and other numbers are means over the outputs where they are not null. All are null if the weights sum to 0.',
  })

type OutputMetrics = z.output<typeof outputMetrics>
export type LabelMetrics = z.output<typeof labelMetrics>
type Counts = Pick<OutputMetrics, keyof typeof counts>
type Agreement = Pick<OutputMetrics, keyof typeof agreement>
export const measures = ['precision', 'recall', 'f1', 'jaccard'] as const
export type Measure = (typeof measures)[number]

/** Sums of s_i by class, or by binary output for its positive class: over its labels, its decisions, and where both agree. */
export const labelSums = 3

export interface Confusion {
  readonly labelled: Dyadic
  readonly predicted: Dyadic
  readonly right: Dyadic
}

const [outputsPerStep, classesPerStep] = [64, 512]

export function* foldLabels(groups: Groups, { decision }: Spec, slice: Slice): Generator<void, void> {
  if (decision === 'class') foldClasses(groups, slice)
  else yield* foldOutputs(groups, slice)
}

function foldClasses(groups: Groups, { rows, decisions, sampleWeights }: Slice): void {
  if (decisions === undefined) return
  const { labelled, predicted, correct } = decisions
  const byLabel = groupRows(labelled, rows.outputs)
  const ofLabel = groupSums(byLabel, sampleWeights)
  const right =
    sampleWeights === undefined
      ? groupCounts(byLabel, correct).map(fromInteger)
      : groupSumsOfProducts(byLabel, sampleWeights, new Float64Array(correct))
  for (const [at, label] of byLabel.groups.entries()) {
    addTo(groups, label, 0, ofLabel[at])
    addTo(groups, label, 2, right[at])
  }
  for (const [decision, sum] of sumByGroup(predicted, rows.outputs, sampleWeights)) addTo(groups, decision, 1, sum)
}

function* foldOutputs(groups: Groups, { rows, decisions, sampleWeights }: Slice): Generator<void, void> {
  if (decisions === undefined) return
  const { count, outputs } = rows
  const { labelled, predicted } = decisions
  const chosen = new Float64Array(count)
  const sumOf = (isIn: (at: number) => boolean, from: number): Dyadic => {
    let size = 0
    for (let i = 0, at = from; i < count; i++, at += outputs) {
      if (isIn(at)) chosen[size++] = sampleWeights === undefined ? 1 : sampleWeights[i]
    }
    return sampleWeights === undefined ? fromInteger(size) : exactSum(chosen, size)
  }
  for (let k = 0; k < outputs; k++) {
    addTo(
      groups,
      k,
      0,
      sumOf((at) => labelled[at] === 1, k),
    )
    addTo(
      groups,
      k,
      1,
      sumOf((at) => predicted[at] === 1, k),
    )
    addTo(
      groups,
      k,
      2,
      sumOf((at) => labelled[at] + predicted[at] === 2, k),
    )
    if (k % outputsPerStep === outputsPerStep - 1) yield
  }
}

/** A group without weight is left out, so that equal states have equal bytes. */
function addTo(groups: Groups, group: number, at: number, sum: Dyadic): void {
  if (sum.mantissa === 0n) return
  const { sums } = totalsAt(groups, group, 0, labelSums)
  sums[at] = add(sums[at], sum)
}

/** What the sums mean, in steps; all but the counts is `null` without weight. */
export function* reportLabels(groups: Groups, tally: Tally, { decision }: Spec): Generator<void, LabelMetrics> {
  const { outputs, sampleWeight } = tally
  if (decision === 'class') {
    const classes: Confusion[] = []
    for (let k = 0; k < outputs; k++) {
      const confusion = confusionOf(groups, k)
      if (occurs(confusion)) classes.push(confusion)
      if (k % classesPerStep === classesPerStep - 1) yield
    }
    return { ...agreementOf(classes, sampleWeight), ...(yield* averagesOf(classes, sampleWeight)) }
  }
  const positives: Confusion[] = []
  const perOutput: OutputMetrics[] = []
  for (let k = 0; k < outputs; k++) {
    const positive = confusionOf(groups, k)
    positives.push(positive)
    perOutput.push(outputMetricsOf(positive, sampleWeight))
    if (k % outputsPerStep === outputsPerStep - 1) yield
  }
  const classes = outputs === 1 ? bothClasses(positives[0], sampleWeight).filter(occurs) : positives
  return {
    ...(yield* averagesOf(classes, sampleWeight)),
    ...countsOf(positives, sampleWeight),
    specificity: meanOf(perOutput, 'specificity'),
    balancedAccuracy: meanOf(perOutput, 'balancedAccuracy'),
    matthewsCorrelation: meanOf(perOutput, 'matthewsCorrelation'),
    cohenKappa: meanOf(perOutput, 'cohenKappa'),
    perOutput,
  }
}

export function confusionOf(groups: Groups, at: number): Confusion {
  const [labelled, predicted, right] = groups.get(at)?.sums ?? [zero, zero, zero]
  return { labelled, predicted, right }
}

export function occurs({ labelled, predicted }: Confusion): boolean {
  return labelled.mantissa !== 0n || predicted.mantissa !== 0n
}

export function bothClasses(positive: Confusion, weight: Dyadic): [Confusion, Confusion] {
  const { labelled, predicted, right } = positive
  const negative = {
    labelled: subtract(weight, labelled),
    predicted: subtract(weight, predicted),
    right: subtract(add(weight, right), add(labelled, predicted)),
  }
  return [negative, positive]
}

function outputMetricsOf(positive: Confusion, weight: Dyadic): OutputMetrics {
  const classes = bothClasses(positive, weight)
  const hasWeight = weight.mantissa !== 0n
  const { precision, recall, f1, jaccard } = quotientsOf(positive)
  const quotients = { precision, recall, f1, jaccard, specificity: quotientsOf(classes[0]).recall }
  const nothing = { precision: null, recall: null, f1: null, jaccard: null, specificity: null }
  return {
    ...countsOf([positive], weight),
    ...(hasWeight ? quotients : nothing),
    ...agreementOf(classes.filter(occurs), weight),
  }
}

function countsOf(outputs: readonly Confusion[], weight: Dyadic): Counts {
  const [labelled, predicted, right] = totalsOf(outputs)
  const all = multiply(fromInteger(outputs.length), weight)
  return {
    truePositives: toDouble(right),
    falsePositives: toDouble(subtract(predicted, right)),
    trueNegatives: toDouble(subtract(add(all, right), add(labelled, predicted))),
    falseNegatives: toDouble(subtract(labelled, right)),
  }
}

export function totalsOf(classes: readonly Confusion[]): [labelled: Dyadic, predicted: Dyadic, right: Dyadic] {
  let [labelled, predicted, right] = [zero, zero, zero]
  for (const each of classes) {
    labelled = add(labelled, each.labelled)
    predicted = add(predicted, each.predicted)
    right = add(right, each.right)
  }
  return [labelled, predicted, right]
}

export function quotientsOf({ labelled, predicted, right }: Confusion): Record<Measure, number> {
  const both = add(labelled, predicted)
  return {
    precision: share(right, predicted) ?? 0,
    recall: share(right, labelled) ?? 0,
    f1: share(add(right, right), both) ?? 0,
    jaccard: share(right, subtract(both, right)) ?? 0,
  }
}

function* averagesOf(classes: readonly Confusion[], weight: Dyadic): Generator<void, Pick<LabelMetrics, Measure>> {
  if (weight.mantissa === 0n) return { precision: null, recall: null, f1: null, jaccard: null }
  const count = classes.length
  const weights = new Float64Array(count)
  const values = measures.map(() => new Float64Array(count))
  for (const [at, each] of classes.entries()) {
    const quotients = quotientsOf(each)
    weights[at] = ratio(each.labelled, weight)
    for (const [place, name] of measures.entries()) values[place][at] = quotients[name]
    if (at % classesPerStep === classesPerStep - 1) yield
  }
  const [labelled, predicted, right] = totalsOf(classes)
  const ofAll = quotientsOf({ labelled, predicted, right })
  const total = exactSum(weights, count)
  const averages = measures.map((name, place) => ({
    macro: ratio(exactSum(values[place], count), fromInteger(count)),
    micro: ofAll[name],
    weighted: share(exactSumOfProducts(values[place], weights, count), total) ?? 0,
  }))
  const [precision, recall, f1, jaccard] = averages
  return { precision, recall, f1, jaccard }
}

/** @param classes those that occur */
function agreementOf(classes: readonly Confusion[], weight: Dyadic): Agreement {
  if (weight.mantissa === 0n) return { balancedAccuracy: null, matthewsCorrelation: null, cohenKappa: null }
  const recalls: number[] = []
  let [chance, ofLabels, ofDecisions, right] = [zero, zero, zero, zero]
  for (const each of classes) {
    if (each.labelled.mantissa !== 0n) recalls.push(ratio(each.right, each.labelled))
    chance = add(chance, multiply(each.labelled, each.predicted))
    ofLabels = add(ofLabels, multiply(each.labelled, each.labelled))
    ofDecisions = add(ofDecisions, multiply(each.predicted, each.predicted))
    right = add(right, each.right)
  }
  const squared = multiply(weight, weight)
  const beyond = subtract(multiply(weight, right), chance)
  const spread = multiply(subtract(squared, ofLabels), subtract(squared, ofDecisions))
  const size = spread.mantissa === 0n ? 0 : sqrtRatio(multiply(beyond, beyond), spread)
  return {
    balancedAccuracy: ratio(exactSum(Float64Array.from(recalls), recalls.length), fromInteger(recalls.length)),
    matthewsCorrelation: beyond.mantissa < 0n ? -size : size,
    cohenKappa: equals(squared, chance) ? null : ratio(beyond, subtract(squared, chance)),
  }
}

/** The mean over the outputs that have one. */
function meanOf(outputs: readonly OutputMetrics[], name: 'specificity' | keyof Agreement): number | null {
  const values = outputs.map((output) => output[name]).filter((value) => value !== null)
  return share(exactSum(Float64Array.from(values), values.length), fromInteger(values.length))
}
