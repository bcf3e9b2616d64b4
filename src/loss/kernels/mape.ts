import type { Loss } from './loss.ts'

/** A fraction (0.5 for 50 %), in [0, Infinity]. Shapes [N, K]; a label of 0 is refused; the derivative at 0 is 0. */
export const mape = {
  title: 'Mean absolute percentage error',
  formula: 'l_i = (1/K) sum_k |y_k - t_k| / |t_k|',
  source: 'scikit-learn mean_absolute_percentage_error',
  labelFormats: ['values'],
  predictionFormats: ['values', 'probabilities'],
  reduction: 'mean',
  options: [],
  threshold: 0.5,
  readsClasses: false,
  domain: () => ({ labels: notZero }),
  losses({ count, outputs, predictions, targets }, _settings, out) {
    for (let i = 0, at = 0; i < count; i++) {
      let sum = 0
      for (let k = 0; k < outputs; k++, at++) sum += Math.abs((predictions[at] - targets[at]) / targets[at])
      out[i] = sum / outputs
    }
  },
  gradient({ count, outputs, predictions, targets }, _settings, out) {
    for (let at = 0; at < count * outputs; at++) {
      out[at] = Math.sign(predictions[at] - targets[at]) / Math.abs(targets[at]) / outputs
    }
  },
} as const satisfies Loss

const notZero = { holds: (value: number) => value !== 0, needs: 'loss "mape" needs labels other than 0' }
