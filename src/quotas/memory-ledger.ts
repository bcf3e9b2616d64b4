import { LRUCache } from 'lru-cache'
import type { Ask, Grant, Ledger } from './ledger.ts'
import { decide } from './ledger.ts'

const mostCounts = 200_000

/** The counts that the workers of one primary share. */
export class MemoryLedger implements Ledger {
  readonly #counts = new LRUCache<string, number>({ max: mostCounts })

  async take(asks: readonly Ask[]): Promise<readonly Grant[]> {
    return asks.map((ask) => {
      const key = `${ask.minute} ${ask.key}`
      const { count, granted, left } = decide(this.#counts.get(key) ?? 0, ask)
      this.#counts.set(key, count)
      return { granted, left }
    })
  }

  async close(): Promise<void> {
    this.#counts.clear()
  }
}
