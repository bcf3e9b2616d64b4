import { z } from 'zod'
import type { Decisions } from '../accuracy.ts'
import { absolute, add, fromInteger, multiply, subtract, zero } from '../numerics/dyadic.ts'
import { exponential } from '../numerics/elementary/elementary.ts'
import { groupCounts, groupRows, groupSums, groupSumsOfProducts } from '../numerics/grouping.ts'
import { sigmoid, topProbability } from '../numerics/softmax.ts'
import type { Spec } from '../spec.ts'
import { decisionsPerRow } from '../tally.ts'
import type { Groups } from './groups.ts'
import { groupBytes, groupsOf, share, totalsAt } from './groups.ts'
import { count, share as shareSchema } from './schemas.ts'
import type { SectionAtOnce } from './section.ts'

const bin = z
  .object({
    lower: z.number(),
    upper: z.number(),
    count,
    meanConfidence: shareSchema,
    accuracy: shareSchema,
  })
  .meta({
    id: 'CalibrationBin',
    description: 'Confidences in (lower, upper]; the first bin includes 0. The means are null for an empty bin.',
  })

const schema = z
  .object({
    bins: z.array(bin),
    expectedCalibrationError: shareSchema.meta({
      description:
        'Expected calibration error: the sum over the bins of their share of the weight times |accuracy - mean confidence| (Guo et al. 2017).',
    }),
  })
  .meta({
    id: 'Calibration',
    description:
      'Confidence against accuracy in 15 bins of equal width. Confidence is the largest probability. For binary outputs, confidence is the probability of the positive class, and accuracy is the share of positive labels; each output of each row counts separately.',
  })

export type CalibrationReport = z.output<typeof schema>

export const calibrationBins = 15

const edges = Float64Array.from({ length: calibrationBins + 1 }, (_, at) => at / calibrationBins)

/** Counts: samples, or binary outputs. Sums: s_i, s_i times the confidence, s_i where right. */
const [counts, sums] = [1, 3]

export const calibration: SectionAtOnce<Groups, CalibrationReport> = {
  ...groupsOf(counts, sums),
  needs: ['decisions', 'probabilities'],
  schema,
  answerNumbers: () => 5 * calibrationBins,
  stateBytes: () => groupBytes(calibrationBins, counts, sums + 1),
  fold(spec, { rows, sampleWeights, decisions }) {
    const bins: Groups = new Map()
    if (decisions === undefined) return bins
    const confidences = confidencesOf(spec, rows.predictions, rows.outputs, decisions)
    const grouping = groupRows(binsOf(confidences), calibrationBins)
    const right = spec.decision === 'binary' ? decisions.labelled : decisions.correct
    const weights = sampleWeights && forEach(sampleWeights, decisionsPerRow(spec, rows.outputs))
    const weight = groupSums(grouping, weights)
    const [confidence, ofRight] =
      weights === undefined
        ? [groupSums(grouping, confidences), groupCounts(grouping, right).map(fromInteger)]
        : [confidences, new Float64Array(right)].map((values) => groupSumsOfProducts(grouping, values, weights))
    for (const [at, bin] of grouping.groups.entries()) {
      const count = grouping.starts[at + 1] - grouping.starts[at]
      bins.set(bin, { counts: [count], sums: [weight[at], confidence[at], ofRight[at]] })
    }
    return bins
  },
  *report(bins, { outputs, sampleWeight }, spec): Generator<void, CalibrationReport> {
    let gaps = zero
    const reported: CalibrationReport['bins'] = []
    for (let at = 0; at < calibrationBins; at++) {
      const { counts: of, sums: by } = bins.get(at) ?? nothing
      const [weight, confidence, right] = by
      gaps = add(gaps, absolute(subtract(confidence, right)))
      reported.push({
        lower: edges[at],
        upper: edges[at + 1],
        count: of[0],
        meanConfidence: share(confidence, weight),
        accuracy: share(right, weight),
      })
    }
    yield
    return {
      bins: reported,
      expectedCalibrationError: share(gaps, multiply(sampleWeight, fromInteger(decisionsPerRow(spec, outputs)))),
    }
  },
}

function forEach(weights: Float64Array, times: number): Float64Array {
  if (times === 1) return weights
  return Float64Array.from({ length: weights.length * times }, (_, at) => weights[Math.floor(at / times)])
}

const nothing = totalsAt(new Map(), 0, counts, sums)

/** The bin of a confidence in [0, 1], whose product with the bins may be rounded up to an edge. */
export function calibrationBin(confidence: number): number {
  const near = Math.min(Math.floor(confidence * calibrationBins), calibrationBins - 1)
  return near > 0 && confidence <= edges[near] ? near - 1 : near
}

function binsOf(confidences: Float64Array): Int32Array {
  const bins = new Int32Array(confidences.length)
  for (let i = 0; i < bins.length; i++) bins[i] = calibrationBin(confidences[i])
  return bins
}

function confidencesOf(
  { decision, predictionFormat }: Spec,
  predictions: Float64Array,
  outputs: number,
  { predicted }: Decisions,
): Float64Array {
  const isLogits = predictionFormat === 'logits'
  const isLog = predictionFormat === 'log-probabilities'
  if (decision === 'binary')
    return isLogits ? predictions.map(sigmoid) : isLog ? predictions.map((log) => exponential(log)) : predictions
  const confidences = new Float64Array(predicted.length)
  for (let i = 0, from = 0; i < predicted.length; i++, from += outputs) {
    const top = predictions[from + predicted[i]]
    confidences[i] = isLogits ? topProbability(predictions, from, outputs) : isLog ? exponential(top) : top
  }
  return confidences
}
