import type { Loss } from './loss.ts'

/**
 * Brier score of a sample: for class labels the squared distance of two distributions, in [0, 2]; for binary labels the
 * mean of (y - t)^2 over the K outputs, in [0, 1]. Predictions [N, K] or [N] are probabilities. As in scikit-learn
 * `brier_score_loss`, whose binary score is half of the two-class one.
 */
export const brier = {
  title: 'Brier score',
  formula: 'l_i = sum_k (y_k - t_k)^2; for binary labels (1/K) sum_k (y_k - t_k)^2',
  source: 'Brier 1950; scikit-learn brier_score_loss',
  labelFormats: ['one-hot', 'index', 'probabilities', 'binary'],
  predictionFormats: ['probabilities'],
  reduction: 'mean',
  options: [],
  threshold: 0.5,
  readsClasses: false,
  losses({ count, outputs, predictions, targets }, { labelFormat }, out) {
    const divisor = labelFormat === 'binary' ? outputs : 1
    for (let i = 0, at = 0; i < count; i++) {
      let sum = 0
      for (let k = 0; k < outputs; k++, at++) {
        const error = predictions[at] - targets[at]
        sum += error * error
      }
      out[i] = sum / divisor
    }
    return 0
  },
  gradient({ count, outputs, predictions, targets }, { labelFormat }, out) {
    const divisor = labelFormat === 'binary' ? outputs : 1
    for (let at = 0; at < count * outputs; at++) out[at] = (2 * (predictions[at] - targets[at])) / divisor
  },
} as const satisfies Loss
