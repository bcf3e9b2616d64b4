export interface Ask {
  /** The client and the resource. */
  readonly key: string
  /** The minute of the clock that it counts for, in minutes since 1970. */
  readonly minute: number
  /** What the client may send in this minute, in all. */
  readonly limit: number
  /** What was used without a grant while the ledger was away, and counts in any case; negative, what is given back. */
  readonly owed: number
  /** The amount that requests wait for. */
  readonly need: number
  /** The amount wanted in advance, for the next requests. */
  readonly want: number
}

export interface Grant {
  /** What may be used, in addition to all that was granted before. */
  readonly granted: number
  /** What is granted to no process yet. */
  readonly left: number
}

/** Keeps the counts of what all processes share. Nothing is granted twice. */
export interface Ledger {
  take(asks: readonly Ask[]): Promise<readonly Grant[]>
  close(): Promise<void>
}

/** Beyond the need, at most this fraction of the rest is granted, so that other processes find something. */
export const grantDivisor = 8

export function decide(count: number, { limit, owed, need, want }: Ask): Grant & { readonly count: number } {
  const booked = Math.max(0, count + owed)
  const rest = Math.max(0, limit - booked)
  const granted = Math.min(want, Math.max(Math.min(need, rest), Math.floor(rest / grantDivisor)))
  return { granted, left: rest - granted, count: booked + granted }
}
