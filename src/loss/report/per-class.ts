import { compare, fromInteger, zero } from '../numerics/dyadic.ts'
import { groupRows, groupSums } from '../numerics/grouping.ts'
import type { Groups } from './groups.ts'
import { checkCounts, checkGroups, checkSums, groupsOf, share, totalsAt } from './groups.ts'
import type { SectionAtOnce } from './section.ts'
import { classesOf } from './section.ts'

/** What became of the samples labelled with one class. */
export interface PerClassReport {
  readonly class: number
  readonly samples: number
  readonly correct: number
  /** Their weighted mean loss; `null` when infinite or undefined, as `lossStatus` says. */
  readonly loss: number | null
  readonly lossStatus: 'finite' | 'infinite' | 'undefined'
  /** Share of the class's samples that were decided as this class, weighted by s_i; `null` if there are none. */
  readonly recall: number | null
  /** Share of the samples decided as this class that belong to it, weighted by s_i; `null` if never predicted. */
  readonly precision: number | null
}

/** Counts: samples, correct, infinite. Sums: x_i, w_i and s_i by label, s_i by decision, s_i where both agree. */
const [counts, sums] = [3, 5]

/** Classes are the K outputs, or 0 and 1 for one binary output. */
export const perClass: SectionAtOnce<Groups> = {
  ...groupsOf(counts, sums),
  answerNumbers: (spec, outputs) => 6 * classesOf(spec, outputs),
  fold(spec, { rows, losses, weights, sampleWeights, decisions }) {
    const classes: Groups = new Map()
    if (decisions === undefined) return classes
    const { labelled, predicted, correct } = decisions
    const size = classesOf(spec, rows.outputs)
    const byLabel = groupRows(labelled, size)
    const byDecision = groupRows(predicted, size)

    const finite = new Float64Array(rows.count)
    for (let i = 0; i < rows.count; i++) {
      const total = totalsAt(classes, labelled[i], counts, sums)
      total.counts[0]++
      total.counts[1] += correct[i]
      if (Number.isFinite(losses[i])) finite[i] = losses[i]
      else total.counts[2]++
    }
    // a decision is right or wrong, so the product is exact
    const right = sampleWeights?.map((weight, i) => weight * correct[i])
    const [loss, weight] = [groupSums(byLabel, finite), groupSums(byLabel, weights)]
    const ofLabel = groupSums(byLabel, sampleWeights)
    const ofRight = right && groupSums(byLabel, right)
    for (const [at, label] of byLabel.groups.entries()) {
      const total = totalsAt(classes, label, counts, sums)
      total.sums[0] = loss[at]
      total.sums[1] = weight[at]
      total.sums[2] = ofLabel[at]
      total.sums[4] = ofRight?.[at] ?? fromInteger(total.counts[1])
    }
    const ofDecision = groupSums(byDecision, sampleWeights)
    for (const [at, decision] of byDecision.groups.entries()) {
      // a class that is neither a label nor of any weight has no totals
      if (ofDecision[at].mantissa !== 0n) totalsAt(classes, decision, counts, sums).sums[3] = ofDecision[at]
    }
    return classes
  },
  check(classes, tally, spec) {
    checkGroups(classes, classesOf(spec, tally.outputs), ({ counts: [samples, correct, infinite], sums }) => {
      const [loss, weight, labelled, predicted, right] = sums
      if (correct > samples || infinite > samples) return false
      if (samples === 0 && (predicted.mantissa === 0n || weight.mantissa !== 0n || labelled.mantissa !== 0n))
        return false
      if (samples === infinite && loss.mantissa !== 0n) return false
      if (correct === 0 && right.mantissa !== 0n) return false
      return (
        weight.mantissa >= 0n &&
        compare(right, zero) >= 0 &&
        compare(right, labelled) <= 0 &&
        compare(right, predicted) <= 0
      )
    })
    for (const [at, total] of [tally.samples - tally.ignored, tally.correct, tally.infinite].entries()) {
      checkCounts(classes, at, total)
    }
    const { loss, weight, sampleWeight, correctWeight } = tally
    for (const [at, total] of [loss, weight, sampleWeight, sampleWeight, correctWeight].entries()) {
      checkSums(classes, at, total)
    }
  },
  *report(classes, { outputs }, spec): Generator<void, PerClassReport[]> {
    const reports: PerClassReport[] = []
    for (let at = 0, size = classesOf(spec, outputs); at < size; at++) {
      reports.push(reportOf(classes, at))
      if (reports.length % classesPerStep === 0) yield
    }
    return reports
  },
}

/** Classes that are reported in a step. */
const classesPerStep = 256

function reportOf(classes: Groups, at: number): PerClassReport {
  const { counts: of, sums: by } = classes.get(at) ?? nothing
  const [samples, correct, infinite] = of
  const [loss, weight, labelled, predicted, right] = by
  const mean = infinite > 0 ? Number.POSITIVE_INFINITY : share(loss, weight)
  return {
    class: at,
    samples,
    correct,
    loss: mean === null || !Number.isFinite(mean) ? null : mean,
    lossStatus: mean === null ? 'undefined' : Number.isFinite(mean) ? 'finite' : 'infinite',
    recall: share(right, labelled),
    precision: share(right, predicted),
  }
}

const nothing = totalsAt(new Map(), 0, counts, sums)
