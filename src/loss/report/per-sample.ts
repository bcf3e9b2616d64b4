import type { Slice } from '../fold.ts'
import type { Memory } from '../memory.ts'
import { doublesIn } from '../memory.ts'
import type { Selection } from '../selection.ts'
import type { Spec } from '../spec.ts'
import { NumberRows } from './number-rows.ts'
import type { RowSection } from './section.ts'

/** The loss and the decisions of each row received. */
export interface PerSampleReport {
  /** s_i l_i in order: `null` where it is infinite, 0 for a row left out by `ignoreIndex`. */
  readonly losses: NumberRows
  /**
   * Whether the row was decided rightly, or for K > 1 binary outputs how many of them were; `null` for a row left out.
   * `null` altogether for labels that are values.
   */
  readonly correct: NumberRows | null
}

export class PerSample implements RowSection {
  readonly #spec: Spec
  readonly #memory: Memory
  /** s_i l_i in order: 0 for a row left out by `ignoreIndex`. */
  readonly losses: Float64Array
  /** How many decisions of each row were right, -1 for a row left out; `undefined` for labels that are values. */
  readonly correct: Int32Array | undefined

  constructor(spec: Spec, samples: number, memory: Memory) {
    this.#spec = spec
    this.#memory = memory
    const decides = spec.decision !== 'none'
    // one buffer, so that there is all of it or nothing
    const { buffer } = doublesIn(memory, decides ? Math.ceil(1.5 * samples) : samples)
    this.losses = new Float64Array(buffer, 0, samples)
    this.correct = decides ? new Int32Array(buffer, 8 * samples, samples).fill(-1) : undefined
  }

  add({ at: first, rows, losses, decisions }: Slice, { positions }: Selection): void {
    for (let i = 0; i < rows.count; i++) {
      const at = positions === undefined ? first + i : positions[first + i]
      this.losses[at] = losses[i]
      if (this.correct !== undefined && decisions !== undefined) this.correct[at] = decisions.correct[i]
    }
  }

  /** @param outputs K, numbers per row */
  report(outputs: number): PerSampleReport {
    const counts = this.#spec.decision === 'binary' && outputs > 1
    const decision = (right: number) => (right < 0 ? null : counts ? right : right === 1)
    return {
      losses: new NumberRows(this.losses),
      correct: this.correct === undefined ? null : new NumberRows(this.correct, undefined, decision),
    }
  }

  /** Gives its memory back; there is nothing to report any more. */
  free(): void {
    this.#memory.free(this.losses.buffer)
  }
}
