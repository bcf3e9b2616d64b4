import type { PredictionFormat } from './formats.ts'
import { losses } from './kernels/index.ts'
import type { Loss } from './kernels/loss.ts'
import type { Layout } from './shape.ts'
import type { Spec } from './spec.ts'
import { checksPredictionRows } from './spec.ts'
import type { Tensor } from './tensor.ts'

const kinds: Record<PredictionFormat, string> = {
  probabilities: 'Probabilities',
  logits: 'Logits',
  'log-probabilities': 'Log-probabilities',
  values: 'Other numbers',
}

const numbersPerLook = 2 ** 16

/**
 * What to say of predictions that contradict `predictionFormat`: the sentences that name the formats they would fit, or
 * nothing. It looks at every number at most once, in steps.
 */
export function* fittingPredictionFormat(spec: Spec, tensor: Tensor, layout: Layout): Generator<void, string> {
  const { predictionFormat: declared } = spec
  const { predictionFormats }: Loss = losses[spec.loss]
  const others = predictionFormats.filter((format) => format !== declared)
  if (declared === 'logits' || declared === 'values' || others.length === 0) return ''
  if (others.includes('values')) return sentence('values')
  const areLogs = declared === 'probabilities'
  const { areFinite, hasLogOfZero, fit } = yield* lookAtAll(spec, tensor, layout, areLogs)
  if (hasLogOfZero && !areLogs) return ` A probability of 0 has no logarithm.${sentence('probabilities')}`
  if (!areFinite) return ''
  if (!fit) return sentence('logits')
  const fitting = sentence(areLogs ? 'log-probabilities' : 'probabilities')
  // the sums of rows tell these from logits
  return checksPredictionRows(spec) ? fitting : fitting + sentence('logits')
}

function sentence(format: PredictionFormat): string {
  return ` ${kinds[format]} are declared with predictionFormat "${format}".`
}

interface Look {
  readonly areFinite: boolean
  readonly hasLogOfZero: boolean
  /** Whether they are probabilities, or their logarithms, throughout. */
  readonly fit: boolean
}

/** What holds of all numbers, as far as the first that is not finite. */
function* lookAtAll(
  spec: Spec,
  { data }: Tensor,
  { samples, outputs }: Layout,
  areLogs: boolean,
): Generator<void, Look> {
  const tolerance = checksPredictionRows(spec) ? spec.rowSumTolerance : Number.POSITIVE_INFINITY
  const step = Math.ceil(numbersPerLook / outputs)
  let fit = true
  for (let from = 0; from < samples; from += step) {
    const to = Math.min(from + step, samples)
    const part = data.subarray(from * outputs, to * outputs)
    if (!areAllFinite(part)) {
      return { areFinite: false, hasLogOfZero: part.includes(Number.NEGATIVE_INFINITY), fit: false }
    }
    fit &&= doFit(data, outputs, from, to, areLogs, tolerance)
    yield
  }
  return { areFinite: true, hasLogOfZero: false, fit }
}

function areAllFinite(data: Float64Array): boolean {
  let infinite = 0
  for (let at = 0; at < data.length; at++) infinite += Number(data[at] - data[at] !== 0)
  return infinite === 0
}

function doFit(
  data: Float64Array,
  outputs: number,
  from: number,
  to: number,
  areLogs: boolean,
  tolerance: number,
): boolean {
  const [low, high] = areLogs ? [-Number.MAX_VALUE, 0] : [0, 1]
  for (let row = from, at = row * outputs; row < to; row++) {
    let sum = 0
    for (const end = at + outputs; at < end; at++) {
      const value = data[at]
      if (!(value >= low && value <= high)) return false
      sum += areLogs ? Math.exp(value) : value
    }
    if (!(Math.abs(sum - 1) <= tolerance)) return false
  }
  return true
}
