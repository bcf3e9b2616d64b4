import type { Loss } from './loss.ts'

/** In [0, Infinity], in the unit of the squared predictions; beyond 1.8e308 it is infinite. Shapes [N, K]. */
export const sse = {
  title: 'Sum of squared errors',
  formula: 'l_i = sum_k (y_k - t_k)^2',
  source: 'Legendre 1805; residual sum of squares',
  labelFormats: ['one-hot', 'index', 'probabilities', 'binary', 'values'],
  predictionFormats: ['values', 'probabilities'],
  reduction: 'sum',
  options: [],
  threshold: 0.5,
  readsClasses: false,
  losses({ count, outputs, predictions, targets }, _settings, out) {
    for (let i = 0, at = 0; i < count; i++) {
      let sum = 0
      for (let k = 0; k < outputs; k++, at++) {
        const error = predictions[at] - targets[at]
        sum += error * error
      }
      out[i] = sum
    }
  },
  gradient({ count, outputs, predictions, targets }, _settings, out) {
    for (let at = 0; at < count * outputs; at++) out[at] = 2 * (predictions[at] - targets[at])
  },
} as const satisfies Loss
