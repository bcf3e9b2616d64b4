import { LRUCache } from 'lru-cache'
import type { Tally } from '../loss/tally.ts'
import { emptyTally, merge } from '../loss/tally.ts'
import { blockBatches } from './block-ranges.ts'

/** Blocks whose batches come just now. */
const mostBlocks = 1000

/** What the batches add up to that this process has stored just now, so that most blocks need not be read to be folded. */
export class RecentTallies {
  readonly #blocks = new LRUCache<string, { batches: number; tally: Tally }>({ max: mostBlocks })

  /** Adds a batch that was stored, once. */
  add(evaluation: number, sequence: number, tally: Tally): void {
    const key = keyOf(evaluation, Math.floor((sequence - 1) / blockBatches))
    let block = this.#blocks.get(key)
    if (block === undefined) {
      block = { batches: 0, tally: emptyTally }
      this.#blocks.set(key, block)
    }
    block.batches++
    block.tally = merge(block.tally, tally)
  }

  /** What a block adds up to if all its batches were added here; forgets it in any case. */
  take(evaluation: number, block: number): Tally | undefined {
    const key = keyOf(evaluation, block)
    const found = this.#blocks.get(key)
    this.#blocks.delete(key)
    return found?.batches === blockBatches ? found.tally : undefined
  }
}

function keyOf(evaluation: number, block: number): string {
  return `${evaluation} ${block}`
}
