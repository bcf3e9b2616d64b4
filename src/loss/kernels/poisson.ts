import { exponential, logarithm } from '../numerics/elementary/elementary.ts'
import type { Loss } from './loss.ts'

/** As `eps` of PyTorch `PoissonNLLLoss`. */
const epsilon = 1e-8

/** Any number: the term log t! is left out. Predictions [N, K] are logarithms of rates, or rates >= 0; labels >= 0. */
export const poisson = {
  title: 'Poisson loss',
  formula: 'l_i = (1/K) sum_k (exp(y_k) - t_k y_k); with logInput false (1/K) sum_k (y_k - t_k log(y_k + 1e-8))',
  source: 'PyTorch PoissonNLLLoss',
  labelFormats: ['values'],
  predictionFormats: ['values'],
  reduction: 'mean',
  options: ['logInput'],
  threshold: 0.5,
  readsClasses: false,
  domain: ({ logInput }) => ({
    predictions: logInput ? undefined : notNegative('loss "poisson" with logInput false needs rates >= 0'),
    labels: notNegative('loss "poisson" needs counts >= 0'),
  }),
  losses({ count, outputs, predictions, targets }, { logInput }, out) {
    for (let i = 0, at = 0; i < count; i++) {
      let sum = 0
      for (let k = 0; k < outputs; k++, at++) {
        const y = predictions[at]
        const t = targets[at]
        sum += logInput ? exponential(y) - t * y : y - t * logarithm(y + epsilon)
      }
      out[i] = sum / outputs
    }
  },
  gradient({ count, outputs, predictions, targets }, { logInput }, out) {
    for (let at = 0; at < count * outputs; at++) {
      const y = predictions[at]
      out[at] = (logInput ? exponential(y) - targets[at] : 1 - targets[at] / (y + epsilon)) / outputs
    }
  },
} as const satisfies Loss

function notNegative(needs: string) {
  return { holds: (value: number) => value >= 0, needs }
}
