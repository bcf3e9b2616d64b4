import type { Caller } from './caller.ts'
import { currentCaller } from './caller.ts'
import { StoreUnavailable } from './errors.ts'
import type { StoreLoad } from './store.ts'

/** Operations that may wait, of one owner and of all. */
const mostOfOwner = 512
const mostWaiting = 4096
/** Every so many turns it does not matter how much a caller has taken, so that everything has its turn. */
const levelless = 4

interface Waiting {
  readonly caller: Caller | undefined
  readonly since: number
  readonly start: () => void
  readonly reject: (error: Error) => void
}

/** Is told how long an operation has waited for its turn. */
export type WaitWatch = (seconds: number) => void

/**
 * Runs operations, so many at a time. Those of callers that have taken little go before those of callers that have taken much; of
 * equals it is one of the owner whose last turn is longest ago. What no caller waits for any more is left out, and what is too much
 * is refused.
 */
export class Turns {
  readonly #atOnce: number
  readonly #waited: WaitWatch | undefined
  #waiting: Waiting[] = []
  /** Of each owner since an operation waits: which turn was its last one. */
  readonly #lastTurns = new Map<string, number>()
  #turns = 0
  #running = 0
  #refused = 0

  constructor(atOnce: number, waited?: WaitWatch) {
    this.#atOnce = atOnce
    this.#waited = waited
  }

  get load(): StoreLoad {
    const [oldest] = this.#waiting
    const waitMilliseconds = oldest === undefined ? 0 : performance.now() - oldest.since
    return { waiting: this.#waiting.length, waitMilliseconds, refused: this.#refused }
  }

  /** @throws StoreUnavailable "busy" */
  async run<Result>(operation: () => Promise<Result>): Promise<Result> {
    const caller = currentCaller()
    if (caller?.isOver === true) throw new StoreUnavailable('left')
    if (this.#running < this.#atOnce) {
      this.#waited?.(0)
      return this.#start(operation)
    }
    if (caller !== undefined) this.#checkRoom(caller)
    return new Promise((resolve, reject) => {
      const start = () => resolve(this.#start(operation))
      this.#waiting.push({ caller, since: performance.now(), start, reject })
    })
  }

  #checkRoom({ owner }: Caller): void {
    const hasRoom = () =>
      this.#waiting.length < mostWaiting &&
      this.#waiting.reduce((count, { caller }) => count + Number(caller?.owner === owner), 0) < mostOfOwner
    if (hasRoom()) return
    this.#leaveOut()
    if (hasRoom()) return
    this.#refused++
    throw new StoreUnavailable('busy')
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
    this.#leaveOut()
    while (this.#running < this.#atOnce && this.#waiting.length > 0) {
      this.#turns++
      let first = 0
      for (let at = 1; at < this.#waiting.length; at++) {
        if (this.#isBefore(this.#waiting[at], this.#waiting[first])) first = at
      }
      const [entry] = this.#waiting.splice(first, 1)
      this.#lastTurns.set(ownerOf(entry), this.#turns)
      if (this.#waiting.length === 0) this.#lastTurns.clear()
      this.#waited?.((performance.now() - entry.since) / 1000)
      entry.start()
    }
  }

  #isBefore(one: Waiting, other: Waiting): boolean {
    if (this.#turns % levelless !== 0 && levelOf(one) !== levelOf(other)) return levelOf(one) < levelOf(other)
    return this.#lastTurnOf(one) < this.#lastTurnOf(other)
  }

  #lastTurnOf(entry: Waiting): number {
    return this.#lastTurns.get(ownerOf(entry)) ?? 0
  }

  /** Refuses what no caller waits for any more. */
  #leaveOut(): void {
    const left = this.#waiting.filter(isOver)
    if (left.length === 0) return
    this.#waiting = this.#waiting.filter((entry) => !isOver(entry))
    for (const { reject } of left) reject(new StoreUnavailable('left'))
  }
}

function isOver({ caller }: Waiting): boolean {
  return caller?.isOver === true
}

function ownerOf({ caller }: Waiting): string {
  return caller?.owner ?? ''
}

function levelOf({ caller }: Waiting): number {
  return caller?.level ?? 0
}
