import type { Loss } from './loss.ts'

/** The mean over K outputs, in [0, Infinity]. Predictions [N, K] or [N] are scores; the derivative at the margin is 0. */
export const hinge = {
  title: 'Hinge loss',
  formula: "l_i = (1/K) sum_k max(0, 1 - t'_k y_k), t' = 2 t - 1",
  source: 'scikit-learn hinge_loss',
  labelFormats: ['binary'],
  predictionFormats: ['values'],
  reduction: 'mean',
  options: [],
  threshold: 0,
  readsClasses: false,
  losses({ count, outputs, predictions, targets }, _settings, out) {
    for (let i = 0, at = 0; i < count; i++) {
      let sum = 0
      for (let k = 0; k < outputs; k++, at++) sum += Math.max(0, 1 - (2 * targets[at] - 1) * predictions[at])
      out[i] = sum / outputs
    }
  },
  gradient({ count, outputs, predictions, targets }, _settings, out) {
    for (let at = 0; at < count * outputs; at++) {
      const sign = 2 * targets[at] - 1
      out[at] = (1 - sign * predictions[at] > 0 ? -sign : 0) / outputs
    }
  },
} as const satisfies Loss
