import type { Slice } from '../fold.ts'
import type { Spec } from '../spec.ts'

/** Some rows with what two models say of each; of two arrays the second is the baseline's. */
export interface PairedChunk {
  readonly count: number
  readonly outputs: number
  readonly sampleWeights: Float64Array | undefined
  /** By row, or by row and binary output; empty for values. */
  readonly labelled: Int32Array
  readonly predicted: readonly [Int32Array, Int32Array]
  /** By row and output; empty unless labels are values. */
  readonly targets: Float64Array
  readonly predictions: readonly [Float64Array, Float64Array]
  /** x_i and w_i, where a perplexity is asked for. */
  readonly losses: readonly [Float64Array, Float64Array] | undefined
  readonly weights: Float64Array | undefined
}

const noIntegers = new Int32Array(0)
const noNumbers = new Float64Array(0)

/** Whether differences of metrics are asked for, which needs the rows of both models together. */
export function pairsMetrics({ include }: Spec): boolean {
  return include.includes('metrics') && include.includes('intervals')
}

/** Bytes that so many rows take. */
export function pairedBytes({ decision, loss }: Spec, rows: number, outputs: number): number {
  const ofRow = { class: 12, binary: 12 * outputs, none: 24 * outputs }[decision]
  return rows * (ofRow + 8 + (loss === 'cross-entropy' ? 24 : 0))
}

/** Copies, as the buffers of slices are used again. @param one the model's  @param other the baseline's, of the same rows */
export function pairedChunk({ decision, loss }: Spec, one: Slice, other: Slice): PairedChunk {
  const { rows, sampleWeights, weights } = one
  const { count, outputs } = rows
  const isOfValues = decision === 'none'
  const hasPerplexity = loss === 'cross-entropy'
  return {
    count,
    outputs,
    sampleWeights: sampleWeights?.slice(),
    labelled: one.decisions?.labelled.slice() ?? noIntegers,
    predicted: [one.decisions?.predicted.slice() ?? noIntegers, other.decisions?.predicted.slice() ?? noIntegers],
    targets: isOfValues ? rows.targets.slice() : noNumbers,
    predictions: isOfValues ? [rows.predictions.slice(), other.rows.predictions.slice()] : [noNumbers, noNumbers],
    losses: hasPerplexity ? [one.losses.slice(), other.losses.slice()] : undefined,
    weights: hasPerplexity ? weights?.slice() : undefined,
  }
}
