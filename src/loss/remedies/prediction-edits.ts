import type { PredictionFormat } from '../formats.ts'
import { losses } from '../kernels/index.ts'
import type { Loss } from '../kernels/loss.ts'
import type { Spec } from '../spec.ts'
import { checksPredictionRows } from '../spec.ts'
import type { Tensor } from '../tensor.ts'
import type { Look } from './looks.ts'
import { fewRows, lookAt, roundingOf, sumsOfExponentials } from './looks.ts'
import type { Remedy } from './remedy.ts'

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
  const found = yield* lookAt(tensor, outputs)
  if (!found.isFinite) return noEdits
  const areRows = checksPredictionRows(spec)
  const rounded = areRows ? yield* roundingOf(tensor, outputs) : 0
  const look = { ...found, rounded: rounded * outputs }
  const asLogs = look.most <= 0 && areRows ? { ...(yield* sumsOfExponentials(tensor, outputs, 1)), rounded } : undefined
  if (declared === 'log-probabilities') {
    const asNegated =
      look.least >= 0 && areRows ? { ...(yield* sumsOfExponentials(tensor, outputs, -1)), rounded } : undefined
    return notLogarithms(spec, look, name, asLogs, asNegated)
  }
  return notProbabilities(spec, look, name, tensor.data.length / outputs, asLogs)
}

function notProbabilities(spec: Spec, look: Look & Sums, name: string, rows: number, asLogs: Sums | undefined): Edits {
  const { least, most } = look
  const to = formatsOf(spec)
  const areRows = checksPredictionRows(spec)
  const excess = Math.max(-least, most - 1)
  if (excess > 0 && excess <= rounding) {
    // small numbers of any sign may be logits
    const isDoubtful = !areRows && (excess > fineRounding || most < 0.5)
    return { alternatives: [{ clip: { [name]: [0, 1] } }, ...to('logits'), ...to('values')], isDoubtful }
  }
  if (areRows && least >= 0) {
    const sum = scaledSum(look, rows)
    if (sum !== undefined) {
      const isDoubtful = sum !== 100 && rows < fewRows
      return { alternatives: [...scaling(name, sum, look, spec), ...(isDoubtful ? to('logits') : [])], isDoubtful }
    }
    if (excess <= 0) return { alternatives: tolerance(look, spec) }
  }
  if (excess <= 0) return noEdits
  if (asLogs !== undefined && isNear(asLogs)) {
    return {
      alternatives: to('log-probabilities').flatMap((set) => [set, ...withTolerance(set, asLogs, spec)]),
    }
  }
  const isShare = !areRows && least >= 0 && most <= 100
  if (isShare)
    return { alternatives: [{ scale: { [name]: 0.01 } }, ...to('logits'), ...to('values')], isDoubtful: true }
  if (!areRows && most <= 0) {
    return { alternatives: [...to('log-probabilities'), ...to('logits'), ...to('values')], isDoubtful: true }
  }
  return { alternatives: [...to('logits'), ...to('values')] }
}

function notLogarithms(
  spec: Spec,
  look: Look & Sums,
  name: string,
  asLogs: Sums | undefined,
  asNegated: Sums | undefined,
): Edits {
  const { least, most } = look
  const to = formatsOf(spec)
  const areRows = checksPredictionRows(spec)
  if (most <= 0) {
    if (asLogs === undefined) return noEdits
    return { alternatives: isNear(asLogs) ? tolerance(asLogs, spec) : to('logits') }
  }
  const areShares = least >= 0 && most <= 1
  if (!areRows) {
    if (least < 0) return { alternatives: to('logits') }
    const negated = { scale: { [name]: -1 } }
    return { alternatives: [...(areShares ? to('probabilities') : [negated]), ...to('logits')], isDoubtful: true }
  }
  if (areShares && isNear(look)) {
    return { alternatives: to('probabilities').flatMap((set) => [set, ...withTolerance(set, look, spec)]) }
  }
  if (asNegated !== undefined && isNear(asNegated)) return { alternatives: [{ scale: { [name]: -1 } }] }
  return { alternatives: areShares ? [] : to('logits') }
}

/** A remedy that declares another format, if the loss takes it. */
function formatsOf({ loss }: Spec): (format: PredictionFormat) => Remedy[] {
  const { predictionFormats }: Loss = losses[loss]
  return (format) => (predictionFormats.includes(format) ? [{ set: { predictionFormat: format } }] : [])
}

/** What all rows sum to, if they were multiplied by it; a single row only where it is a percentage. */
export function scaledSum({ leastSum, mostSum }: Pick<Look, 'leastSum' | 'mostSum'>, rows: number): number | undefined {
  const areAlike = (sum: number) => leastSum >= sum * (1 - sumSpread) && mostSum <= sum * (1 + sumSpread)
  if (areAlike(100)) return 100
  const sum = Math.round((leastSum + mostSum) / 2)
  return sum > 1 && areAlike(sum) && rows > 1 ? sum : undefined
}

function scaling(name: string, sum: number, { leastSum, mostSum, rounded }: Sums, spec: Spec): Remedy[] {
  const scale = { scale: { [name]: 1 / sum } }
  const scaled = { leastSum: leastSum / sum, mostSum: mostSum / sum, rounded: rounded / sum }
  return [scale, ...withTolerance(scale, scaled, spec)]
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
