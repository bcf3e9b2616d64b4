import { setImmediate } from 'node:timers/promises'

const worthwhile = 1 / 2

/** Writes items in one transaction, and answers each in its place. */
export type Commit<Item, Result> = (items: readonly Item[]) => Promise<Result[]>

interface Waiting<Item, Result> {
  readonly items: readonly Item[]
  readonly resolve: (results: Result[]) => void
  readonly reject: (error: unknown) => void
}

/** Calls that come while a transaction is written share the next one. Each is answered after its own commit. */
export class GroupCommit<Item, Result> {
  readonly #commit: Commit<Item, Result>
  readonly #weigh: (item: Item) => number
  readonly #maxWeight: number
  readonly #patience: number
  #waiting: Waiting<Item, Result>[] = []
  #writing: Promise<void> | undefined
  #company = 1
  #commitTime = Number.POSITIVE_INFINITY

  /** @param maxWeight of a group; a call of more is a group of its own */
  constructor(commit: Commit<Item, Result>, weigh: (item: Item) => number, maxWeight: number, patience = 2) {
    this.#commit = commit
    this.#weigh = weigh
    this.#maxWeight = maxWeight
    this.#patience = patience
  }

  add(items: readonly Item[]): Promise<Result[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ items, resolve, reject })
      this.#writing ??= this.#writeAll()
    })
  }

  async idle(): Promise<void> {
    await this.#writing
  }

  async #writeAll(): Promise<void> {
    do {
      await this.#gather()
      await this.#write(this.#nextGroup())
    } while (this.#waiting.length > 0)
    this.#writing = undefined
  }

  /** Clients that were answered together mostly send together again. */
  async #gather(): Promise<void> {
    const end = performance.now() + Math.min(this.#patience, worthwhile * this.#commitTime)
    do await setImmediate()
    while (this.#waiting.length < this.#company && performance.now() < end)
  }

  #nextGroup(): Waiting<Item, Result>[] {
    let weight = 0
    let calls = 0
    for (const { items } of this.#waiting) {
      for (const item of items) weight += this.#weigh(item)
      if (calls > 0 && weight > this.#maxWeight) break
      calls++
    }
    this.#company = calls
    return this.#waiting.splice(0, calls)
  }

  async #write(group: readonly Waiting<Item, Result>[]): Promise<void> {
    const begin = performance.now()
    try {
      const results = await this.#commit(group.flatMap(({ items }) => items))
      this.#commitTime = performance.now() - begin
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
