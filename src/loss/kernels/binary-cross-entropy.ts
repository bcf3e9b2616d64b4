import { exponential, exponentialMinus1 } from '../numerics/elementary/elementary.ts'
import {
  guardedLog,
  guardedLogOfComplement,
  guardedLogOfLog,
  isGuarded,
  logElasticity,
  logSlope,
} from '../numerics/guarded-log.ts'
import { logComplement, logSigmoid, sigmoid } from '../numerics/softmax.ts'
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
        if (isLogits && logPolicy === 'exact') {
          if (weight === 1 && t !== 0 && t !== 1) {
            // log(1 + e^-|z|) is a part of both logarithms
            sum -= (y < 0 ? y * t : y * (t - 1)) + logSigmoid(Math.abs(y))
          } else {
            if (t !== 0) sum -= weight * t * logSigmoid(y)
            if (t !== 1) sum -= (1 - t) * logSigmoid(-y)
          }
          continue
        }
        if (t !== 0 && weight !== 0) {
          const raw = isLogits ? logSigmoid(y) : y
          const p = isLog ? exponential(y) : isLogits ? sigmoid(y) : y
          const log = isRaw ? guardedLogOfLog(raw, p, logPolicy, epsilon) : guardedLog(y, logPolicy, epsilon)
          sum -= weight * t * log
          guarded ||= isGuarded(p, logPolicy, epsilon)
        }
        if (t !== 1) {
          const raw = isLog ? logComplement(y) : isLogits ? logSigmoid(-y) : y
          const q = isLog ? -exponentialMinus1(y) : isLogits ? sigmoid(-y) : 1 - y
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
        const p = exponential(y)
        if (positive !== 0) slope -= positive * logElasticity(p, logPolicy, epsilon)
        if (t !== 1) slope += (1 - t) * logSlope(-exponentialMinus1(y), logPolicy, epsilon) * p
      } else {
        if (positive !== 0) slope -= positive * logSlope(y, logPolicy, epsilon)
        if (t !== 1) slope += (1 - t) * logSlope(1 - y, logPolicy, epsilon)
      }
      out[at] = slope / outputs
    }
  },
} as const satisfies Loss
