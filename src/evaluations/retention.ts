import { setImmediate } from 'node:timers/promises'
import type { WaitingCounts } from '../database/halves.ts'
import type { EvaluationName, Store } from '../database/store.ts'
import { regularly } from '../runtime/regularly.ts'

const everyMilliseconds = 60_000
/** A clock that goes this far beside the time from one sweep to the next was set. */
const mostDrift = 5 * everyMilliseconds
/** For so many sweeps after the clock was set forward nothing is deleted: it may have been by mistake, and what is deleted is lost. */
const doubtfulSweeps = 60
const day = 86_400_000

/** Is told how many halves of rows have waited in vain, how many wait still, and when nothing is left to be deleted. */
export interface SweepCounts {
  expired(halves: number): void
  waiting(counts: WaitingCounts): void
  swept(): void
}

/** Every minute. @param retentionDays 0 expires nothing @param expired is told of each evaluation that expires @returns ends it */
export function sweepRegularly(
  store: Store,
  retentionDays: number,
  failed: (error: unknown) => void,
  counts?: SweepCounts,
  expired?: (evaluation: EvaluationName) => void,
): () => void {
  counts?.swept()
  let [lastTime, doubtful] = [Date.now(), 0]
  return regularly(everyMilliseconds, async (isEnded) => {
    try {
      const drift = Date.now() - lastTime - everyMilliseconds
      if (drift > mostDrift) doubtful = doubtfulSweeps
      else if (drift < -mostDrift) doubtful = 0
      if (doubtful > 0) {
        doubtful--
        return
      }
      const before = retentionDays === 0 ? undefined : Date.now() - retentionDays * day
      while (!isEnded() && (await store.sweep(before, expired))) await setImmediate()
      while (!isEnded()) {
        const { expired, isMore } = await store.sweepHalves()
        counts?.expired(expired)
        if (!isMore) break
        await setImmediate()
      }
      if (isEnded()) return
      counts?.swept()
      counts?.waiting(await store.countWaiting())
    } catch (error) {
      if (!isEnded()) failed(error)
    } finally {
      lastTime = Date.now()
    }
  })
}
