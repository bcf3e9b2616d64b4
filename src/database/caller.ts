import { AsyncLocalStorage } from 'node:async_hooks'
import type { Caller as Waiter } from '../runtime/turns.ts'

/** For whom the store works. */
export interface Caller extends Waiter {
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
