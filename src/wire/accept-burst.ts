import { inTurns } from '../runtime/batched-set-immediate.ts'
import { readOn, rest } from './pipeline.ts'
import type { Connection } from './table.ts'
import { fewestFirst } from './table.ts'

/** Connections that are read on in one turn of the event loop: each may bring a request. */
const maxReadOn = 64

/**
 * Connections that have just come. One is taken in each turn of the event loop, so whoever comes last waits for as many turns as
 * others came before, and each of those would be longer for what these send. So while one after the other comes, none of them is
 * read; then those of clients with few connections are read first.
 */
export class Arrivals {
  readonly #mostMs: number
  readonly #isHolding: boolean
  readonly #readOnLater = inTurns(maxReadOn)
  #come: Connection[] = []
  #resting = 0
  #since = 0
  #hasCome = false
  #isComing = false

  /**
   * @param isHolding whether connections are kept from being read here
   * @param mostMs the longest time for which this goes on
   */
  constructor(isHolding: boolean, mostMs = 100) {
    this.#isHolding = isHolding
    this.#mostMs = mostMs
  }

  /** Whether others may be about to come. */
  get isComing(): boolean {
    return this.#isComing
  }

  take(connection: Connection): void {
    this.#hasCome = true
    if (this.#isHolding) this.#come.push(connection)
    if (this.#isComing) return
    this.#isComing = true
    this.#since = performance.now()
    this.#look()
  }

  /** Has connections read in later turns of the event loop, so many in each. */
  spread(connections: readonly Connection[]): void {
    for (const connection of connections) rest(connection)
    this.#readOn(connections)
  }

  #look(): void {
    setImmediate(() => {
      const goesOn = this.#hasCome && performance.now() - this.#since < this.#mostMs
      this.#hasCome = false
      if (!goesOn) {
        this.#end()
        return
      }
      // one alone is read as it comes
      if (this.#come.length > 1)
        for (; this.#resting < this.#come.length; this.#resting++) rest(this.#come[this.#resting])
      this.#look()
    })
  }

  #end(): void {
    this.#isComing = false
    const resting = this.#come.slice(0, this.#resting)
    this.#come = []
    this.#resting = 0
    this.#readOn(resting)
  }

  #readOn(connections: readonly Connection[]): void {
    for (const connection of connections.toSorted(fewestFirst)) this.#readOnLater(() => readOn(connection))
  }
}
