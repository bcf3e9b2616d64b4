import { crossEntropyGradientRows, crossEntropyRows } from './cross-entropy.ts'
import type { Loss } from './loss.ts'

/**
 * Kullback-Leibler divergence of the prediction from the targets of a sample: cross-entropy less the targets' own
 * entropy, with 0 log 0 = 0; in [0, Infinity] for an exact logarithm, but for rounding. Predictions [N, K] are probabilities, logits or
 * log-probabilities, as PyTorch `KLDivLoss` takes them, whose `batchmean` it is. As in scipy `rel_entr`; for one-hot and
 * index labels it equals the cross-entropy.
 */
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
  losses(rows, settings, out) {
    const clipped = crossEntropyRows(rows, settings, out)
    if (rows.classes !== undefined) return clipped
    const { count, outputs, targets } = rows
    for (let i = 0, at = 0; i < count; i++) {
      for (let k = 0; k < outputs; k++, at++) if (targets[at] > 0) out[i] += targets[at] * Math.log(targets[at])
    }
    return clipped
  },
  gradient: crossEntropyGradientRows,
} as const satisfies Loss
