import type { PredictionFormat } from '../formats.ts'
import { losses } from '../kernels/index.ts'
import type { Loss } from '../kernels/loss.ts'
import type { Spec } from '../spec.ts'
import { checksPredictionRows } from '../spec.ts'
import type { Tensor } from '../tensor.ts'
import type { Look } from './looks.ts'
import { fewRows, lookAt, roundingOf, sumsOfExponentials } from './looks.ts'
import type { Remedy } from './remedy.ts'
import { both } from './remedy.ts'

/** Changes that may mend a tensor, likeliest first. */
export interface Edits {
  readonly alternatives: readonly Remedy[]
  /** Whether several may pass all checks, though only one is right. */
  readonly isDoubtful?: boolean
}

export const noEdits: Edits = { alternatives: [] }

/** How far rounding may carry the sum of a row from 1. */
const nearly = 0.1
/** How far it does so where numbers have many digits: the precision of bfloat16. */
const halfPrecision = 2 ** -8
/** How far rounding may carry a probability beyond 0 or 1, and how far it does in single precision. */
const rounding = 1e-3
const fineRounding = 1e-6
/** Sums that scaled rows have, each within this part of it. */
const sumSpread = 0.01

/** Sums of rows, and what rounding took from each at most. */
export interface Sums extends Pick<Look, 'leastSum' | 'mostSum'> {
  readonly rounded: number
}

/** What may be meant by predictions, or those of a baseline, that contradict `predictionFormat`; step by step. */
export function* predictionEdits(
  spec: Spec,
  tensor: Tensor,
  outputs: number,
  name: 'predictions' | 'baseline',
): Generator<void, Edits> {
  const { predictionFormat: declared } = spec
  if (declared === 'logits' || declared === 'values') return noEdits
  const look = yield* lookAt(tensor, outputs)
  if (!look.isFinite) return noEdits
  if (!checksPredictionRows(spec)) return ofNumbers(spec, look, name)
  const rounded = yield* roundingOf(tensor, outputs)
  const { least, most } = look
  const asLogs = most <= 0 ? { ...(yield* sumsOfExponentials(tensor, outputs, 1)), rounded } : undefined
  const asNegated = least >= 0 ? { ...(yield* sumsOfExponentials(tensor, outputs, -1)), rounded } : undefined
  const rows = tensor.data.length / outputs
  return ofRows(spec, { ...look, rounded: rounded * outputs }, name, rows, asLogs, asNegated)
}

/** For rows that are distributions, or from which softmax makes them. */
function ofRows(
  spec: Spec,
  look: Look & Sums,
  name: string,
  rows: number,
  asLogs: Sums | undefined,
  asNegated: Sums | undefined,
): Edits {
  const { least, most } = look
  const to = formatsOf(spec)
  const excess = Math.max(-least, most - 1)
  if (excess > 0 && excess <= rounding) {
    const clipped = to('probabilities').map((set) => both(set, { clip: { [name]: [0, 1] } }))
    return { alternatives: [...clipped, ...to('logits'), ...to('values')] }
  }
  const sum = least >= 0 ? scaledSum(look, rows) : undefined
  if (sum !== undefined) {
    const isDoubtful = sum !== 100 && rows < fewRows
    const scaled = to('probabilities').flatMap((set) => scaling(set, name, sum, look, spec))
    return { alternatives: [...scaled, ...(isDoubtful ? to('logits') : [])], isDoubtful }
  }
  if (excess <= 0 && isNear(look)) return { alternatives: orTolerance(to('probabilities'), look, spec) }
  if (asLogs !== undefined && isNear(asLogs)) {
    return { alternatives: orTolerance(to('log-probabilities'), asLogs, spec) }
  }
  if (asNegated !== undefined && isNear(asNegated)) {
    const negated = to('log-probabilities').map((set) => both(set, { scale: { [name]: -1 } }))
    return { alternatives: orTolerance(negated, asNegated, spec) }
  }
  return excess <= 0 ? noEdits : { alternatives: [...to('logits'), ...to('values')] }
}

