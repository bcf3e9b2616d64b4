import type { Ask, Grant } from './ledger.ts'
import { grantDivisor } from './ledger.ts'

/** A slice is this part of a quota. */
const slices = 32
/** Milliseconds after which a used up quota is asked for again: others may have given something back. */
const spentMs = 250

/** How much of one thing, requests or bytes, a client has sent in one minute, and may send yet. */
export class QuotaShare {
  readonly key: string
  readonly minute: number
  /** What may be sent in all; 0 is as much as is liked. */
  limit = 0
  /** What requests have said that they will send. */
  held = 0
  #used = 0
  /** What the ledger has granted to this process. */
  #granted = 0
  /** What it had left then. */
  #left = Number.POSITIVE_INFINITY
  /** What requests wait for. */
  need = 0
  isReturning = false
  /** Whether the ledger is being asked, or will be. */
  isAsked = false
  /** It is used up, for all processes, until then. */
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

  /** Of what was held, so much has come. */
  useHeld(amount: number): void {
    this.held -= amount
    this.#used += amount
  }

  /** Uses what is left, because that is not enough. */
  exhaust(isAlone: boolean, amount: number): false {
    this.#used += isAlone ? amount : this.spare
    return false
  }

  /** What may be used at once. */
  room(isAlone: boolean): number {
    if (this.limit === 0) return Number.POSITIVE_INFINITY
    return (isAlone ? this.limit : this.#granted) - this.#used - this.held
  }

  /** What was granted and is not used. */
  get spare(): number {
    return this.limit === 0 ? 0 : Math.max(0, this.room(false))
  }

  /** What may be used in all, as far as is known here. */
  rest(isAlone: boolean): number {
    if (isAlone || this.#left === Number.POSITIVE_INFINITY) return Math.max(0, this.limit - this.#used)
    return Math.max(0, this.#granted - this.#used) + this.#left
  }

  /** Whether the next slice should be asked for, and there may be one. */
  get isLow(): boolean {
    return this.limit > 0 && !this.isAsked && this.spare < this.#slice / 2 && this.#left >= 2 * grantDivisor
  }

  get #slice(): number {
    return Math.ceil(this.limit / slices)
  }

  /** What the ledger is to be asked. What is given back cannot be used from now on. */
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

  /** What the ledger has answered. */
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
