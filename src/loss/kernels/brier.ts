import type { LabelFormat, PredictionFormat } from '../formats.ts'
import { exponential, exponentialMinus1, logSoftmax } from '../numerics/elementary/elementary.ts'
import { logProbabilities, sigmoid } from '../numerics/softmax.ts'
import type { Loss, Rows } from './loss.ts'

/** For class labels in [0, 2]; for binary labels the mean over K outputs, in [0, 1]. Predictions [N, K] or [N]. */
export const brier = {
  title: 'Brier score',
  formula: 'l_i = sum_k (y_k - t_k)^2; for binary labels (1/K) sum_k (y_k - t_k)^2',
  source: 'Brier 1950; scikit-learn brier_score_loss',
  labelFormats: ['one-hot', 'index', 'probabilities', 'binary'],
  predictionFormats: ['probabilities', 'logits', 'log-probabilities'],
  reduction: 'mean',
  options: [],
  threshold: 0.5,
  comparesDistributions: true,
  readsClasses: false,
  losses(rows, { labelFormat, predictionFormat }, out) {
    const { count, outputs, predictions, targets } = rows
    const divisor = labelFormat === 'binary' ? outputs : 1
    const errors = predictionFormat === 'probabilities' ? undefined : new Float64Array(outputs)
    for (let i = 0, at = 0; i < count; i++) {
      if (errors !== undefined) errorsOf(rows, at, scaleOf(labelFormat, predictionFormat), errors)
      let sum = 0
      for (let k = 0; k < outputs; k++, at++) {
        const error = errors === undefined ? predictions[at] - targets[at] : errors[k]
        sum += error * error
      }
      out[i] = sum / divisor
    }
  },
  gradient(rows, { labelFormat, predictionFormat }, out) {
    const { count, outputs, predictions, targets } = rows
    const isBinary = labelFormat === 'binary'
    if (predictionFormat === 'logits') {
      const chances = new Float64Array(isBinary ? 0 : outputs)
      for (let row = 0; row < count * outputs; row += outputs) {
        if (isBinary) binaryLogitSlopes(rows, row, out)
        else classLogitSlopes(rows, row, chances, out)
      }
      return
    }
    const divisor = isBinary ? outputs : 1
    if (predictionFormat === 'log-probabilities') {
      errorsOf({ ...rows, outputs: count * outputs }, 0, 'logs', out)
      for (let at = 0; at < count * outputs; at++) out[at] *= (2 * exponential(predictions[at])) / divisor
      return
    }
    for (let at = 0; at < count * outputs; at++) out[at] = (2 * (predictions[at] - targets[at])) / divisor
  },
} as const satisfies Loss

type Scale = 'class logits' | 'binary logits' | 'logs'

function scaleOf(labelFormat: LabelFormat, predictionFormat: PredictionFormat): Scale {
  return predictionFormat !== 'logits' ? 'logs' : labelFormat === 'binary' ? 'binary logits' : 'class logits'
}

/** y_k - t_k of the row that begins at `row`; a target of 1 takes y - 1 from the logarithm, for its digits. */
function errorsOf({ outputs, predictions, targets }: Rows, row: number, scale: Scale, out: Float64Array): void {
  const isBinary = scale === 'binary logits'
  if (!isBinary) logProbabilities(scale === 'class logits', predictions, row, outputs, out)
  for (let k = 0; k < outputs; k++) {
    const t = targets[row + k]
    const z = predictions[row + k]
    if (isBinary) out[k] = t === 1 ? -sigmoid(-z) : sigmoid(z) - t
    else out[k] = t === 1 ? exponentialMinus1(out[k]) : exponential(out[k]) - t
  }
}

function binaryLogitSlopes(rows: Rows, row: number, out: Float64Array): void {
  const { outputs, predictions } = rows
  const slopes = out.subarray(row, row + outputs)
  errorsOf(rows, row, 'binary logits', slopes)
  for (let k = 0; k < outputs; k++) {
    const z = predictions[row + k]
    slopes[k] = (2 * slopes[k] * sigmoid(z) * sigmoid(-z)) / outputs
  }
}

/** y_k (g_k - sum_j y_j g_j) with g_k = 2 (y_k - t_k); the largest probability is kept out of the sum, for its digits. */
function classLogitSlopes(rows: Rows, row: number, chances: Float64Array, out: Float64Array): void {
  const { outputs, predictions, targets } = rows
  const slopes = out.subarray(row, row + outputs)
  logSoftmax(predictions, row, outputs, chances)
  let top = 0
  for (let k = 1; k < outputs; k++) if (chances[k] > chances[top]) top = k
  const others = -exponentialMinus1(chances[top])
  let rest = 0
  for (let k = 0; k < outputs; k++) {
    const log = chances[k]
    const t = targets[row + k]
    chances[k] = exponential(log)
    slopes[k] = 2 * (t === 1 ? exponentialMinus1(log) : chances[k] - t)
    if (k !== top) rest += chances[k] * slopes[k]
  }
  const total = rest + chances[top] * slopes[top]
  for (let k = 0; k < outputs; k++) slopes[k] = chances[k] * (k === top ? slopes[k] * others - rest : slopes[k] - total)
}
