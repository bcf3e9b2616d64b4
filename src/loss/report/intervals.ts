import { z } from 'zod'
import type { Slice } from '../fold.ts'
import { add, multiply, subtract, zero } from '../numerics/dyadic.ts'
import { exactMoments } from '../numerics/exact-sum.ts'
import type { Spec } from '../spec.ts'
import type { Tally } from '../tally.ts'
import type { Estimate } from './estimate.ts'
import { errorOf, estimate, estimateOf, unit } from './estimate.ts'
import type { Groups } from './groups.ts'
import { groupBytes, groupsOf, totalsAt } from './groups.ts'
import { labelIntervals, reportLabelIntervals } from './label-intervals.ts'
import { foldLabelMoments, mostAveraged, ownLabelSums, pairSumsOf } from './label-moments.ts'
import type { MetricsState } from './metrics.ts'
import { metrics } from './metrics.ts'
import { rankingIntervals } from './ranking-intervals.ts'
import type { SectionInSteps } from './section.ts'
import { rowsAmong, topKAccuracy } from './top-k.ts'
import { reportValueIntervals, valueIntervals } from './value-intervals.ts'
import { foldValueMoments, ownValueSums, pairValueSums, rowCounts, rowSums } from './value-moments.ts'

const schema = z
  .object({
    metrics: z.union([labelIntervals, valueIntervals]).optional(),
    topKAccuracy: estimate.optional(),
    ranking: rankingIntervals.optional(),
  })
  .meta({
    id: 'Intervals',
    description:
      'With `metrics`, `ranking` or `topK`: the same structure, with a standard error and a 95 % interval instead of each number. The standard error is that of the delta method, sqrt(n/(n-1) sum (s_i IF_i)^2), where IF_i is the influence of a row on the metric and n the number of rows with positive weight; nothing is resampled. Averages over more than 32 outputs, `maxError`, and `rocAuc` with `sampleWeights` have none.',
  })

export type IntervalsReport = z.output<typeof schema>

/** Sums of squared weights and products, beside those of the figures themselves. */
export interface IntervalsState {
  readonly metrics: MetricsState
  /** By class or output, by pair of them, of whole rows: `LabelMoments`, or `ValueMoments`. */
  readonly own: Groups
  readonly pairs: Groups
  readonly rows: Groups
  /** Of the rows right among the k largest: sum s_i, sum s_i^2. */
  readonly topK: Groups
}

const topKSums = 2
const groupsOfDecision = {
  class: { own: groupsOf(0, ownLabelSums), pairs: groupsOf(0, pairSumsOf.class) },
  binary: { own: groupsOf(0, ownLabelSums), pairs: groupsOf(0, pairSumsOf.binary) },
  none: { own: groupsOf(0, ownValueSums), pairs: groupsOf(0, pairValueSums) },
}
const ofRows = groupsOf(rowCounts, rowSums)
const ofTopK = groupsOf(0, topKSums)

