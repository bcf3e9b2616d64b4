import { z } from 'zod'
import type { SliceOfBatch } from '../fold.ts'
import { rowsOf } from '../fold.ts'
import { losses } from '../kernels/index.ts'
import type { Loss } from '../kernels/loss.ts'
import type { Memory } from '../memory.ts'
import { doublesIn } from '../memory.ts'
import { toDouble } from '../numerics/dyadic.ts'
import type { Selection } from '../selection.ts'
import type { Spec } from '../spec.ts'
import type { Tally } from '../tally.ts'
import { NumberRows } from './number-rows.ts'
import type { RowNumbers, RowPart, RowSection } from './section.ts'
import { lossOf } from './statistics.ts'

/** In the shape of predictions; `null` elements are beyond a double. */
export type GradientReport = NumberRows | null

const slopes = z.array(z.number().nullable())

export const gradient: RowSection<GradientReport> = {
  needs: [],
  schema: z
    .union([z.array(slopes), slopes])
    .nullable()
    .meta({
      description:
        'd loss / d predictions, in the shape of predictions; the loss is the guarded and reduced one. Null unless the loss is finite.',
    }),
  answerNumbers: (_, { samples, outputs }) => samples * outputs,
  start: (spec, { samples, outputs, isList }, memory) => new Gradient(spec, samples, outputs, isList, memory),
}

/** The derivative of the loss as guarded and reduced (for `none`, of the mean). */
export class Gradient implements RowPart<GradientReport> {
  readonly #spec: Spec
  readonly #slopes: Float64Array
  readonly #outputs: number
  readonly #isList: boolean

  constructor(spec: Spec, samples: number, outputs: number, isList: boolean, memory: Memory) {
    this.#spec = spec
    this.#slopes = doublesIn(memory, samples * outputs)
    this.#outputs = outputs
    this.#isList = isList
  }

  add({ batch, from, at, rows, sampleWeights }: SliceOfBatch, { rows: origins }: Selection): void {
    const loss: Loss = losses[this.#spec.loss]
    const outputs = this.#outputs
    const dense = rows.classes === undefined ? rows : rowsOf(this.#spec, false, batch, from, from + rows.count)
    const length = rows.count * outputs
    // a row that is drawn may be drawn several times
    const slopes =
      origins === undefined ? this.#slopes.subarray(at * outputs).subarray(0, length) : new Float64Array(length)
    loss.gradient(dense, this.#spec, slopes)
    if (sampleWeights !== undefined) weigh(slopes, outputs, sampleWeights)
    if (origins === undefined) return
    for (let i = 0; i < rows.count; i++) {
      const row = origins[at + i]
      for (let k = 0; k < outputs; k++) this.#slopes[row * outputs + k] += slopes[i * outputs + k]
    }
  }

  /** Its numbers in the order of predictions; NaN if the loss is not finite. */
  *numbers(name: RowNumbers, tally: Tally): Generator<void, Float64Array | undefined> {
    return name === 'gradient' ? yield* this.#quotients(tally) : undefined
  }

  *#quotients(tally: Tally): Generator<void, Float64Array> {
    const divisor = this.#divisor(tally) ?? Number.NaN
    const slopes = this.#slopes
    for (let from = 0; from < slopes.length; from += numbersPerStep) {
      const to = Math.min(from + numbersPerStep, slopes.length)
      for (let at = from; at < to; at++) slopes[at] /= divisor
      yield
    }
    return slopes
  }

  *report(tally: Tally): Generator<void, GradientReport> {
    if (this.#divisor(tally) === undefined) return null
    return new NumberRows(yield* this.#quotients(tally), this.#isList ? undefined : this.#outputs)
  }

  /** What the sums over rows are divided by; `undefined` if the loss is not finite. */
  #divisor(tally: Tally): number | undefined {
    if (lossOf(tally, this.#spec).lossStatus !== 'finite') return undefined
    return this.#spec.reduction === 'sum' ? 1 : toDouble(tally.weight)
  }
}

/** A weight of 0 leaves a row out, whatever its slopes are. */
function weigh(slopes: Float64Array, outputs: number, weights: Float64Array): void {
  for (let i = 0, at = 0; i < weights.length; i++) {
    for (let k = 0; k < outputs; k++, at++) slopes[at] = weights[i] === 0 ? 0 : weights[i] * slopes[at]
  }
}

const numbersPerStep = 2 ** 13
