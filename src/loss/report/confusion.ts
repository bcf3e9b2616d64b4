import type { Slice } from '../fold.ts'
import type { ReportSection } from './section.ts'

/** Counts of samples by label (row) and decision (column), unweighted; for one binary output 2 x 2. */
export class Confusion implements ReportSection<number[][]> {
  readonly #classes: number
  readonly #counts: Float64Array

  constructor(classes: number) {
    this.#classes = classes
    this.#counts = new Float64Array(classes * classes)
  }

  add({ decisions }: Slice): void {
    if (decisions === undefined) return
    const { labelled, predicted } = decisions
    for (let i = 0; i < labelled.length; i++) this.#counts[labelled[i] * this.#classes + predicted[i]]++
  }

  report(): number[][] {
    const classes = this.#classes
    return Array.from({ length: classes }, (_, row) =>
      Array.from(this.#counts.subarray(row * classes, (row + 1) * classes)),
    )
  }
}
