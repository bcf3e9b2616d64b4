import type { Slice } from '../fold.ts'
import type { Selection } from '../selection.ts'
import type { Spec } from '../spec.ts'
import type { RowSection } from './section.ts'

/** The loss and the decisions of each row received. */
export interface PerSampleReport {
  /** s_i l_i in order: `null` where it is infinite, 0 for a row left out by `ignoreIndex`. */
  readonly losses: (number | null)[]
  /**
   * Whether the row was decided rightly, or for K > 1 binary outputs how many of them were; `null` for a row left out.
   * `null` altogether for labels that are values.
   */
  readonly correct: (boolean | number | null)[] | null
}

export class PerSample implements RowSection {
  readonly #spec: Spec
  readonly #losses: (number | null)[]
  readonly #correct: (boolean | number | null)[]

  constructor(spec: Spec, samples: number) {
    this.#spec = spec
    this.#losses = new Array<number | null>(samples).fill(0)
    this.#correct = new Array<boolean | number | null>(samples).fill(null)
  }

  add({ at: first, rows, losses, decisions }: Slice, { positions }: Selection): void {
    const counts = this.#spec.decision === 'binary' && rows.outputs > 1
    for (let i = 0; i < rows.count; i++) {
      const at = positions === undefined ? first + i : positions[first + i]
      this.#losses[at] = Number.isFinite(losses[i]) ? losses[i] : null
      if (decisions !== undefined) this.#correct[at] = counts ? decisions.correct[i] : decisions.correct[i] === 1
    }
  }

  report(): PerSampleReport {
    return { losses: this.#losses, correct: this.#spec.decision === 'none' ? null : this.#correct }
  }
}
