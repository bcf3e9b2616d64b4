import { z } from 'zod'
import type { SliceOfBatch } from '../fold.ts'
import type { Memory } from '../memory.ts'
import { doublesIn } from '../memory.ts'
import type { Selection } from '../selection.ts'
import type { Spec } from '../spec.ts'
import type { Tally } from '../tally.ts'
import { NumberRows } from './number-rows.ts'
import { count } from './schemas.ts'
import type { RowNumbers, RowPart, RowSection } from './section.ts'

export interface PerSampleReport {
  /** s_i l_i in order: `null` where it is infinite, 0 for a row left out by `ignoreIndex`. */
  readonly losses: NumberRows
  /** Whether the row was right, or how many of its binary outputs; `null` for a row left out, and altogether for values. */
  readonly correct: NumberRows | null
}

export const lossesInOrder = z.array(z.number().nullable())

export const perSample: RowSection<PerSampleReport> = {
  needs: [],
  schema: z.object({
    losses: lossesInOrder,
    correct: z
      .array(z.union([z.boolean(), count, z.null()]))
      .nullable()
      .meta({
        description: 'Whether a row was right, or how many of its binary outputs; null for an ignored row.',
      }),
  }),
  answerNumbers: ({ miniBatch }, { samples }) => 2 * (miniBatch?.size ?? samples),
  start: (spec, { samples }, memory) => new PerSample(spec, spec.miniBatch?.size ?? samples, memory),
}

export class PerSample implements RowPart<PerSampleReport> {
  readonly #spec: Spec
  readonly losses: Float64Array
  readonly correct: Int32Array | undefined

  constructor(spec: Spec, samples: number, memory: Memory) {
    this.#spec = spec
    const decides = spec.decision !== 'none'
    // one buffer, so that there is all of it or nothing
    const { buffer } = doublesIn(memory, decides ? Math.ceil(1.5 * samples) : samples)
    this.losses = new Float64Array(buffer, 0, samples)
    this.correct = decides ? new Int32Array(buffer, 8 * samples, samples).fill(-1) : undefined
  }

  add({ at: first, rows, losses, decisions }: SliceOfBatch, { positions }: Selection): void {
    for (let i = 0; i < rows.count; i++) {
      const at = positions === undefined ? first + i : positions[first + i]
      this.losses[at] = losses[i]
      if (this.correct !== undefined && decisions !== undefined) this.correct[at] = decisions.correct[i]
    }
  }

  *report({ outputs }: Pick<Tally, 'outputs'>): Generator<void, PerSampleReport> {
    const counts = this.#spec.decision === 'binary' && outputs > 1
    const decision = (right: number) => (right < 0 ? null : counts ? right : right === 1)
    return {
      losses: new NumberRows(this.losses),
      correct: this.correct === undefined ? null : new NumberRows(this.correct, undefined, decision),
    }
  }

  // biome-ignore lint/correctness/useYield: the numbers are there
  *numbers(name: RowNumbers): Generator<void, Float64Array | Int32Array | undefined> {
    return name === 'gradient' ? undefined : this[name]
  }
}
