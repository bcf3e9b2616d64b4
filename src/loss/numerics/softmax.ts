import {
  exponential,
  exponentialMinus1,
  logarithm,
  logarithmOf1,
  logSoftmax,
  softplus,
} from './elementary/elementary.ts'

export function logProbabilities(
  isLogits: boolean,
  predictions: Float64Array,
  from: number,
  outputs: number,
  out: Float64Array,
): void {
  if (isLogits) logSoftmax(predictions, from, outputs, out)
  else for (let k = 0; k < outputs; k++) out[k] = predictions[from + k]
}

/** The largest of the K probabilities of a row of logits; equal logits give 1/K as a division rounds it. */
export function topProbability(logits: Float64Array, from: number, outputs: number): number {
  let top = 0
  for (let k = 1; k < outputs; k++) if (logits[from + k] > logits[from + top]) top = k
  const largest = logits[from + top]
  let rest = 0
  for (let k = 0; k < outputs; k++) if (k !== top) rest += exponential(logits[from + k] - largest)
  return 1 / (1 + rest)
}

/** log(1 / (1 + e^-z)) for any z without overflow, rounded once. */
export function logSigmoid(z: number): number {
  return 0 - softplus(-z)
}

/** log(1 - e^x) for x <= 0, with the digits of a small 1 - e^x and of a small e^x (Mächler 2012). */
export function logComplement(x: number): number {
  return x > -Math.LN2 ? logarithm(-exponentialMinus1(x)) : logarithmOf1(-exponential(x))
}

export function sigmoid(z: number): number {
  const small = exponential(-Math.abs(z))
  return (z < 0 ? small : 1) / (1 + small)
}
