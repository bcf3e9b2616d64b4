import { logarithmOf1 } from '../numerics/elementary/elementary.ts'
import type { Loss } from './loss.ts'

/** In [0, Infinity]. Predictions and targets [N, K]; what is not greater than -1 is refused. */
export const msle = {
  title: 'Mean squared logarithmic error',
  formula: 'l_i = (1/K) sum_k (log(1 + y_k) - log(1 + t_k))^2',
  source: 'scikit-learn mean_squared_log_error',
  labelFormats: ['values'],
  predictionFormats: ['values', 'probabilities'],
  reduction: 'mean',
  options: [],
  threshold: 0.5,
  readsClasses: false,
  domain: () => ({ predictions: aboveMinusOne, labels: aboveMinusOne }),
  losses({ count, outputs, predictions, targets }, _settings, out) {
    for (let i = 0, at = 0; i < count; i++) {
      let sum = 0
      for (let k = 0; k < outputs; k++, at++) {
        const error = logarithmOf1(predictions[at]) - logarithmOf1(targets[at])
        sum += error * error
      }
      out[i] = sum / outputs
    }
  },
  gradient({ count, outputs, predictions, targets }, _settings, out) {
    for (let at = 0; at < count * outputs; at++) {
      const y = predictions[at]
      out[at] = (2 * (logarithmOf1(y) - logarithmOf1(targets[at]))) / (1 + y) / outputs
    }
  },
} as const satisfies Loss

const aboveMinusOne = { holds: (value: number) => value > -1, needs: 'loss "msle" needs numbers > -1' }
