import type { Loss } from './loss.ts'

/** The mean over K outputs, in [0, Infinity]. Predictions [N, K] or [N] are scores whose sign decides. */
export const squaredHinge = {
  title: 'Squared hinge loss',
  formula: "l_i = (1/K) sum_k max(0, 1 - t'_k y_k)^2, t' = 2 t - 1",
  source: 'Keras SquaredHinge, scikit-learn LinearSVC (loss squared_hinge)',
  labelFormats: ['binary'],
  predictionFormats: ['values'],
  reduction: 'mean',
  options: [],
  threshold: 0,
  readsClasses: false,
  losses({ count, outputs, predictions, targets }, _settings, out) {
    for (let i = 0, at = 0; i < count; i++) {
      let sum = 0
      for (let k = 0; k < outputs; k++, at++) {
        const short = Math.max(0, 1 - (2 * targets[at] - 1) * predictions[at])
        sum += short * short
      }
      out[i] = sum / outputs
    }
  },
  gradient({ count, outputs, predictions, targets }, _settings, out) {
    for (let at = 0; at < count * outputs; at++) {
      const sign = 2 * targets[at] - 1
      out[at] = (-2 * sign * Math.max(0, 1 - sign * predictions[at])) / outputs
    }
  },
} as const satisfies Loss
