import { LRUCache } from 'lru-cache'
import type { Digest, Head } from '../database/history.ts'
import type { Tally } from '../loss/tally.ts'
import { emptyTally, merge } from '../loss/tally.ts'
import { blockBatches } from './block-ranges.ts'

const mostBlocks = 1000

interface Block {
  head: Head
  tally: Tally
}

/** Totals of blocks that this process is storing, which are folded without reading them. */
export class RecentTallies {
  readonly #blocks = new LRUCache<string, Block>({ max: mostBlocks })

  /** @param previous the digest of the batch before the last one of the head */
  add(incarnation: string, head: Head, previous: Digest, tally: Tally): void {
    const before = head.batches - 1
    const key = keyOf(incarnation, Math.floor(before / blockBatches))
    const block =
      before % blockBatches === 0
        ? { head: { batches: before, digest: previous }, tally: emptyTally }
        : this.#blocks.get(key)
    if (block?.head.batches !== before || block.head.digest !== previous) {
      this.#blocks.delete(key)
      return
    }
    block.head = head
    block.tally = merge(block.tally, tally)
    this.#blocks.set(key, block)
  }

  /** Forgets the block. @returns undefined unless all its batches were added here */
  take(incarnation: string, block: number): Readonly<Block> | undefined {
    const key = keyOf(incarnation, block)
    const found = this.#blocks.get(key)
    this.#blocks.delete(key)
    return found?.head.batches === (block + 1) * blockBatches ? found : undefined
  }
}

function keyOf(incarnation: string, block: number): string {
  return `${incarnation} ${block}`
}
