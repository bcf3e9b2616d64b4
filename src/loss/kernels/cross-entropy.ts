import { exponential, exponentialMinus1, logSoftmax, logSoftmaxOfClasses } from '../numerics/elementary/elementary.ts'
import {
  guardedLog,
  guardedLogOfLog,
  isGuarded,
  logElasticity,
  logSlope,
  smallestUnguarded,
  takeGuardedNegativeLogs,
} from '../numerics/guarded-log.ts'
import { logProbabilities } from '../numerics/softmax.ts'
import type { Loss, Rows, Settings } from './loss.ts'

/**
 * In [0, Infinity] (add-epsilon reaches down to -log(1 + epsilon)). Predictions [N, K], class weights [K]. With `exact` a
 * true class of probability 0 makes the loss infinite.
 */
export const crossEntropy = {
  title: 'Cross-entropy',
  formula: 'l_i = -sum_k c_k t_k log y_k',
  source: 'PyTorch CrossEntropyLoss (class weights, label smoothing), scikit-learn log_loss',
  labelFormats: ['one-hot', 'index', 'probabilities'],
  predictionFormats: ['probabilities', 'logits', 'log-probabilities'],
  reduction: 'mean',
  options: ['logPolicy', 'epsilon', 'classWeights'],
  threshold: 0.5,
  comparesDistributions: true,
  readsClasses: true,
  losses: crossEntropyRows,
  gradient: crossEntropyGradientRows,
} as const satisfies Loss

export function crossEntropyRows(rows: Rows, settings: Settings, out: Float64Array, clipped: Int32Array): void {
  const { count, outputs, predictions, targets, classes } = rows
  const { logPolicy, epsilon, classWeights } = settings
  const isLogits = settings.predictionFormat === 'logits'
  const areLogs = settings.predictionFormat !== 'probabilities'
  if (classes !== undefined && (!areLogs || (isLogits && logPolicy === 'exact'))) {
    crossEntropyOfClasses(rows, classes, settings, out, clipped)
    return
  }
  const isExact = logPolicy === 'exact'
  const logs = new Float64Array(areLogs ? outputs : 0)
  for (let i = 0, row = 0; i < count; i++, row += outputs) {
    if (areLogs) logProbabilities(isLogits, predictions, row, outputs, logs)
    const first = classes === undefined ? 0 : classes[i]
    const last = classes === undefined ? outputs : first + 1
    let sum = 0
    let guarded = false
    for (let k = first; k < last; k++) {
      const target = classes === undefined ? targets[row + k] : 1
      const weight = classWeights === undefined ? target : classWeights[k] * target
      if (weight === 0) continue
      if (areLogs && isExact) {
        sum += weight * logs[k]
        continue
      }
      const y = areLogs ? exponential(logs[k]) : predictions[row + k]
      const log = areLogs ? guardedLogOfLog(logs[k], y, logPolicy, epsilon) : guardedLog(y, logPolicy, epsilon)
      sum += weight * log
      guarded ||= isGuarded(y, logPolicy, epsilon)
    }
    out[i] = 0 - sum
    if (guarded) clipped[i] = 1
  }
}

/** -c_k log y_k of the class k of each row of probabilities, or of logits without a guard. */
function crossEntropyOfClasses(
  { count, outputs, predictions }: Rows,
  classes: Int32Array,
  { logPolicy, epsilon, classWeights, predictionFormat }: Settings,
  out: Float64Array,
  clipped: Int32Array,
): void {
  if (predictionFormat === 'logits') {
    logSoftmaxOfClasses(predictions, classes, outputs, out)
    for (let i = 0; i < count; i++) out[i] = 0 - out[i]
  } else {
    const unguarded = smallestUnguarded(logPolicy, epsilon)
    for (let i = 0; i < count; i++) {
      const y = predictions[i * outputs + classes[i]]
      out[i] = y
      if (y < unguarded && classWeights?.[classes[i]] !== 0) clipped[i] = 1
    }
    takeGuardedNegativeLogs(out, logPolicy, epsilon)
  }
  if (classWeights === undefined) return
  for (let i = 0; i < count; i++) {
    const weight = classWeights[classes[i]]
    out[i] = weight === 0 ? 0 : 0 - weight * -out[i]
  }
}

/**
 * With u_k = c_k t_k y_k d(log y_k)/d(y_k): -u_k / y_k for probabilities, -u_k for log-probabilities, and for logits
 * y_k sum(u) - u_k, written as u_k (y_k - 1) + y_k (sum(u) - u_k) for the digits of a confident row.
 */
export function crossEntropyGradientRows(rows: Rows, settings: Settings, out: Float64Array): void {
  const { count, outputs, predictions, targets } = rows
  const { logPolicy, epsilon, classWeights } = settings
  const isLogits = settings.predictionFormat === 'logits'
  const areLogs = settings.predictionFormat === 'log-probabilities'
  const logs = new Float64Array(isLogits ? outputs : 0)
  for (let i = 0, row = 0; i < count; i++, row += outputs) {
    if (isLogits) logSoftmax(predictions, row, outputs, logs)
    let total = 0
    for (let k = 0; k < outputs; k++) {
      const weight = (classWeights === undefined ? 1 : classWeights[k]) * targets[row + k]
      const y = predictions[row + k]
      if (weight === 0) out[row + k] = 0
      else if (isLogits) out[row + k] = weight * elasticityOfLog(logs[k], settings)
      else if (areLogs) out[row + k] = -weight * elasticityOfLog(y, settings)
      else out[row + k] = -weight * logSlope(y, logPolicy, epsilon)
      total += out[row + k]
    }
    if (!isLogits) continue
    for (let k = 0; k < outputs; k++) {
      const own = out[row + k]
      const others = total - own
      // with labels of one class, one of both is 0
      const ofOwn = own === 0 ? 0 : own * exponentialMinus1(logs[k])
      out[row + k] = others === 0 ? ofOwn : ofOwn + exponential(logs[k]) * others
    }
  }
}

function elasticityOfLog(log: number, { logPolicy, epsilon }: Settings): number {
  return logPolicy === 'exact' ? 1 : logElasticity(exponential(log), logPolicy, epsilon)
}
