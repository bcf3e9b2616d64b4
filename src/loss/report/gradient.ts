import type { Slice } from '../fold.ts'
import { rowsOf } from '../fold.ts'
import { losses } from '../kernels/index.ts'
import type { Loss } from '../kernels/loss.ts'
import { toDouble } from '../numerics/dyadic.ts'
import type { Spec } from '../spec.ts'
import type { Tally } from '../tally.ts'
import type { RowOrigins, RowSection } from './section.ts'
import { lossOf } from './statistics.ts'

/** d loss / d predictions, in the shape of predictions; `null` elements are beyond the range of a double. */
export type GradientReport = (number | null)[] | (number | null)[][] | null

/** The derivative of the loss as guarded and reduced (for reduction `none`, of the mean); `null` if the loss is not finite. */
export class Gradient implements RowSection<GradientReport> {
  readonly #spec: Spec
  readonly #slopes: Float64Array
  readonly #outputs: number
  readonly #isList: boolean

  /** @param samples rows of `predictions` as received, `isList` whether they came as one list */
  constructor(spec: Spec, samples: number, outputs: number, isList: boolean) {
    this.#spec = spec
    this.#slopes = new Float64Array(samples * outputs)
    this.#outputs = outputs
    this.#isList = isList
  }

  add({ batch, from, rows, sampleWeights }: Slice, { origins }: RowOrigins): void {
    const loss: Loss = losses[this.#spec.loss]
    const outputs = this.#outputs
    const dense = rows.classes === undefined ? rows : rowsOf(this.#spec, false, batch, from, from + rows.count)
    const slopes = new Float64Array(rows.count * outputs)
    loss.gradient(dense, this.#spec, slopes)
    for (let i = 0; i < rows.count; i++) {
      const weight = sampleWeights === undefined ? 1 : sampleWeights[i]
      if (weight === 0) continue
      const row = origins === undefined ? from + i : origins[from + i]
      for (let k = 0; k < outputs; k++) this.#slopes[row * outputs + k] += weight * slopes[i * outputs + k]
    }
  }

  report(tally: Tally): GradientReport {
    if (lossOf(tally, this.#spec).lossStatus !== 'finite') return null
    const divisor = this.#spec.reduction === 'sum' ? 1 : toDouble(tally.weight)
    const flat = Array.from(this.#slopes, (slope) => finiteOrNull(slope / divisor))
    if (this.#isList) return flat
    const outputs = this.#outputs
    return Array.from({ length: flat.length / outputs }, (_, row) => flat.slice(row * outputs, (row + 1) * outputs))
  }
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null
}
