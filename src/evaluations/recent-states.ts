import { LRUCache } from 'lru-cache'
import { blockBatches } from './runs.ts'

/** Blocks of which states are kept, and bytes of a state that is: some 20 MiB at most. */
const mostBlocks = 128
const mostBytes = 1024

/** The states of the blocks to which this process has added batches just now, so that whole ones are folded without reading them. */
export class RecentStates {
  readonly #blocks = new LRUCache<string, Map<number, Uint8Array>>({ max: mostBlocks })

  /** Keeps the state of a batch that was stored. */
  add(evaluation: number, sequence: number, state: Uint8Array): void {
    if (state.length > mostBytes) return
    const key = keyOf(evaluation, Math.floor((sequence - 1) / blockBatches))
    let states = this.#blocks.get(key)
    if (states === undefined) {
      states = new Map()
      this.#blocks.set(key, states)
    }
    states.set(sequence, state)
  }

  /** The states of a block, in any order, if all of them are here, and forgets them in any case. */
  take(evaluation: number, block: number): readonly Uint8Array[] | undefined {
    const key = keyOf(evaluation, block)
    const states = this.#blocks.get(key)
    this.#blocks.delete(key)
    return states?.size === blockBatches ? [...states.values()] : undefined
  }
}

function keyOf(evaluation: number, block: number): string {
  return `${evaluation} ${block}`
}
