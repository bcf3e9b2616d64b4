import { LRUCache } from 'lru-cache'
import { sectionOf, sectionsOf } from '../loss/report/sections.ts'
import type { Spec } from '../loss/spec.ts'
import type { EvaluationState } from '../loss/state.ts'
import { RunningTotal } from '../loss/state.ts'
import type { Task } from '../runtime/scheduler.ts'
import type { Batches, BlockRange } from './block-ranges.ts'
import { blockBatches, blocksOf, singlesOf } from './block-ranges.ts'

/** Bytes of all totals in memory. A larger one is computed for each report. */
const mostBytes = 96 * 2 ** 20
/** Bytes of a total without its sections. */
const ownBytes = 8192

/** Groups that a total is taken to have. */
const mostGroups = 1000

/** The total of one evaluation, up to the last report. */
class Entry {
  readonly total: RunningTotal
  readonly bytes: number
  last = 0
  /** Fulfilled when the total is not in use. */
  free: Promise<unknown> = Promise.resolve()

  constructor(spec: Spec, outputs: number) {
    this.total = new RunningTotal(spec)
    const bytes = sectionsOf(spec).reduce((sum, name) => sum + sectionOf(name).stateBytes(spec, outputs), ownBytes)
    this.bytes = spec.groupBy === undefined ? bytes : bytes * (1 + mostGroups)
  }

  /** Additions are atomic, so that an abandoned task leaves a correct total of fewer batches. */
  async grow(batches: Batches, last: number, task: Task): Promise<void> {
    const read = (state: Uint8Array) => batches.codec.read(state)
    const block = Math.ceil(this.last / blockBatches)
    await this.#addAll(singlesOf(batches, this.last, Math.min(last, block * blockBatches), read, task), task)
    await this.#addAll(blocksOf(batches, block, Math.floor(last / blockBatches), read, task), task)
    await this.#addAll(singlesOf(batches, this.last, last, read, task), task)
  }

  async #addAll(ranges: AsyncIterable<BlockRange<EvaluationState>>, task: Task): Promise<void> {
    for await (const range of ranges) await task.run(this.#add(range))
  }

  /** Finishes an addition even when its task is abandoned. */
  *#add({ last, total }: BlockRange<EvaluationState>): Generator<void, void> {
    try {
      yield* this.total.take(total)
    } finally {
      this.last = last
    }
  }
}

/** Totals that are kept in memory and grow with their evaluations: a cache of what the store holds. */
export class RunningTotals {
  /** By the id of the evaluation. */
  readonly #entries = new LRUCache<number, Entry>({ maxSize: mostBytes, sizeCalculation: ({ bytes }) => bytes })

  /**
   * Uses what the batches up to a sequence, or up to a later one, add up to. One at a time uses the total of an
   * evaluation, and it does not change meanwhile.
   *
   * @throws EvaluationGone, StoreUnavailable
   */
  async use<Result>(
    batches: Batches,
    outputs: number,
    last: number,
    task: Task,
    work: (total: EvaluationState, last: number) => Promise<Result>,
  ): Promise<Result> {
    const entry = this.#entryOf(batches, outputs)
    const used = entry.free.then(async () => {
      task.start()
      await entry.grow(batches, last, task)
      return work(entry.total, entry.last)
    })
    entry.free = used.catch(() => undefined)
    task.stop()
    return used
  }

  /** Drops the total of an evaluation. */
  forget(evaluation: number): void {
    this.#entries.delete(evaluation)
  }

  #entryOf({ evaluation, codec }: Batches, outputs: number): Entry {
    const known = this.#entries.get(evaluation)
    if (known !== undefined) return known
    const entry = new Entry(codec.spec, outputs)
    this.#entries.set(evaluation, entry)
    return entry
  }
}
