import type { Loss } from './loss.ts'

/** In [0, Infinity]. Shapes [N, K]; `beta` is in their unit, and 0 makes it the absolute error. The Huber loss over its delta. */
export const smoothL1 = {
  title: 'Smooth L1 loss',
  formula: 'l_i = (1/K) sum_k h(y_k - t_k), h(r) = r^2 / (2 beta) for |r| < beta, else |r| - beta / 2',
  source: 'Girshick 2015; PyTorch SmoothL1Loss',
  labelFormats: ['values', 'one-hot', 'index', 'probabilities', 'binary'],
  predictionFormats: ['values', 'probabilities'],
  reduction: 'mean',
  options: ['beta'],
  threshold: 0.5,
  readsClasses: false,
  losses({ count, outputs, predictions, targets }, { beta }, out) {
    for (let i = 0, at = 0; i < count; i++) {
      let sum = 0
      for (let k = 0; k < outputs; k++, at++) {
        const size = Math.abs(predictions[at] - targets[at])
        sum += size < beta ? 0.5 * size * (size / beta) : size - 0.5 * beta
      }
      out[i] = sum / outputs
    }
  },
  gradient({ count, outputs, predictions, targets }, { beta }, out) {
    for (let at = 0; at < count * outputs; at++) {
      const error = predictions[at] - targets[at]
      out[at] = (Math.abs(error) < beta ? error / beta : Math.sign(error)) / outputs
    }
  },
} as const satisfies Loss
