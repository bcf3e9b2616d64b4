import { LRUCache } from 'lru-cache'
import type { Tally } from '../loss/tally.ts'
import { emptyTally, merge } from '../loss/tally.ts'
import { blockBatches } from './block-ranges.ts'

const mostBlocks = 1000

/** Totals of blocks that this process is storing, which are folded without reading them. */
export class RecentTallies {
  readonly #blocks = new LRUCache<string, { batches: number; tally: Tally }>({ max: mostBlocks })

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

  /** Forgets the block. @returns undefined unless all its batches were added here */
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
