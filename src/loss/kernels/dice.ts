import type { Loss } from './loss.ts'

/** In [0, 1]. Predictions [N, K] or [N] are probabilities; as Keras for each row, without its epsilon: 0 for a row empty on both sides. */
export const dice = {
  title: 'Dice loss',
  formula: 'l_i = 1 - 2 sum_k y_k t_k / (sum_k y_k + sum_k t_k); 0 where both sums are 0',
  source: 'Dice 1945; Keras Dice (without epsilon)',
  labelFormats: ['binary'],
  predictionFormats: ['probabilities'],
  reduction: 'mean',
  options: [],
  threshold: 0.5,
  readsClasses: false,
  losses({ count, outputs, predictions, targets }, _settings, out) {
    for (let i = 0, at = 0; i < count; i++) {
      let apart = 0
      let total = 0
      for (let k = 0; k < outputs; k++, at++) {
        // the difference of total and twice the overlap, without its cancellation
        apart += Math.abs(predictions[at] - targets[at])
        total += predictions[at] + targets[at]
      }
      out[i] = total === 0 ? 0 : apart / total
    }
  },
  gradient({ count, outputs, predictions, targets }, _settings, out) {
    for (let i = 0, row = 0; i < count; i++, row += outputs) {
      let apart = 0
      let total = 0
      let overlap = 0
      for (let at = row; at < row + outputs; at++) {
        apart += Math.abs(predictions[at] - targets[at])
        total += predictions[at] + targets[at]
        overlap += predictions[at] * targets[at]
      }
      const whereNegative = overlap === 0 ? 0 : (2 * overlap) / total / total
      const wherePositive = -(total + apart) / total / total
      for (let at = row; at < row + outputs; at++) out[at] = targets[at] === 0 ? whereNegative : wherePositive
    }
  },
} as const satisfies Loss
