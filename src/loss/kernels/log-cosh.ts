import { hyperbolicTangent, logCosh as logarithmOfCosh } from '../numerics/elementary/elementary.ts'
import type { Loss } from './loss.ts'

/** The mean over K outputs, in [0, Infinity]: r^2 / 2 for small errors, |r| - log 2 for large ones. Shapes [N, K]. */
export const logCosh = {
  title: 'Log-cosh loss',
  formula: 'l_i = (1/K) sum_k log cosh(y_k - t_k)',
  source: 'Keras LogCosh',
  labelFormats: ['values', 'one-hot', 'index', 'probabilities', 'binary'],
  predictionFormats: ['values', 'probabilities'],
  reduction: 'mean',
  options: [],
  threshold: 0.5,
  readsClasses: false,
  losses({ count, outputs, predictions, targets }, _settings, out) {
    for (let i = 0, at = 0; i < count; i++) {
      let sum = 0
      for (let k = 0; k < outputs; k++, at++) sum += logarithmOfCosh(predictions[at] - targets[at])
      out[i] = sum / outputs
    }
  },
  gradient({ count, outputs, predictions, targets }, _settings, out) {
    for (let at = 0; at < count * outputs; at++) out[at] = hyperbolicTangent(predictions[at] - targets[at]) / outputs
  },
} as const satisfies Loss
