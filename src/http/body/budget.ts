import type { Limits } from '../limits.ts'
import { Problem } from '../problem.ts'

/** What all requests in flight share: the limits, and the budget of bytes that they may hold together. */
export class InFlightBudget {
  readonly limits: Limits
  #held = 0

  constructor(limits: Limits) {
    this.limits = limits
  }

  /** Bytes of bodies in memory now. */
  get held(): number {
    return this.#held
  }

  /** @throws Problem `overloaded` when the budget is used up */
  hold(bytes: number): void {
    if (this.#held + bytes > this.limits.maxInFlightBytes) {
      throw new Problem('overloaded', 'Too many bytes of requests are in flight.', {}, { 'retry-after': '1' })
    }
    this.#held += bytes
  }

  release(bytes: number): void {
    this.#held -= bytes
  }
}
