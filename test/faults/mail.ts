// Which request is sent next: in no order, some of them twice and at the same time.
import { Choices } from '../fuzz/random.ts'
import type { Delivery, PlannedBatch } from './plan.ts'
import { batchOf, linesOf, putOf } from './plan.ts'

/** Requests among which the next is chosen. */
const spread = 48
const longestStream = 24
/** Shares of all requests. */
const streams = 0.15
const duplicates = 0.25

/** The requests that wait to be sent. */
export class Mail {
  /** All batches that were given out. */
  readonly batches: PlannedBatch[] = []
  readonly #seed: number
  readonly #choices: Choices
  #waiting: Delivery[] = []
  #isEnded = false

  constructor(seed: number) {
    this.#seed = seed
    this.#choices = new Choices(seed)
  }

  /** No new batches from now on; what waits is still sent. */
  end(): void {
    this.#isEnded = true
  }

  /** The next request; undefined when there is none. */
  next(): Delivery | undefined {
    while (!this.#isEnded && this.#waiting.length < spread) this.#write()
    if (this.#waiting.length === 0) return undefined
    const [next] = this.#waiting.splice(this.#choices.below(this.#waiting.length), 1)
    return next
  }

  #write(): void {
    if (!this.#choices.chance(streams)) {
      const batch = this.#newBatch()
      this.#post(() => putOf(batch, this.#choices.chance(0.5)))
      return
    }
    const batches = Array.from({ length: 2 + this.#choices.below(longestStream) }, () => this.#newBatch())
    for (const some of Object.values(Object.groupBy(batches, ({ evaluation }) => evaluation))) {
      if (some !== undefined) this.#post(() => linesOf(some))
    }
    // one of them comes by itself, too
    if (this.#choices.chance(duplicates)) this.#post(() => putOf(this.#choices.pick(batches), true))
  }

  /** Once or twice, perhaps in another format. */
  #post(delivery: () => Delivery): void {
    this.#waiting.push(delivery())
    if (this.#choices.chance(duplicates)) this.#waiting.push(delivery())
  }

  #newBatch(): PlannedBatch {
    const batch = batchOf(this.#seed, this.batches.length)
    this.batches.push(batch)
    return batch
  }
}
