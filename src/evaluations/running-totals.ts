import { LRUCache } from 'lru-cache'
import { StoreUnavailable } from '../database/errors.ts'
import type { Digest, EvaluationKey, Head } from '../database/history.ts'
import { noBatches } from '../database/history.ts'
import { sectionOf, sectionsOf } from '../loss/report/sections.ts'
import type { Spec } from '../loss/spec.ts'
import type { EvaluationState } from '../loss/state.ts'
import { RunningTotal } from '../loss/state.ts'
import type { Task } from '../runtime/scheduler.ts'
import type { Batches, BlockRange } from './block-ranges.ts'
import { blockBatches, blocksOf, singlesOf } from './block-ranges.ts'

/** A larger total is computed for each report. */
const mostBytes = 96 * 2 ** 20
const ownBytes = 8192

const mostGroups = 1000

class Entry {
  readonly bytes: number
  readonly #spec: Spec
  total: RunningTotal
  head = noBatches
  /** Fulfilled when the total is not in use. */
  free: Promise<unknown> = Promise.resolve()

  constructor({ codec: { spec }, declaredBytes }: Batches, outputs: number) {
    this.#spec = spec
    this.total = new RunningTotal(spec)
    const bytes = sectionsOf(spec).reduce((sum, name) => sum + sectionOf(name).stateBytes(spec, outputs), ownBytes)
    this.bytes = declaredBytes + (spec.groupBy === undefined ? bytes : bytes * (1 + mostGroups))
  }

  /** An abandoned task leaves a correct total of fewer batches. */
  async grow(batches: Batches, head: Head, task: Task): Promise<void> {
    try {
      await this.#growTo(batches, head, task)
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || error.reason !== 'restored') throw error
      // these batches are no longer those of the store
      this.total = new RunningTotal(this.#spec)
      this.head = noBatches
      await this.#growTo(batches, head, task)
    }
  }

  async #growTo(batches: Batches, head: Head, task: Task): Promise<void> {
    const read = (state: Uint8Array) => batches.codec.read(state)
    const last = head.batches
    const block = Math.ceil(this.head.batches / blockBatches)
    await this.#addAll(singlesOf(batches, this.head, Math.min(last, block * blockBatches), read, task), task)
    await this.#addAll(blocksOf(batches, this.head, Math.floor(last / blockBatches), read, task), task)
    await this.#addAll(singlesOf(batches, this.head, last, read, task), task)
    const { batches: at, digest } = this.head
    const stored = at === last ? head.digest : await digestAt(batches, at)
    if (stored !== digest) throw new StoreUnavailable('restored')
  }

  async #addAll(ranges: AsyncIterable<BlockRange<EvaluationState>>, task: Task): Promise<void> {
    for await (const range of ranges) await task.run(this.#add(range))
  }

  *#add({ head, total }: BlockRange<EvaluationState>): Generator<void, void> {
    try {
      yield* this.total.take(total)
    } finally {
      this.head = head
    }
  }
}

/** The digest of a batch in the store; undefined if it is not there. */
async function digestAt({ store, evaluation }: Batches, sequence: number): Promise<Digest | undefined> {
  const [batch] = await store.listBatches(evaluation, { after: sequence - 1, limit: 1 })
  return batch?.digest
}

/** Totals in memory that grow with their evaluations. */
export class RunningTotals {
  readonly #entries = new LRUCache<string, Entry>({ maxSize: mostBytes, sizeCalculation: ({ bytes }) => bytes })

  /**
   * Uses what the batches up to a head, or up to a later one, add up to. It does not change meanwhile.
   *
   * @throws EvaluationGone, StoreUnavailable
   */
  async use<Result>(
    batches: Batches,
    outputs: number,
    head: Head,
    task: Task,
    work: (total: EvaluationState, head: Head) => Promise<Result>,
  ): Promise<Result> {
    const entry = this.#entryOf(batches, outputs)
    const used = entry.free.then(async () => {
      task.start()
      await entry.grow(batches, head, task)
      return work(entry.total, entry.head)
    })
    // what was made of it is not kept
    entry.free = used.then(ignore, ignore)
    task.stop()
    return used
  }

  forget({ incarnation }: EvaluationKey): void {
    this.#entries.delete(incarnation)
  }

  #entryOf(batches: Batches, outputs: number): Entry {
    const { incarnation } = batches.evaluation
    const known = this.#entries.get(incarnation)
    if (known !== undefined) return known
    const entry = new Entry(batches, outputs)
    this.#entries.set(incarnation, entry)
    return entry
  }
}

function ignore(): void {}
