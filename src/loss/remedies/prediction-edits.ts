import type { PredictionFormat } from '../formats.ts'
import { losses } from '../kernels/index.ts'
import type { Loss } from '../kernels/loss.ts'
import type { Spec } from '../spec.ts'
import { checksPredictionRows } from '../spec.ts'
import type { Tensor } from '../tensor.ts'
import type { Look } from './looks.ts'
import { lookAt, sumsOfExponentials } from './looks.ts'
import type { Remedy } from './remedy.ts'

/** Changes that may mend a tensor, likeliest first. */
export interface Edits {
  readonly alternatives: readonly Remedy[]
  /** Whether several may pass all checks, though only one is right. */
  readonly isDoubtful?: boolean
}

export const noEdits: Edits = { alternatives: [] }

/** How far a sum may be from what it is taken for. */
const nearly = 0.1
/** How far rounding may carry a probability beyond 0 or 1. */
const rounding = 1e-3
/** Sums that scaled rows have, each within this part of it. */
const sumSpread = 0.01

type Sums = Pick<Look, 'leastSum' | 'mostSum'>

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
  const areRows = checksPredictionRows(spec)
  const asLogs = look.most <= 0 && areRows ? yield* sumsOfExponentials(tensor, outputs, 1) : undefined
  if (declared === 'log-probabilities') {
    const asNegated = look.least >= 0 && areRows ? yield* sumsOfExponentials(tensor, outputs, -1) : undefined
    return notLogarithms(spec, look, name, asLogs, asNegated)
  }
  return notProbabilities(spec, look, name, tensor.data.length / outputs, asLogs)
}

function notProbabilities(spec: Spec, look: Look, name: string, rows: number, asLogs: Sums | undefined): Edits {
  const { least, most } = look
  const to = formatsOf(spec)
  const areRows = checksPredictionRows(spec)
  const excess = Math.max(-least, most - 1)
  if (excess > 0 && excess <= rounding) return { alternatives: [{ clip: { [name]: [0, 1] } }] }
  if (areRows && least >= 0) {
    const sum = scaledSum(look, rows)
    if (sum !== undefined) return { alternatives: scaling(name, sum, look, spec) }
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
  look: Look,
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
export function scaledSum({ leastSum, mostSum }: Sums, rows: number): number | undefined {
  const areAlike = (sum: number) => leastSum >= sum * (1 - sumSpread) && mostSum <= sum * (1 + sumSpread)
  if (areAlike(100)) return 100
  const sum = Math.round((leastSum + mostSum) / 2)
  return sum > 1 && areAlike(sum) && rows > 1 ? sum : undefined
}

function scaling(name: string, sum: number, { leastSum, mostSum }: Sums, spec: Spec): Remedy[] {
  const scale = { scale: { [name]: 1 / sum } }
  return [scale, ...withTolerance(scale, { leastSum: leastSum / sum, mostSum: mostSum / sum }, spec)]
}

/** The `rowSumTolerance` that lets rows pass which nearly sum to 1. */
export function tolerance(sums: Sums, spec: Spec): Remedy[] {
  return isNear(sums) ? withTolerance({}, sums, spec) : []
}

function withTolerance(remedy: Remedy, sums: Sums, { rowSumTolerance }: Spec): Remedy[] {
  const needed = Math.max(1 - sums.leastSum, sums.mostSum - 1)
  if (needed < rowSumTolerance || !isNear(sums)) return []
  return [{ ...remedy, set: { ...remedy.set, rowSumTolerance: roundedUp(needed) } }]
}

function isNear({ leastSum, mostSum }: Sums): boolean {
  return leastSum >= 1 - nearly && mostSum <= 1 + nearly
}

/** The next number of one digit, with some room for what adding up rounds off. */
function roundedUp(value: number): number {
  const power = Math.floor(Math.log10(value))
  const digit = Math.floor(value / 10 ** power) + 1
  return Number(`${digit}e${power}`)
}
