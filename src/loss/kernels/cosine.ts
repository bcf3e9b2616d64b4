import type { Loss } from './loss.ts'

/** As in PyTorch `cosine_similarity`. */
const least = 1e-8

/** In [0, 2], of rows of K numbers; lengths count as at least 1e-8, so that a row of zeros has the loss 1. Nothing overflows. */
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
        const slope = ofPredictions.isShort ? -t : y - t - loss * y
        out[at] = slope / ofPredictions.scale / ofPredictions.root
      }
    }
  },
} as const satisfies Loss

/** The length of a row, `scale` times `root`, neither of which overflows. */
interface Length {
  readonly scale: number
  readonly root: number
  readonly isShort: boolean
}

function lengthOf(numbers: Float64Array, from: number, to: number): Length {
  let scale = 0
  for (let at = from; at < to; at++) scale = Math.max(scale, Math.abs(numbers[at]))
  let squares = 0
  if (scale > 0) for (let at = from; at < to; at++) squares += squareOf(numbers[at] / scale)
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
    apart += squareOf(y - t)
  }
  // as much as 1 - product, and keeps the digits of a small angle
  return ofPredictions.isShort || ofTargets.isShort ? 1 - product : apart / 2
}

function squareOf(x: number): number {
  return x * x
}
