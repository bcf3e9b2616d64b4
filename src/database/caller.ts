import { AsyncLocalStorage } from 'node:async_hooks'

/** For whom the store works. */
export interface Caller {
  /** Whose turn it is: an address, or the owner of a key. */
  readonly owner: string
  /** Whether the client no longer waits for an answer. */
  readonly isOver: boolean
  /** 0 where it has hardly begun, and more the more time it has taken. */
  readonly level: number
  /** Counts time of the store that was spent on it. */
  charge(milliseconds: number): void
}

const current = new AsyncLocalStorage<Caller | undefined>()

/** Runs what asks the store for a caller. */
export function onBehalfOf<Result>(caller: Caller | undefined, run: () => Result): Result {
  return current.run(caller, run)
}

/** undefined for what the service does by itself. */
export function currentCaller(): Caller | undefined {
  return current.getStore()
}
