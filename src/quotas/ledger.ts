/** What a process asks of one quota of one client. */
export interface Ask {
  /** Whose quota, and of what. */
  readonly key: string
  /** The minute of the clock that it counts for, in minutes since 1970. */
  readonly minute: number
  /** What the client may send in this minute, in all. */
  readonly limit: number
  /** What was used without a grant, while nobody could be asked, and counts in any case; below 0, what is given back. */
  readonly owed: number
  /** What requests wait for. */
  readonly need: number
  /** What is welcome: those that come next need not wait for it. */
  readonly want: number
}

export interface Grant {
  /** What may be used, in addition to all that was granted before. */
  readonly granted: number
  /** What nobody has yet. */
  readonly left: number
}

/** Keeps the counts of what all processes share. Nothing is granted twice. */
export interface Ledger {
  /** Answers each ask in its place. */
  take(asks: readonly Ask[]): Promise<readonly Grant[]>
  close(): Promise<void>
}

/** More than what is needed is granted up to this part of what is left, so that the others find something, too. */
export const grantDivisor = 8

/** What becomes of a count when it is asked for more; `postgres-ledger.ts` has the same in SQL. */
export function decide(count: number, { limit, owed, need, want }: Ask): Grant & { readonly count: number } {
  const booked = Math.max(0, count + owed)
  const rest = Math.max(0, limit - booked)
  const granted = Math.min(want, Math.max(Math.min(need, rest), Math.floor(rest / grantDivisor)))
  return { granted, left: rest - granted, count: booked + granted }
}
