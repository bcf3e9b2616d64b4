import type { Ask, Grant } from './ledger.ts'
import { grantDivisor } from './ledger.ts'

const slices = 32
/** Milliseconds until an exhausted quota is asked for again: others may have given some back. */
const spentMs = 250

/** What a client has used of one resource, requests or bytes, in one minute, and may still use. */
export class QuotaShare {
  readonly key: string
  readonly minute: number
  limit = 0
  /** Announced by requests that are still sending. */
  held = 0
  #used = 0
  #granted = 0
  /** What the ledger had left at its last answer. */
  #left = Number.POSITIVE_INFINITY
  need = 0
  isReturning = false
  isAsked = false
  /** Exhausted for all processes until then. */
  spentUntil = 0
  usedAt = 0

  constructor(key: string, minute: number) {
    this.key = key
    this.minute = minute
  }

  get used(): number {
    return this.#used
  }

  use(amount: number, now: number): void {
    this.#used += amount
    this.usedAt = now
  }

  useHeld(amount: number): void {
    this.held -= amount
    this.#used += amount
  }

  /** Uses up what is left: a refused request counts. */
  exhaust(isAlone: boolean, amount: number): false {
    this.#used += isAlone ? amount : this.spare
    return false
  }

  room(isAlone: boolean): number {
    if (this.limit === 0) return Number.POSITIVE_INFINITY
    return (isAlone ? this.limit : this.#granted) - this.#used - this.held
  }

  get spare(): number {
    return this.limit === 0 ? 0 : Math.max(0, this.room(false))
  }

  /** What is left for all processes, as far as this one knows. */
  rest(isAlone: boolean): number {
    if (isAlone || this.#left === Number.POSITIVE_INFINITY) return Math.max(0, this.limit - this.#used)
    return Math.max(0, this.#granted - this.#used) + this.#left
  }

  get isLow(): boolean {
    return this.limit > 0 && !this.isAsked && this.spare < this.#slice / 2 && this.#left >= 2 * grantDivisor
  }

  get #slice(): number {
    return Math.ceil(this.limit / slices)
  }

  /** The next question to the ledger. What is given back cannot be used any more. */
  ask(): Ask {
    const { key, minute, limit, spare } = this
    const isReturning = this.isReturning && this.need === 0
    const owed = isReturning ? -spare : Math.max(0, -this.room(false))
    this.#granted += owed
    const need = Math.max(0, this.need - spare)
    const want = isReturning ? 0 : Math.max(need, this.#slice - spare)
    this.need = 0
    this.isReturning = false
    return { key, minute, limit, owed, need, want }
  }

  take({ need }: Ask, { granted, left }: Grant, now: number): void {
    this.#granted += granted
    this.#left = left
    if (granted < need) this.spentUntil = now + spentMs
  }

  /** The ledger has not answered. Whether it has counted what was owed is unknown. */
  fail({ owed }: Ask): void {
    this.#granted -= Math.max(0, owed)
  }
}
