import { mock } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

/** Stops the clock at the begin of its minute until the end of the test, so that no quota of this process is renewed. */
export function stopAtMinute(t: { after(end: () => void): unknown }): void {
  mock.timers.enable({ apis: ['Date'], now: Date.now() - (Date.now() % 60_000) })
  t.after(() => mock.timers.reset())
}

/** Waits so that what takes no longer than `seconds` falls into one minute of the clock, as quotas count them. */
export async function withinAMinute(seconds = 10): Promise<void> {
  while (Date.now() % 60_000 > 60_000 - 1000 * seconds) await sleep(100)
}
