import type { Loss } from './loss.ts'

/** In [0, Infinity], in the unit of the predictions. Shapes [N, K]; the derivative at 0 is 0. */
export const mae = {
  title: 'Mean absolute error',
  formula: 'l_i = (1/K) sum_k |y_k - t_k|',
  source: 'scikit-learn mean_absolute_error, PyTorch L1Loss',
  labelFormats: ['one-hot', 'index', 'probabilities', 'binary', 'values'],
  predictionFormats: ['values', 'probabilities'],
  reduction: 'mean',
  options: [],
  threshold: 0.5,
  readsClasses: false,
  losses({ count, outputs, predictions, targets }, _settings, out) {
    for (let i = 0, at = 0; i < count; i++) {
      let sum = 0
      for (let k = 0; k < outputs; k++, at++) sum += Math.abs(predictions[at] - targets[at])
      out[i] = sum / outputs
    }
  },
  gradient({ count, outputs, predictions, targets }, _settings, out) {
    for (let at = 0; at < count * outputs; at++) out[at] = Math.sign(predictions[at] - targets[at]) / outputs
  },
} as const satisfies Loss
