import { setTimeout as sleep } from 'node:timers/promises'

/** Waits until something holds; false when it does not in time. */
export async function eventually(holds: () => boolean, milliseconds = 20_000): Promise<boolean> {
  for (const until = performance.now() + milliseconds; !holds(); await sleep(2)) {
    if (performance.now() > until) return false
  }
  return true
}
