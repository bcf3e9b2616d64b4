import type { Loss } from './loss.ts'

/** The mean over K outputs, in [0, Infinity]. Shapes [N, K]; q = 0.5 gives half of the absolute error; the derivative at 0 is 0. */
export const quantile = {
  title: 'Quantile loss',
  formula: 'l_i = (1/K) sum_k max(q (t_k - y_k), (1 - q) (y_k - t_k))',
  source: 'Koenker and Bassett 1978; scikit-learn mean_pinball_loss',
  labelFormats: ['values'],
  predictionFormats: ['values', 'probabilities'],
  reduction: 'mean',
  options: ['q'],
  threshold: 0.5,
  readsClasses: false,
  losses({ count, outputs, predictions, targets }, { q }, out) {
    for (let i = 0, at = 0; i < count; i++) {
      let sum = 0
      for (let k = 0; k < outputs; k++, at++) {
        const error = predictions[at] - targets[at]
        sum += Math.abs(error) * (error < 0 ? q : 1 - q)
      }
      out[i] = sum / outputs
    }
  },
  gradient({ count, outputs, predictions, targets }, { q }, out) {
    for (let at = 0; at < count * outputs; at++) {
      const error = predictions[at] - targets[at]
      out[at] = (Math.sign(error) * (error < 0 ? q : 1 - q)) / outputs
    }
  },
} as const satisfies Loss
