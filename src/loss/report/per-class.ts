import type { Slice } from '../fold.ts'
import { GroupedSums, share, whereRight } from './grouped-sums.ts'
import type { ReportSection } from './section.ts'

/** What became of the samples labelled with one class. */
export interface PerClassReport {
  readonly class: number
  readonly samples: number
  readonly correct: number
  /** Their weighted mean loss; `null` when infinite or undefined, as `lossStatus` says. */
  readonly loss: number | null
  readonly lossStatus: 'finite' | 'infinite' | 'undefined'
  /** Share of the class's samples that were decided as this class, weighted by s_i; `null` without such samples. */
  readonly recall: number | null
  /** Share of the samples decided as this class that belong to it, weighted by s_i; `null` without such samples. */
  readonly precision: number | null
}

/** Classes are the K outputs, or 0 and 1 for one binary output. */
export class PerClass implements ReportSection<PerClassReport[]> {
  readonly #samples: Int32Array
  readonly #correct: Int32Array
  readonly #infinite: Int32Array
  readonly #losses: GroupedSums
  readonly #weights: GroupedSums
  readonly #labelled: GroupedSums
  readonly #predicted: GroupedSums
  readonly #right: GroupedSums

  constructor(classes: number) {
    this.#samples = new Int32Array(classes)
    this.#correct = new Int32Array(classes)
    this.#infinite = new Int32Array(classes)
    this.#losses = new GroupedSums(classes)
    this.#weights = new GroupedSums(classes)
    this.#labelled = new GroupedSums(classes)
    this.#predicted = new GroupedSums(classes)
    this.#right = new GroupedSums(classes)
  }

  add({ losses, weights, sampleWeights, decisions }: Slice): void {
    if (decisions === undefined) return
    const { labelled, predicted, correct } = decisions
    for (let i = 0; i < labelled.length; i++) {
      this.#samples[labelled[i]]++
      this.#correct[labelled[i]] += correct[i]
      if (!Number.isFinite(losses[i])) this.#infinite[labelled[i]]++
    }
    const finite = labelled.map((label, i) => (Number.isFinite(losses[i]) ? label : -1))
    this.#losses.add(finite, losses)
    this.#weights.add(labelled, weights)
    this.#labelled.add(labelled, sampleWeights)
    this.#predicted.add(predicted, sampleWeights)
    this.#right.add(whereRight(labelled, correct), sampleWeights)
  }

  report(): PerClassReport[] {
    return Array.from(this.#samples, (samples, at) => {
      const mean =
        this.#infinite[at] > 0 ? Number.POSITIVE_INFINITY : share(this.#losses.sums[at], this.#weights.sums[at])
      return {
        class: at,
        samples,
        correct: this.#correct[at],
        loss: mean === null || !Number.isFinite(mean) ? null : mean,
        lossStatus: mean === null ? 'undefined' : Number.isFinite(mean) ? 'finite' : 'infinite',
        recall: share(this.#right.sums[at], this.#labelled.sums[at]),
        precision: share(this.#right.sums[at], this.#predicted.sums[at]),
      }
    })
  }
}
