import type { WaitWatch } from '../runtime/turns.ts'
import { Turns } from '../runtime/turns.ts'
import { currentCaller } from './caller.ts'
import { StoreUnavailable } from './errors.ts'

export const mostWaiting = 4096
export const mostOfOwner = 512

/** Runs operations of the store in turns of those who ask. */
export class StoreTurns extends Turns {
  constructor(atOnce: number, waited?: WaitWatch) {
    super({ atOnce, mostWaiting, mostOfOwner }, (why) => new StoreUnavailable(why), waited)
  }

  /** @throws StoreUnavailable "busy" or "left" */
  override run<Result>(operation: () => Promise<Result>, caller = currentCaller()): Promise<Result> {
    return super.run(operation, caller)
  }
}
