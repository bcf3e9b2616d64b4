import type { Batch } from './batch.ts'
import { tallyBatch } from './fold.ts'
import { accuracyOf, lossOf } from './report/statistics.ts'
import type { Spec } from './spec.ts'

/** What is varied: the divisor of all logits, or a number added to the logits of one output. */
export type SweepParameter = { readonly name: 'temperature' } | { readonly name: 'bias'; readonly class: number }

/** Loss and accuracy along a parameter, and their slopes at each of its values. */
export interface Sweep {
  readonly loss: (number | null)[]
  readonly accuracy: (number | null)[]
  readonly lossSlope: (number | null)[]
  readonly accuracySlope: (number | null)[]
}

/** Half the distance of the two evaluations of a central difference. */
export const sweepStep = 1e-4

/**
 * Evaluates a batch of logits at each value of the parameter, and the central differences (f(v + h) - f(v - h)) / 2h with
 * h = `sweepStep`; step by step, so that the caller may do something else in between. A `null` stands where the loss is
 * not finite.
 *
 * @param values temperatures greater than `sweepStep`, or any biases
 */
export function* sweep(
  spec: Spec,
  batch: Batch,
  parameter: SweepParameter,
  values: readonly number[],
): Generator<void, Sweep> {
  const result = { loss: [], accuracy: [], lossSlope: [], accuracySlope: [] } as {
    [Name in keyof Sweep]: (number | null)[]
  }
  const shifted = { ...batch, predictions: new Float64Array(batch.predictions.length) }
  const at = function* (value: number) {
    shiftLogits(batch, parameter, value, shifted.predictions)
    return yield* evaluate(spec, shifted)
  }
  for (const value of values) {
    const here = yield* at(value)
    const above = yield* at(value + sweepStep)
    const below = yield* at(value - sweepStep)
    result.loss.push(here.loss)
    result.accuracy.push(here.accuracy)
    result.lossSlope.push(slope(above.loss, below.loss))
    result.accuracySlope.push(slope(above.accuracy, below.accuracy))
  }
  return result
}

function shiftLogits(
  { predictions, outputs }: Batch,
  parameter: SweepParameter,
  value: number,
  out: Float64Array,
): void {
  if (parameter.name === 'temperature') {
    for (let at = 0; at < out.length; at++) out[at] = predictions[at] / value
  } else {
    out.set(predictions)
    for (let at = parameter.class; at < out.length; at += outputs) out[at] += value
  }
}

function* evaluate(spec: Spec, batch: Batch): Generator<void, { loss: number | null; accuracy: number | null }> {
  const tally = yield* tallyBatch(spec, batch)
  return { loss: lossOf(tally, spec).loss, accuracy: accuracyOf(tally, spec) }
}

function slope(above: number | null, below: number | null): number | null {
  return above === null || below === null ? null : (above - below) / (2 * sweepStep)
}
