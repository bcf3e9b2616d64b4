import type { Caller } from './caller.ts'
import { currentCaller } from './caller.ts'
import { StoreUnavailable } from './errors.ts'

/** Operations that may wait, of one owner and of all. */
const mostOfOwner = 512
const mostWaiting = 4096

interface Waiting {
  readonly caller: Caller | undefined
  readonly start: () => void
  readonly reject: (error: Error) => void
}

/**
 * Runs operations, so many at a time, in turns of the owners that ask for them. What no caller waits for any more is left out when
 * its turn comes; what is too much is refused.
 */
export class Turns {
  readonly #atOnce: number
  readonly #lanes = new Map<string, Waiting[]>()
  #running = 0
  #waiting = 0

  constructor(atOnce: number) {
    this.#atOnce = atOnce
  }

  get waiting(): number {
    return this.#waiting
  }

  /** @throws StoreUnavailable "busy" */
  run<Result>(operation: () => Promise<Result>): Promise<Result> {
    if (this.#running < this.#atOnce) return this.#start(operation)
    const caller = currentCaller()
    return new Promise((resolve, reject) => {
      this.#add({ caller, start: () => resolve(this.#start(operation)), reject })
    })
  }

  #add(entry: Waiting): void {
    const owner = entry.caller?.owner ?? ''
    const lane = this.#lanes.get(owner) ?? []
    if (entry.caller !== undefined && (lane.length >= mostOfOwner || this.#waiting >= mostWaiting)) {
      entry.reject(new StoreUnavailable('busy'))
      return
    }
    lane.push(entry)
    this.#waiting++
    this.#lanes.set(owner, lane)
  }

  async #start<Result>(operation: () => Promise<Result>): Promise<Result> {
    this.#running++
    try {
      return await operation()
    } finally {
      this.#running--
      this.#next()
    }
  }

  #next(): void {
    while (this.#running < this.#atOnce) {
      const [first] = this.#lanes
      if (first === undefined) return
      const [owner, lane] = first
      const entry = lane.shift()
      // the owner's next turn is after all others
      this.#lanes.delete(owner)
      if (lane.length > 0) this.#lanes.set(owner, lane)
      if (entry === undefined) continue
      this.#waiting--
      if (entry.caller?.isOver === true) entry.reject(new StoreUnavailable('busy'))
      else entry.start()
    }
  }
}
