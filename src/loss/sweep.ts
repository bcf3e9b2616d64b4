import type { Batch } from './batch.ts'
import { rowsPerStep } from './batch.ts'
import type { RowSource } from './fold.ts'
import { rowsOfBatch, slicesOf, tallyAll } from './fold.ts'
import type { Memory } from './memory.ts'
import { doublesIn, ScopedMemory } from './memory.ts'
import { accuracyOf, lossOf } from './report/statistics.ts'
import type { Spec } from './spec.ts'

/** What is varied: the divisor of all logits, or a number added to the logits of one output. */
export type SweepParameter = { readonly name: 'temperature' } | { readonly name: 'bias'; readonly class: number }

export interface Sweep {
  readonly loss: (number | null)[]
  readonly accuracy: (number | null)[]
  readonly lossSlope: (number | null)[]
  readonly accuracySlope: (number | null)[]
}

/** Half the distance of the two evaluations of a central difference. */
export const sweepStep = 1e-4

/**
 * Evaluates a batch of logits at each value, with the central differences (f(v + h) - f(v - h)) / 2h, h = `sweepStep`, in
 * steps; `null` where the loss is not finite. @param values temperatures > `sweepStep`, or any biases
 */
export function* sweep(
  spec: Spec,
  batch: Batch,
  parameter: SweepParameter,
  values: readonly number[],
  memory: Memory,
): Generator<void, Sweep> {
  const result = { loss: [], accuracy: [], lossSlope: [], accuracySlope: [] } as {
    [Name in keyof Sweep]: (number | null)[]
  }
  using scope = new ScopedMemory(memory)
  const at = shifterOf(batch, parameter, scope)
  for (const value of values) {
    const here = yield* evaluate(spec, at(value))
    const above = yield* evaluate(spec, at(value + sweepStep))
    const below = yield* evaluate(spec, at(value - sweepStep))
    result.loss.push(here.loss)
    result.accuracy.push(here.accuracy)
    result.lossSlope.push(slope(above.loss, below.loss))
    result.accuracySlope.push(slope(above.accuracy, below.accuracy))
  }
  return result
}

/** The rows with their logits shifted by a value, good until the next value. */
function shifterOf(batch: Batch, parameter: SweepParameter, memory: Memory): (value: number) => RowSource {
  const { samples, outputs } = batch
  const rows = rowsOfBatch(batch, memory)
  const logits = doublesIn(memory, Math.min(rowsPerStep(outputs), samples) * outputs)
  return (value) => ({
    samples,
    outputs,
    part(from, to) {
      const predictions = logits.subarray(0, (to - from) * outputs)
      const { batch: given, start } = rows.part(from, to)
      const end = start + to - from
      shiftLogits(given.predictions.subarray(start * outputs, end * outputs), outputs, parameter, value, predictions)
      const part = {
        samples: to - from,
        outputs,
        predictions,
        classes: given.classes?.subarray(start, end),
        targets: given.targets?.subarray(start * outputs, end * outputs),
        sampleWeights: given.sampleWeights?.subarray(start, end),
      }
      return { batch: part, start: 0 }
    },
  })
}

function shiftLogits(
  logits: Float64Array,
  outputs: number,
  parameter: SweepParameter,
  value: number,
  out: Float64Array,
): void {
  if (parameter.name === 'temperature') {
    for (let at = 0; at < out.length; at++) out[at] = logits[at] / value
  } else {
    out.set(logits)
    for (let at = parameter.class; at < out.length; at += outputs) out[at] += value
  }
}

function* evaluate(spec: Spec, source: RowSource): Generator<void, { loss: number | null; accuracy: number | null }> {
  const tally = yield* tallyAll(spec, slicesOf(spec, source))
  return { loss: lossOf(tally, spec).loss, accuracy: accuracyOf(tally, spec) }
}

function slope(above: number | null, below: number | null): number | null {
  return above === null || below === null ? null : (above - below) / (2 * sweepStep)
}
