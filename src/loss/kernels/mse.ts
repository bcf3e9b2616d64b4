import type { Loss } from './loss.ts'

/** In [0, Infinity], in the unit of the squared predictions. Shapes [N, K]. */
export const mse = {
  title: 'Mean squared error',
  formula: 'l_i = (1/K) sum_k (y_k - t_k)^2',
  source: 'scikit-learn mean_squared_error, PyTorch MSELoss',
  labelFormats: ['one-hot', 'index', 'probabilities', 'binary', 'values'],
  predictionFormats: ['values', 'probabilities'],
  reduction: 'mean',
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
      out[i] = sum / outputs
    }
  },
  gradient({ count, outputs, predictions, targets }, _settings, out) {
    for (let at = 0; at < count * outputs; at++) out[at] = (2 * (predictions[at] - targets[at])) / outputs
  },
} as const satisfies Loss