/** For numbers that say little of each other. */
function ofNumbers(spec: Spec, { least, most }: Look, name: string): Edits {
  const to = formatsOf(spec)
  const others = [...to('logits'), ...to('values')]
  const excess = Math.max(-least, most - 1)
  if (spec.predictionFormat === 'log-probabilities') {
    if (least < 0) return { alternatives: others }
    const shares = excess <= 0 ? to('probabilities') : [{ scale: { [name]: -1 } }]
    return { alternatives: [...shares, ...others], isDoubtful: true }
  }
  if (excess <= 0) return noEdits
  if (excess <= rounding) {
    // small numbers of any sign may be logits
    const isDoubtful = excess > fineRounding || most < 0.5
    return { alternatives: [{ clip: { [name]: [0, 1] } }, ...others], isDoubtful }
  }
  if (least >= 0 && most <= 100) {
    return { alternatives: [{ scale: { [name]: 0.01 } }, ...others], isDoubtful: true }
  }
  if (most <= 0) return { alternatives: [...to('log-probabilities'), ...others], isDoubtful: true }
  return { alternatives: others }
}

/** What declares a format, if the loss takes it; nothing to change where it is declared. */
function formatsOf({ loss, predictionFormat }: Spec): (format: PredictionFormat) => Remedy[] {
  const { predictionFormats }: Loss = losses[loss]
  return (format) => {
    if (format === predictionFormat) return [{}]
    return predictionFormats.includes(format) ? [{ set: { predictionFormat: format } }] : []
  }
}

/** What all rows sum to, if they were multiplied by it; a single row only where it is a percentage. */
export function scaledSum({ leastSum, mostSum }: Pick<Look, 'leastSum' | 'mostSum'>, rows: number): number | undefined {
  const areAlike = (sum: number) => leastSum >= sum * (1 - sumSpread) && mostSum <= sum * (1 + sumSpread)
  if (areAlike(100)) return 100
  const sum = Math.round((leastSum + mostSum) / 2)
  return sum > 1 && areAlike(sum) && rows > 1 ? sum : undefined
}

function scaling(set: Remedy, name: string, sum: number, { leastSum, mostSum, rounded }: Sums, spec: Spec): Remedy[] {
  const sums = { leastSum: leastSum / sum, mostSum: mostSum / sum, rounded: rounded / sum }
  return orTolerance([both(set, { scale: { [name]: 1 / sum } })], sums, spec)
}

/** Remedies, and what lets rounded rows pass besides. */
function orTolerance(remedies: readonly Remedy[], sums: Sums, spec: Spec): Remedy[] {
  return remedies.flatMap((remedy) => [remedy, ...withTolerance(remedy, sums, spec)])
}

/** The `rowSumTolerance` that lets rows pass which nearly sum to 1. */
export function tolerance(sums: Sums, spec: Spec): Remedy[] {
  return isNear(sums) ? withTolerance({}, sums, spec) : []
}

function withTolerance(remedy: Remedy, sums: Sums, { rowSumTolerance }: Spec): Remedy[] {
  const needed = deviation(sums)
  if (needed < rowSumTolerance || !isNear(sums)) return []
  return [{ ...remedy, set: { ...remedy.set, rowSumTolerance: roundedUp(needed) } }]
}

/** Whether rows sum to 1 as far as rounding allows. */
function isNear(sums: Sums): boolean {
  const needed = deviation(sums)
  return needed < nearly && needed <= Math.max(halfPrecision, sums.rounded) * (1 + Number.EPSILON ** 0.5)
}

function deviation({ leastSum, mostSum }: Sums): number {
  return Math.max(1 - leastSum, mostSum - 1)
}

/** The next number of one digit, with some room for what adding up rounds off. */
function roundedUp(value: number): number {
  const power = Math.floor(Math.log10(value))
  const digit = Math.floor(value / 10 ** power) + 1
  return Number(`${digit}e${power}`)
}
