import { exponential, exponentialMinus1, logSoftmax, power } from '../numerics/elementary/elementary.ts'
import {
  guardedLog,
  guardedLogOfComplement,
  guardedLogOfLog,
  isGuarded,
  logElasticity,
  logSlope,
} from '../numerics/guarded-log.ts'
import { logComplement, logSigmoid } from '../numerics/softmax.ts'
import { classOf } from './classes.ts'
import type { Loss, Rows, Settings } from './loss.ts'

/**
 * In [0, Infinity]. Predictions [N, K], or with binary labels [N, K] or [N], the mean over K outputs. `alpha` is a factor for
 * class labels (Keras), and alpha for 1, 1 - alpha for 0 for binary ones (torchvision). gamma = 0 gives cross-entropy.
 */
export const focal = {
  title: 'Focal loss',
  formula:
    'l_i = -a (1 - p)^gamma log p, p = y_c of class c; for binary labels the mean over k, p_k = y_k for t_k = 1, else 1 - y_k',
  source: 'Lin et al. 2017; Keras CategoricalFocalCrossentropy, torchvision sigmoid_focal_loss',
  labelFormats: ['one-hot', 'index', 'binary'],
  predictionFormats: ['probabilities', 'logits', 'log-probabilities'],
  reduction: 'mean',
  options: ['logPolicy', 'epsilon', 'gamma', 'alpha'],
  threshold: 0.5,
  readsClasses: true,
  losses(rows, settings, out, clipped) {
    if (settings.labelFormat === 'binary') binaryRows(rows, settings, out, clipped)
    else classRows(rows, settings, out, clipped)
  },
  gradient(rows, settings, out) {
    if (settings.labelFormat === 'binary') binaryGradientRows(rows, settings, out)
    else classGradientRows(rows, settings, out)
  },
} as const satisfies Loss

function classRows(rows: Rows, settings: Settings, out: Float64Array, clipped: Int32Array): void {
  const { count, outputs, predictions } = rows
  const { logPolicy, epsilon, gamma, alpha = 1 } = settings
  const isLogits = settings.predictionFormat === 'logits'
  const areLogs = settings.predictionFormat !== 'probabilities'
  const logs = new Float64Array(isLogits ? outputs : 0)
  for (let i = 0, row = 0; i < count; i++, row += outputs) {
    const label = classOf(rows, i)
    if (isLogits) logSoftmax(predictions, row, outputs, logs)
    const y = isLogits ? logs[label] : predictions[row + label]
    const p = areLogs ? exponential(y) : y
    const rest = areLogs ? -exponentialMinus1(y) : 1 - y
    const log = areLogs ? guardedLogOfLog(y, p, logPolicy, epsilon) : guardedLog(y, logPolicy, epsilon)
    out[i] = term(alpha, rest, gamma, log)
    if (alpha !== 0 && isGuarded(p, logPolicy, epsilon)) clipped[i] = 1
  }
}

function classGradientRows(rows: Rows, settings: Settings, out: Float64Array): void {
  const { count, outputs, predictions } = rows
  const { logPolicy, epsilon, gamma, alpha = 1 } = settings
  const isLogits = settings.predictionFormat === 'logits'
  const areLogs = settings.predictionFormat !== 'probabilities'
  const logs = new Float64Array(isLogits ? outputs : 0)
  out.fill(0)
  for (let i = 0, row = 0; i < count; i++, row += outputs) {
    const label = classOf(rows, i)
    const y = predictions[row + label]
    if (!areLogs) {
      const log = guardedLog(y, logPolicy, epsilon)
      out[row + label] = slope(alpha, 1, 1 - y, gamma, log, logSlope(y, logPolicy, epsilon))
      continue
    }
    if (isLogits) logSoftmax(predictions, row, outputs, logs)
    const raw = isLogits ? logs[label] : y
    const p = exponential(raw)
    const rest = -exponentialMinus1(raw)
    // its slope by the logit is 0, and (1 - p)^(gamma - 1) may be infinite
    if (isLogits && rest === 0) continue
    const log = guardedLogOfLog(raw, p, logPolicy, epsilon)
    const byLog = slope(alpha, p, rest, gamma, log, logElasticity(p, logPolicy, epsilon))
    if (!isLogits) out[row + label] = byLog
    else for (let k = 0; k < outputs; k++) out[row + k] = byLog * (k === label ? rest : -exponential(logs[k]))
  }
}

