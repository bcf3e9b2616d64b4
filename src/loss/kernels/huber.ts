import type { Loss } from './loss.ts'

/** The mean over K outputs, in [0, Infinity]. Predictions and targets [N, K]; `delta` is in their unit. */
export const huber = {
  title: 'Huber loss',
  formula: 'l_i = (1/K) sum_k h(y_k - t_k), h(r) = r^2 / 2 for |r| <= delta, else delta (|r| - delta / 2)',
  source: 'Huber 1964; PyTorch HuberLoss',
  labelFormats: ['values', 'one-hot', 'index', 'probabilities', 'binary'],
  predictionFormats: ['values', 'probabilities'],
  reduction: 'mean',
  options: ['delta'],
  threshold: 0.5,
  readsClasses: false,
  losses({ count, outputs, predictions, targets }, { delta }, out) {
    for (let i = 0, at = 0; i < count; i++) {
      let sum = 0
      for (let k = 0; k < outputs; k++, at++) {
        const size = Math.abs(predictions[at] - targets[at])
        sum += size <= delta ? 0.5 * size * size : delta * (size - 0.5 * delta)
      }
      out[i] = sum / outputs
    }
  },
  gradient({ count, outputs, predictions, targets }, { delta }, out) {
    for (let at = 0; at < count * outputs; at++) {
      const error = predictions[at] - targets[at]
      out[at] = Math.max(-delta, Math.min(delta, error)) / outputs
    }
  },
} as const satisfies Loss