/** How sure the figures of `metrics`, `topKAccuracy` and `ranking` are. */
export const intervals: SectionInSteps<IntervalsState, IntervalsReport> = {
  needs: [],
  schema,
  answerNumbers: (spec, rows) =>
    Math.max(asksForMetrics(spec) ? 3 * metrics.answerNumbers(spec, rows) : 0, sumsOf(spec, rows.outputs)) +
    (spec.include.includes('ranking') ? 6 * (1 + rows.outputs) : 0),
  stateBytes(spec, outputs) {
    if (!asksForMetrics(spec)) return groupBytes(1, 0, 3)
    const pairs = pairsOf(spec, outputs)
    const ofMetrics = metrics.stateBytes(spec, outputs)
    if (spec.decision === 'none') {
      // sums of up to four factors, of two doubles each
      return (
        ofMetrics +
        groupBytes(outputs, 0, 4 * ownValueSums) +
        groupBytes(pairs, 0, 4 * pairValueSums) +
        groupBytes(1, 1, 24)
      )
    }
    const own = spec.decision === 'binary' ? groupBytes(outputs, 0, 2 * ownLabelSums) : 0
    return ofMetrics + own + groupBytes(pairs, 0, 2 * pairSumsOf[spec.decision]) + groupBytes(1, 0, 3)
  },
  empty: () => ({ metrics: metrics.empty(), own: new Map(), pairs: new Map(), rows: new Map(), topK: new Map() }),
  *foldInto(into, spec, slice) {
    if (spec.topK !== undefined) foldTopK(into.topK, spec, slice)
    if (!asksForMetrics(spec)) return
    yield* metrics.foldInto(into.metrics, spec, slice)
    if (spec.decision === 'none') yield* foldValueMoments(into, slice)
    else yield* foldLabelMoments(into, spec, slice)
  },
  *absorb(into, from) {
    yield* metrics.absorb(into.metrics, from.metrics)
    for (const name of groupNames) yield* ofTopK.absorb(into[name], from[name])
  },
  *write(state, writer) {
    yield* metrics.write(state.metrics, writer)
    for (const name of groupNames) yield* ofTopK.write(state[name], writer)
  },
  *read(reader, spec) {
    const ofMetrics = yield* metrics.read(reader, spec)
    const { own, pairs } = groupsOfDecision[spec.decision]
    return {
      metrics: ofMetrics,
      own: yield* own.read(reader),
      pairs: yield* pairs.read(reader),
      rows: yield* ofRows.read(reader),
      topK: yield* ofTopK.read(reader),
    }
  },
  *report(state, tally, spec): Generator<void, IntervalsReport> {
    const report: IntervalsReport = {}
    if (asksForMetrics(spec)) report.metrics = yield* metricsIntervals(state, tally, spec)
    if (spec.topK !== undefined) report.topKAccuracy = yield* topKInterval(state.topK, tally, spec)
    return report
  },
}

const groupNames = ['own', 'pairs', 'rows', 'topK'] as const

function asksForMetrics({ include }: Spec): boolean {
  return include.includes('metrics')
}

function pairsOf({ decision }: Spec, outputs: number): number {
  if (decision === 'class') return outputs * outputs
  return outputs > mostAveraged ? 0 : (outputs * (outputs - 1)) / 2
}

function sumsOf(spec: Spec, outputs: number): number {
  if (!asksForMetrics(spec)) return 3
  const pairs = pairsOf(spec, outputs)
  if (spec.decision === 'none') return ownValueSums * outputs + pairValueSums * pairs + rowSums
  return (spec.decision === 'binary' ? ownLabelSums * outputs : 0) + pairSumsOf[spec.decision] * pairs
}

function* metricsIntervals(
  state: IntervalsState,
  tally: Tally,
  spec: Spec,
): Generator<void, NonNullable<IntervalsReport['metrics']>> {
  const report = yield* metrics.report(state.metrics, tally, spec)
  if ('rmse' in report) return yield* reportValueIntervals(state, report, tally)
  return yield* reportLabelIntervals(state.metrics.groups, state, report, tally, spec)
}

function foldTopK(into: Groups, spec: Spec, slice: Slice): void {
  const { isAmong } = rowsAmong(spec, slice)
  const { sampleWeights } = slice
  const weights = sampleWeights === undefined ? isAmong : isAmong.map((among, i) => among * sampleWeights[i])
  const { sum, squares } = exactMoments(weights, weights.length)
  if (sum.mantissa === 0n) return
  const { sums } = totalsAt(into, 0, 0, topKSums)
  for (const [at, added] of [sum, squares].entries()) sums[at] = add(sums[at], added)
}

/** Of a share A / W: sum s_i^2 (x_i - A / W)^2 / W^2, multiplied out. */
function* topKInterval(topK: Groups, tally: Tally, spec: Spec): Generator<void, Estimate> {
  const [among, squares] = topK.get(0)?.sums ?? [zero, zero]
  const { sampleWeight: weight, sampleWeightSquared } = tally
  const rest = subtract(weight, among)
  const spread = add(
    multiply(squares, multiply(rest, rest)),
    multiply(subtract(sampleWeightSquared, squares), multiply(among, among)),
  )
  const squared = multiply(weight, weight)
  const groups: Groups = new Map([[0, { counts: [0], sums: [among] }]])
  const share = yield* topKAccuracy.report(groups, tally, spec)
  return estimateOf(share, errorOf(tally, spread, multiply(squared, squared)), unit)
}
