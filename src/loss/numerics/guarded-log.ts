import type { LogPolicy } from '../formats.ts'
import { exponential, logarithm, logarithmOf1, takeNegativeLogs } from './elementary/elementary.ts'

/** Below this a logarithm is cut off by `clamp`, as in PyTorch BCELoss. */
const lowestLog = -100
const smallestUnclamped = exponential(lowestLog)

export function guardedLog(y: number, policy: LogPolicy, epsilon: number): number {
  if (policy === 'add-epsilon') return logarithm(y + epsilon)
  if (policy === 'clip') return logarithm(clipped(y, epsilon))
  const log = logarithm(y)
  return policy === 'clamp' ? Math.max(log, lowestLog) : log
}

function clipped(y: number, epsilon: number): number {
  return Math.min(Math.max(y, epsilon), 1 - epsilon)
}

/** Puts -log y, guarded likewise, in the place of each of many probabilities. */
export function takeGuardedNegativeLogs(values: Float64Array, policy: LogPolicy, epsilon: number): void {
  const { length } = values
  if (policy === 'clip') for (let i = 0; i < length; i++) values[i] = clipped(values[i], epsilon)
  takeNegativeLogs(values, policy === 'add-epsilon' ? epsilon : 0)
  if (policy === 'clamp') for (let i = 0; i < length; i++) values[i] = Math.min(values[i], -lowestLog)
}

/** log(1 - y), guarded likewise; but for `add-epsilon`, the difference is not rounded. */
export function guardedLogOfComplement(y: number, policy: LogPolicy, epsilon: number): number {
  if (policy === 'add-epsilon') return logarithm(1 - y + epsilon)
  if (policy === 'clip' && clipped(1 - y, epsilon) !== 1 - y) return logarithm(clipped(1 - y, epsilon))
  const log = logarithmOf1(-y)
  return policy === 'clamp' ? Math.max(log, lowestLog) : log
}

/** The guarded logarithm of a probability y whose exact logarithm is known as well, as with logits. */
export function guardedLogOfLog(log: number, y: number, policy: LogPolicy, epsilon: number): number {
  if (policy === 'exact') return log
  return policy === 'clamp' ? Math.max(log, lowestLog) : guardedLog(y, policy, epsilon)
}

export function isGuarded(y: number, policy: LogPolicy, epsilon: number): boolean {
  return y < smallestUnguarded(policy, epsilon)
}

export function smallestUnguarded(policy: LogPolicy, epsilon: number): number {
  if (policy === 'exact') return 0
  return policy === 'clamp' ? smallestUnclamped : epsilon
}

/** The derivative of the guarded logarithm at y; 0 where the guard is flat. */
export function logSlope(y: number, policy: LogPolicy, epsilon: number): number {
  return policy === 'add-epsilon' ? 1 / (y + epsilon) : isFlat(y, policy, epsilon) ? 0 : 1 / y
}

/** y times that derivative: 1 where nothing is guarded. */
export function logElasticity(y: number, policy: LogPolicy, epsilon: number): number {
  return policy === 'add-epsilon' ? y / (y + epsilon) : isFlat(y, policy, epsilon) ? 0 : 1
}

function isFlat(y: number, policy: LogPolicy, epsilon: number): boolean {
  return isGuarded(y, policy, epsilon) || (policy === 'clip' && y > 1 - epsilon)
}
