import { setImmediate } from 'node:timers/promises'

/** Writes a group of items in one transaction, and answers each in its place. */
export type Commit<Item, Result> = (items: readonly Item[]) => Promise<Result[]>

interface Waiting<Item, Result> {
  readonly items: readonly Item[]
  readonly resolve: (results: Result[]) => void
  readonly reject: (error: unknown) => void
}

/**
 * Lets calls that come while a transaction is written share the next one: a commit costs a wait for the disk, whatever is
 * in it. Nothing waits for company, and a call is answered after its own commit.
 */
export class GroupCommit<Item, Result> {
  readonly #commit: Commit<Item, Result>
  readonly #weigh: (item: Item) => number
  readonly #maxWeight: number
  #waiting: Waiting<Item, Result>[] = []
  #writing: Promise<void> | undefined

  /** @param maxWeight of a group; a call of more is a group of its own */
  constructor(commit: Commit<Item, Result>, weigh: (item: Item) => number, maxWeight: number) {
    this.#commit = commit
    this.#weigh = weigh
    this.#maxWeight = maxWeight
  }

  /** Adds the items of a call, which are kept together and in order. */
  add(items: readonly Item[]): Promise<Result[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ items, resolve, reject })
      this.#writing ??= this.#writeAll()
    })
  }

  /** Fulfilled when all that was added is written. */
  async idle(): Promise<void> {
    await this.#writing
  }

  async #writeAll(): Promise<void> {
    do {
      // whoever is already on the way, such as those answered just now, may join
      await setImmediate()
      await this.#write(this.#nextGroup())
    } while (this.#waiting.length > 0)
    this.#writing = undefined
  }

  #nextGroup(): Waiting<Item, Result>[] {
    let weight = 0
    let calls = 0
    for (const { items } of this.#waiting) {
      for (const item of items) weight += this.#weigh(item)
      if (calls > 0 && weight > this.#maxWeight) break
      calls++
    }
    return this.#waiting.splice(0, calls)
  }

  async #write(group: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.#commit(group.flatMap(({ items }) => items))
      let at = 0
      for (const { items, resolve } of group) {
        resolve(results.slice(at, at + items.length))
        at += items.length
      }
    } catch (error) {
      for (const { reject } of group) reject(error)
    }
  }
}
