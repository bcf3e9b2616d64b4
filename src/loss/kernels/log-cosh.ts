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
      for (let k = 0; k < outputs; k++, at++) sum += ofError(Math.abs(predictions[at] - targets[at]))
      out[i] = sum / outputs
    }
  },
  gradient({ count, outputs, predictions, targets }, _settings, out) {
    for (let at = 0; at < count * outputs; at++) out[at] = Math.tanh(predictions[at] - targets[at]) / outputs
  },
} as const satisfies Loss

/** 1 + sinh^2 keeps the digits of a small error, and beyond 1 nothing overflows. */
function ofError(size: number): number {
  return size < 1 ? 0.5 * Math.log1p(Math.sinh(size) ** 2) : size + Math.log1p(Math.exp(-2 * size)) - Math.LN2
}
