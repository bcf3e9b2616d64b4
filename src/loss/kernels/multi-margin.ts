import { classOf } from './classes.ts'
import type { Loss } from './loss.ts'

/** In [0, Infinity]. Predictions [N, K] are scores; p is 1 or 2; the derivative at the margin is 0. Soft labels name no class. */
export const multiMargin = {
  title: 'Multi-class margin loss',
  formula: 'l_i = (1/K) sum_(k != c) max(0, margin + (y_k - y_c))^p, c the class',
  source: 'Crammer and Singer 2001; PyTorch MultiMarginLoss',
  labelFormats: ['one-hot', 'index'],
  predictionFormats: ['values'],
  reduction: 'mean',
  options: ['margin', 'p'],
  threshold: 0.5,
  readsClasses: true,
  losses(rows, { margin, p }, out) {
    const { count, outputs, predictions } = rows
    for (let i = 0, row = 0; i < count; i++, row += outputs) {
      const label = classOf(rows, i)
      const own = predictions[row + label]
      let sum = 0
      for (let k = 0; k < outputs; k++) {
        const short = Math.max(0, margin + (predictions[row + k] - own))
        if (k !== label) sum += p === 1 ? short : short * short
      }
      out[i] = sum / outputs
    }
  },
  gradient(rows, { margin, p }, out) {
    const { count, outputs, predictions } = rows
    for (let i = 0, row = 0; i < count; i++, row += outputs) {
      const label = classOf(rows, i)
      const own = predictions[row + label]
      let sum = 0
      for (let k = 0; k < outputs; k++) {
        const short = margin + (predictions[row + k] - own)
        const slope = k === label || short <= 0 ? 0 : p === 1 ? 1 : 2 * short
        out[row + k] = slope / outputs
        sum += slope
      }
      out[row + label] = 0 - sum / outputs
    }
  },
} as const satisfies Loss
