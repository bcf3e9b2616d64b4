import {
  guardedLog,
  guardedLogOfComplement,
  guardedLogOfLog,
  isGuarded,
  logElasticity,
  logSlope,
} from '../numerics/guarded-log.ts'
import { sigmoid } from '../numerics/softmax.ts'
import type { Loss } from './loss.ts'

/**
 * Binary cross-entropy of a sample, the mean over its K independent outputs, in [0, Infinity] for an exact logarithm.
 * Predictions [N, K] or [N] are probabilities of the positive class or logits; targets lie in [0, 1]. Logits are
 * evaluated stably: z = 800 with t = 0 gives 800.
 */
export const binaryCrossEntropy = {
  title: 'Binary cross-entropy',
  formula: 'l_i = -(1/K) sum_k (t_k log y_k + (1 - t_k) log(1 - y_k))',
  source: 'PyTorch BCELoss (logPolicy clamp) and BCEWithLogitsLoss, Keras BinaryCrossentropy (logPolicy clip)',
  labelFormats: ['binary', 'probabilities'],
  predictionFormats: ['probabilities', 'logits'],
  reduction: 'mean',
  options: ['logPolicy', 'epsilon'],
  threshold: 0.5,
  readsClasses: false,
  losses({ count, outputs, predictions, targets }, settings, out) {
    const { logPolicy, epsilon } = settings
    const isLogits = settings.predictionFormat === 'logits'
    let clipped = 0
    for (let i = 0, at = 0; i < count; i++) {
      let sum = 0
      let guarded = false
      for (let k = 0; k < outputs; k++, at++) {
        const y = predictions[at]
        const t = targets[at]
        // with logits log(1 + e^-|z|) is a part of both logarithms
        const tail = isLogits ? Math.log1p(Math.exp(-Math.abs(y))) : 0
        if (isLogits && logPolicy === 'exact') {
          sum -= (y < 0 ? y * t : y * (t - 1)) - tail
          continue
        }
        if (t !== 0) {
          const raw = Math.min(y, 0) - tail
          const p = isLogits ? Math.exp(raw) : y
          const log = isLogits ? guardedLogOfLog(raw, p, logPolicy, epsilon) : guardedLog(y, logPolicy, epsilon)
          sum -= t * log
          guarded ||= isGuarded(p, logPolicy, epsilon)
        }
        if (t !== 1) {
          const raw = Math.min(-y, 0) - tail
          const q = isLogits ? Math.exp(raw) : 1 - y
          const log = isLogits
            ? guardedLogOfLog(raw, q, logPolicy, epsilon)
            : guardedLogOfComplement(y, logPolicy, epsilon)
          sum -= (1 - t) * log
          guarded ||= isGuarded(q, logPolicy, epsilon)
        }
      }
      out[i] = sum / outputs
      if (guarded) clipped++
    }
    return clipped
  },
  gradient({ count, outputs, predictions, targets }, settings, out) {
    const { logPolicy, epsilon } = settings
    const isLogits = settings.predictionFormat === 'logits'
    for (let at = 0; at < count * outputs; at++) {
      const y = predictions[at]
      const t = targets[at]
      let slope = 0
      if (isLogits) {
        const p = sigmoid(y)
        const q = sigmoid(-y)
        if (t !== 0) slope -= t * logElasticity(p, logPolicy, epsilon) * q
        if (t !== 1) slope += (1 - t) * logElasticity(q, logPolicy, epsilon) * p
      } else {
        if (t !== 0) slope -= t * logSlope(y, logPolicy, epsilon)
        if (t !== 1) slope += (1 - t) * logSlope(1 - y, logPolicy, epsilon)
      }
      out[at] = slope / outputs
    }
  },
} as const satisfies Loss