function binaryRows(
  { count, outputs, predictions, targets }: Rows,
  settings: Settings,
  out: Float64Array,
  clipped: Int32Array,
): void {
  const { logPolicy, epsilon, gamma, alpha } = settings
  const isLogits = settings.predictionFormat === 'logits'
  const isLog = settings.predictionFormat === 'log-probabilities'
  for (let i = 0, at = 0; i < count; i++) {
    let sum = 0
    let guarded = false
    for (let k = 0; k < outputs; k++, at++) {
      const y = predictions[at]
      const isPositive = targets[at] === 1
      const weight = weightOf(isPositive, alpha)
      if (weight === 0) continue
      const raw = isLogits ? logSigmoid(isPositive ? y : -y) : isLog && !isPositive ? logComplement(y) : y
      const ofOne = isLog ? exponential(y) : y
      const ofZero = isLog ? -exponentialMinus1(y) : 1 - y
      const p = isLogits ? exponential(raw) : isPositive ? ofOne : ofZero
      const rest = isLogits ? -exponentialMinus1(raw) : isPositive ? ofZero : ofOne
      const log = isLogits || isLog ? guardedLogOfLog(raw, p, logPolicy, epsilon) : logOf(y, isPositive, settings)
      sum += term(weight, rest, gamma, log)
      guarded ||= isGuarded(p, logPolicy, epsilon)
    }
    out[i] = sum / outputs
    if (guarded) clipped[i] = 1
  }
}

function binaryGradientRows(rows: Rows, settings: Settings, out: Float64Array): void {
  const { count, outputs, predictions, targets } = rows
  const { logPolicy, epsilon, gamma, alpha } = settings
  const isLogits = settings.predictionFormat === 'logits'
  const isLog = settings.predictionFormat === 'log-probabilities'
  for (let at = 0; at < count * outputs; at++) {
    const y = predictions[at]
    const isPositive = targets[at] === 1
    const weight = weightOf(isPositive, alpha)
    const direction = (isPositive ? 1 : -1) / outputs
    if (isLogits) {
      const raw = logSigmoid(isPositive ? y : -y)
      const p = exponential(raw)
      const rest = -exponentialMinus1(raw)
      const log = guardedLogOfLog(raw, p, logPolicy, epsilon)
      const byLog = rest === 0 ? 0 : slope(weight, p, rest, gamma, log, logElasticity(p, logPolicy, epsilon))
      out[at] = direction * byLog * rest
    } else if (isLog) {
      const raw = isPositive ? y : logComplement(y)
      const [p, rest] = isPositive ? [exponential(y), -exponentialMinus1(y)] : [-exponentialMinus1(y), exponential(y)]
      const log = guardedLogOfLog(raw, p, logPolicy, epsilon)
      const byLog = isPositive
        ? slope(weight, p, rest, gamma, log, logElasticity(p, logPolicy, epsilon))
        : slopeByLogOfRest(weight, rest, gamma, log, logSlope(p, logPolicy, epsilon))
      out[at] = direction * byLog
    } else {
      const p = isPositive ? y : 1 - y
      const rest = isPositive ? 1 - y : y
      const log = logOf(y, isPositive, settings)
      out[at] = direction * slope(weight, 1, rest, gamma, log, logSlope(p, logPolicy, epsilon))
    }
  }
}

function weightOf(isPositive: boolean, alpha: number | undefined): number {
  return alpha === undefined ? 1 : isPositive ? alpha : 1 - alpha
}

function logOf(y: number, isPositive: boolean, { logPolicy, epsilon }: Settings): number {
  return isPositive ? guardedLog(y, logPolicy, epsilon) : guardedLogOfComplement(y, logPolicy, epsilon)
}

/** -a (1 - p)^gamma log p, `rest` being 1 - p; a weight of 0 silences an infinite logarithm. */
function term(weight: number, rest: number, gamma: number, log: number): number {
  return weight === 0 ? 0 : 0 - weight * power(rest, gamma) * log
}

/** Its derivative a (gamma (1 - p)^(gamma - 1) dp log p - (1 - p)^gamma dlog); where the logarithm is 0, so is the first part. */
function slope(weight: number, dp: number, rest: number, gamma: number, log: number, dlog: number): number {
  if (weight === 0) return 0
  const ofFactor = gamma === 0 || log === 0 ? 0 : gamma * power(rest, gamma - 1) * dp * log
  return weight * (ofFactor - power(rest, gamma) * dlog)
}

/** Less its derivative by log(1 - p), (1 - p) times that by 1 - p, where 1 - p may be 0. */
function slopeByLogOfRest(weight: number, rest: number, gamma: number, log: number, dlog: number): number {
  return weight === 0 ? 0 : weight * power(rest, gamma) * (gamma * log - rest * dlog)
}
