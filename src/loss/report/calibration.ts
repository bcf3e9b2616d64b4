import type { Slice } from '../fold.ts'
import type { Dyadic } from '../numerics/dyadic.ts'
import { add, subtract, zero } from '../numerics/dyadic.ts'
import { logSoftmax, sigmoid } from '../numerics/softmax.ts'
import type { Spec } from '../spec.ts'
import type { Tally } from '../tally.ts'
import { GroupedSums, share, whereRight } from './grouped-sums.ts'
import type { ReportSection } from './section.ts'

/** How often the samples of one range of confidence are right. */
export interface CalibrationBin {
  /** Confidences greater than `lower` (the first bin: from 0) and up to `upper`. */
  readonly lower: number
  readonly upper: number
  readonly count: number
  /** Mean confidence and accuracy of the bin, weighted by s_i; `null` where their weight is 0. */
  readonly meanConfidence: number | null
  readonly accuracy: number | null
}

/**
 * Confidence against accuracy in 15 bins of equal width. The confidence is the top probability and the accuracy the share
 * of right decisions; for a binary output the probability of the positive class and the share of positive labels.
 */
export interface CalibrationReport {
  readonly bins: CalibrationBin[]
  /** sum over bins of their share of the weight times |accuracy - mean confidence| (Guo et al. 2017), in [0, 1]. */
  readonly expectedCalibrationError: number | null
}

export const calibrationBins = 15

export class Calibration implements ReportSection<CalibrationReport> {
  readonly #spec: Spec
  readonly #counts = new Int32Array(calibrationBins)
  readonly #weights = new GroupedSums(calibrationBins)
  readonly #confidences = new GroupedSums(calibrationBins)
  readonly #right = new GroupedSums(calibrationBins)

  constructor(spec: Spec) {
    this.#spec = spec
  }

  add({ rows, sampleWeights, decisions }: Slice): void {
    if (decisions === undefined) return
    const confidences = this.#confidencesOf(rows.predictions, rows.outputs, rows.count)
    const bins = Int32Array.from(confidences, binOf)
    for (const bin of bins) this.#counts[bin]++
    this.#weights.add(bins, sampleWeights)
    this.#confidences.add(
      bins,
      sampleWeights === undefined ? confidences : confidences.map((p, i) => p * sampleWeights[i]),
    )
    const right = this.#spec.decision === 'binary' ? decisions.labelled : decisions.correct
    this.#right.add(whereRight(bins, right), sampleWeights)
  }

  report({ sampleWeight }: Tally): CalibrationReport {
    let gaps: Dyadic = zero
    const bins = Array.from(this.#counts, (count, at) => {
      const weight = this.#weights.sums[at]
      gaps = add(gaps, absolute(subtract(this.#confidences.sums[at], this.#right.sums[at])))
      return {
        lower: at / calibrationBins,
        upper: (at + 1) / calibrationBins,
        count,
        meanConfidence: share(this.#confidences.sums[at], weight),
        accuracy: share(this.#right.sums[at], weight),
      }
    })
    return { bins, expectedCalibrationError: share(gaps, sampleWeight) }
  }

  #confidencesOf(predictions: Float64Array, outputs: number, count: number): Float64Array {
    const isLogits = this.#spec.predictionFormat === 'logits'
    if (this.#spec.decision === 'binary') return isLogits ? predictions.map(sigmoid) : predictions
    const confidences = new Float64Array(count)
    const logs = new Float64Array(outputs)
    for (let i = 0; i < count; i++) {
      if (isLogits) logSoftmax(predictions, i * outputs, outputs, logs)
      let top = Number.NEGATIVE_INFINITY
      for (let k = 0; k < outputs; k++) top = Math.max(top, isLogits ? logs[k] : predictions[i * outputs + k])
      confidences[i] = isLogits ? Math.exp(top) : top
    }
    return confidences
  }
}

function binOf(confidence: number): number {
  return Math.min(Math.max(Math.ceil(confidence * calibrationBins) - 1, 0), calibrationBins - 1)
}

function absolute({ mantissa, exponent }: Dyadic): Dyadic {
  return { mantissa: mantissa < 0n ? -mantissa : mantissa, exponent }
}
