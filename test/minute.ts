import { setTimeout as sleep } from 'node:timers/promises'

/** Waits so that what takes no longer than `seconds` falls into one minute of the clock, as quotas count them. */
export async function withinAMinute(seconds = 10): Promise<void> {
  while (Date.now() % 60_000 > 60_000 - 1000 * seconds) await sleep(100)
}
