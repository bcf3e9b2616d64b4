import { batchedSetImmediate } from '../runtime/batched-set-immediate.ts'
import { readOn, rest } from './reading.ts'
import type { Connection } from './table.ts'
import { fewestFirst } from './table.ts'

const maxReadOn = 64

/**
 * Connections that come one after the other. The event loop takes in one a turn, so the last one waits for as many turns as there
 * are connections, and requests that are read meanwhile make each turn longer. So none is read until the burst is over, at the latest
 * after so much processor time; then those of clients with few connections are read first.
 */
export class AcceptBurst {
  readonly #maxMs: number
  readonly #holdsReading: boolean
  readonly #readOnLater = batchedSetImmediate(maxReadOn)
  #accepted: Connection[] = []
  #resting = 0
  #since = 0
  #hasAccepted = false
  #isUnderWay = false

  constructor(holdsReading: boolean, maxMs = 100) {
    this.#holdsReading = holdsReading
    this.#maxMs = maxMs
  }

  get isUnderWay(): boolean {
    return this.#isUnderWay
  }

  add(connection: Connection): void {
    this.#hasAccepted = true
    if (this.#holdsReading) this.#accepted.push(connection)
    if (this.#isUnderWay) return
    this.#isUnderWay = true
    this.#since = processorMs()
    this.#watch()
  }

  /** Has connections read in later turns of the event loop, so many in each. */
  spread(connections: readonly Connection[]): void {
    for (const connection of connections) rest(connection)
    this.#readOn(connections)
  }

  #watch(): void {
    setImmediate(() => {
      const goesOn = this.#hasAccepted && processorMs() - this.#since < this.#maxMs
      this.#hasAccepted = false
      if (!goesOn) {
        this.#end()
        return
      }
      if (this.#accepted.length > 1)
        for (; this.#resting < this.#accepted.length; this.#resting++) rest(this.#accepted[this.#resting])
      this.#watch()
    })
  }

  #end(): void {
    this.#isUnderWay = false
    const resting = this.#accepted.slice(0, this.#resting)
    this.#accepted = []
    this.#resting = 0
    this.#readOn(resting)
  }

  #readOn(connections: readonly Connection[]): void {
    for (const connection of connections.toSorted(fewestFirst)) this.#readOnLater(() => readOn(connection))
  }
}

/** Of this thread: on a busy machine the clock would end a burst before it has been taken in. */
function processorMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
