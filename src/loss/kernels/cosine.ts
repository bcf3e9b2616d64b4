import type { Loss } from './loss.ts'

/** Rows count as no shorter than this, as in PyTorch `cosine_similarity`. */
const least = 1e-8

/**
 * Cosine loss of a sample, 1 less the cosine of the angle between its K predictions and its K targets, in [0, 2]: 0 for
 * the same direction, whatever the lengths. Shapes [N, K]. As 1 - PyTorch `cosine_similarity`: lengths are at least
 * 1e-8, so that a row of zeros has the loss 1. Rows of any finite numbers are evaluated without overflow.
 */
export const cosine = {
  title: 'Cosine loss',
  formula: 'l_i = 1 - sum_k y_k t_k / (max(|y|, 1e-8) max(|t|, 1e-8)), |y| = sqrt(sum_k y_k^2)',
  source: 'PyTorch cosine_similarity, CosineEmbeddingLoss (target 1)',
  labelFormats: ['values', 'one-hot', 'index', 'probabilities', 'binary'],
  predictionFormats: ['values', 'probabilities'],
  reduction: 'mean',
  options: [],
  threshold: 0.5,
  readsClasses: false,
  losses({ count, outputs, predictions, targets }, _settings, out) {
    for (let i = 0; i < count; i++) {
      const [from, to] = [i * outputs, (i + 1) * outputs]
      const ofPredictions = lengthOf(predictions, from, to)
      out[i] = lossOf(predictions, targets, from, to, ofPredictions, lengthOf(targets, from, to))
    }
    return 0
  },
  gradient({ count, outputs, predictions, targets }, _settings, out) {
    for (let i = 0; i < count; i++) {
      const [from, to] = [i * outputs, (i + 1) * outputs]
      const ofPredictions = lengthOf(predictions, from, to)
      const ofTargets = lengthOf(targets, from, to)
      const loss = lossOf(predictions, targets, from, to, ofPredictions, ofTargets)
      for (let at = from; at < to; at++) {
        const y = unit(predictions[at], ofPredictions)
        const t = unit(targets[at], ofTargets)
        // (1 - loss) y - t with a length that counts, and a constant length otherwise
        const slope = ofPredictions.isShort ? -t : y - t - loss * y
        out[at] = slope / ofPredictions.scale / ofPredictions.root
      }
    }
  },
} as const satisfies Loss

/** The length of a row, `scale` times `root`: apart they are no larger than its largest number and sqrt(K). */
interface Length {
  readonly scale: number
  readonly root: number
  /** Whether it is the least length instead of its own. */
  readonly isShort: boolean
}

function lengthOf(numbers: Float64Array, from: number, to: number): Length {
  let scale = 0
  for (let at = from; at < to; at++) scale = Math.max(scale, Math.abs(numbers[at]))
  let squares = 0
  if (scale > 0) for (let at = from; at < to; at++) squares += (numbers[at] / scale) ** 2
  const root = Math.sqrt(squares)
  return scale * root < least ? { scale: least, root: 1, isShort: true } : { scale, root, isShort: false }
}

function unit(value: number, { scale, root }: Length): number {
  return value / scale / root
}

function lossOf(
  predictions: Float64Array,
  targets: Float64Array,
  from: number,
  to: number,
  ofPredictions: Length,
  ofTargets: Length,
): number {
  let product = 0
  let apart = 0
  for (let at = from; at < to; at++) {
    const y = unit(predictions[at], ofPredictions)
    const t = unit(targets[at], ofTargets)
    product += y * t
    apart += (y - t) ** 2
  }
  // between rows of length 1 half of the squared distance is as much, and keeps the digits of a small angle
  return ofPredictions.isShort || ofTargets.isShort ? 1 - product : apart / 2
}
