import {
  guardedLog,
  guardedLogOfComplement,
  guardedLogOfLog,
  isGuarded,
  logElasticity,
  logSlope,
} from '../numerics/guarded-log.ts'
import { logComplement, sigmoid } from '../numerics/softmax.ts'
import type { Loss } from './loss.ts'

/** The mean over K outputs, in [0, Infinity]. Predictions [N, K] or [N]; targets in [0, 1]. Logits are evaluated stably. */
export const binaryCrossEntropy = {
  title: 'Binary cross-entropy',
  formula: 'l_i = -(1/K) sum_k (p_k t_k log y_k + (1 - t_k) log(1 - y_k)), p the positiveWeight',
  source: 'PyTorch BCELoss (logPolicy clamp) and BCEWithLogitsLoss, Keras BinaryCrossentropy (logPolicy clip)',
  labelFormats: ['binary', 'probabilities'],
  predictionFormats: ['probabilities', 'logits', 'log-probabilities'],
  reduction: 'mean',
  options: ['logPolicy', 'epsilon', 'positiveWeight'],
  threshold: 0.5,
  readsClasses: false,
  losses({ count, outputs, predictions, targets }, settings, out, clipped) {
    const { logPolicy, epsilon, positiveWeight } = settings
    const isLogits = settings.predictionFormat === 'logits'
    const isLog = settings.predictionFormat === 'log-probabilities'
    const isRaw = isLogits || isLog
    for (let i = 0, at = 0; i < count; i++) {
      let sum = 0
      let guarded = false
      for (let k = 0; k < outputs; k++, at++) {
        const y = predictions[at]
        const t = targets[at]
        const weight = typeof positiveWeight === 'number' ? positiveWeight : positiveWeight[k]
        // with logits log(1 + e^-|z|) is a part of both logarithms
        const tail = isLogits ? Math.log1p(Math.exp(-Math.abs(y))) : 0
        if (isLogits && logPolicy === 'exact') {
          if (weight === 1) sum -= (y < 0 ? y * t : y * (t - 1)) - tail
          else sum -= weight * t * (Math.min(y, 0) - tail) + (1 - t) * (Math.min(-y, 0) - tail)
          continue
        }
        if (t !== 0 && weight !== 0) {
          const raw = Math.min(y, 0) - tail
          const p = isRaw ? Math.exp(raw) : y
          const log = isRaw ? guardedLogOfLog(raw, p, logPolicy, epsilon) : guardedLog(y, logPolicy, epsilon)
          sum -= weight * t * log
          guarded ||= isGuarded(p, logPolicy, epsilon)
        }
        if (t !== 1) {
          const raw = isLog ? logComplement(y) : Math.min(-y, 0) - tail
          const q = isLog ? -Math.expm1(y) : isLogits ? Math.exp(raw) : 1 - y
          const log = isRaw
            ? guardedLogOfLog(raw, q, logPolicy, epsilon)
            : guardedLogOfComplement(y, logPolicy, epsilon)
          sum -= (1 - t) * log
          guarded ||= isGuarded(q, logPolicy, epsilon)
        }
      }
      out[i] = sum / outputs
      if (guarded) clipped[i] = 1
    }
  },
  gradient({ count, outputs, predictions, targets }, settings, out) {
    const { logPolicy, epsilon, positiveWeight } = settings
    const isLogits = settings.predictionFormat === 'logits'
    const isLog = settings.predictionFormat === 'log-probabilities'
    for (let at = 0; at < count * outputs; at++) {
      const y = predictions[at]
      const t = targets[at]
      const positive = t * (typeof positiveWeight === 'number' ? positiveWeight : positiveWeight[at % outputs])
      let slope = 0
      if (isLogits) {
        const p = sigmoid(y)
        const q = sigmoid(-y)
        if (positive !== 0) slope -= positive * logElasticity(p, logPolicy, epsilon) * q
        if (t !== 1) slope += (1 - t) * logElasticity(q, logPolicy, epsilon) * p
      } else if (isLog) {
        const p = Math.exp(y)
        if (positive !== 0) slope -= positive * logElasticity(p, logPolicy, epsilon)
        if (t !== 1) slope += (1 - t) * logSlope(-Math.expm1(y), logPolicy, epsilon) * p
      } else {
        if (positive !== 0) slope -= positive * logSlope(y, logPolicy, epsilon)
        if (t !== 1) slope += (1 - t) * logSlope(1 - y, logPolicy, epsilon)
      }
      out[at] = slope / outputs
    }
  },
} as const satisfies Loss
