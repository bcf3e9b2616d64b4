import { logarithm } from '../numerics/elementary/elementary.ts'
import { crossEntropyGradientRows, crossEntropyRows } from './cross-entropy.ts'
import type { Loss } from './loss.ts'

/** In [0, Infinity], but for rounding, with 0 log 0 = 0. Predictions [N, K]. For one-hot and index labels it is the cross-entropy. */
export const klDivergence = {
  title: 'Kullback-Leibler divergence',
  formula: 'l_i = sum_k t_k (log t_k - log y_k)',
  source: 'Kullback and Leibler 1951; PyTorch KLDivLoss (batchmean), scipy rel_entr',
  labelFormats: ['probabilities', 'one-hot', 'index'],
  predictionFormats: ['probabilities', 'logits', 'log-probabilities'],
  reduction: 'mean',
  options: ['logPolicy', 'epsilon'],
  threshold: 0.5,
  comparesDistributions: true,
  readsClasses: true,
  losses(rows, settings, out, clipped) {
    crossEntropyRows(rows, settings, out, clipped)
    if (rows.classes !== undefined) return
    const { count, outputs, targets } = rows
    for (let i = 0, at = 0; i < count; i++) {
      for (let k = 0; k < outputs; k++, at++) if (targets[at] > 0) out[i] += targets[at] * logarithm(targets[at])
    }
  },
  gradient: crossEntropyGradientRows,
} as const satisfies Loss
