/** Every so many turns it does not matter how much a caller has taken, so that everything has its turn. */
const levelless = 4

/** For whom an operation runs. */
export interface Caller {
  /** Whose turn it is: an address, or the owner of a key. */
  readonly owner: string
  /** Whether the client no longer waits for an answer. */
  readonly isOver?: boolean
  /** 0 where it has hardly begun, and more the more time it has taken. */
  readonly level: number
}

export interface TurnLimits {
  readonly atOnce: number
  /** Operations that may wait, of one owner and of all. */
  readonly mostOfOwner: number
  readonly mostWaiting: number
}

/** Why an operation is not run: too many wait, or its client has left. */
export type Refusal = 'busy' | 'left'

export interface TurnLoad {
  /** Operations that wait for their turn. */
  readonly waiting: number
  /** How long the first of them has waited. */
  readonly waitMilliseconds: number
  /** Operations that were refused, because too many waited, since the beginning. */
  readonly refused: number
}

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
  readonly #limits: TurnLimits
  readonly #refusal: (why: Refusal) => Error
  readonly #waited: WaitWatch | undefined
  #waiting: Waiting[] = []
  /** Of each owner since an operation waits: which turn was its last one. */
  readonly #lastTurns = new Map<string, number>()
  #turns = 0
  #running = 0
  #refused = 0

  constructor(limits: TurnLimits, refusal: (why: Refusal) => Error, waited?: WaitWatch) {
    this.#limits = limits
    this.#refusal = refusal
    this.#waited = waited
  }

  get load(): TurnLoad {
    const [oldest] = this.#waiting
    const waitMilliseconds = oldest === undefined ? 0 : performance.now() - oldest.since
    return { waiting: this.#waiting.length, waitMilliseconds, refused: this.#refused }
  }

  /** @param caller undefined for what the service does by itself, which is never too much @throws what the refusal says */
  async run<Result>(operation: () => Promise<Result>, caller: Caller | undefined): Promise<Result> {
    if (caller?.isOver === true) throw this.#refusal('left')
    if (this.#running < this.#limits.atOnce) {
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
      this.#waiting.length < this.#limits.mostWaiting &&
      this.#waiting.reduce((count, { caller }) => count + Number(caller?.owner === owner), 0) < this.#limits.mostOfOwner
    if (hasRoom()) return
    this.#leaveOut()
    if (hasRoom()) return
    this.#refused++
    throw this.#refusal('busy')
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
    while (this.#running < this.#limits.atOnce && this.#waiting.length > 0) {
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
    for (const { reject } of left) reject(this.#refusal('left'))
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
