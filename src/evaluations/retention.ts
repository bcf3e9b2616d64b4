import { setImmediate } from 'node:timers/promises'
import type { Store } from '../database/store.ts'

const everyMilliseconds = 60_000
const day = 86_400_000

/** Every minute. @param retentionDays 0 expires nothing @returns ends it */
export function sweepRegularly(store: Store, retentionDays: number, failed: (error: unknown) => void): () => void {
  let isEnded = false
  const sweep = async (): Promise<void> => {
    try {
      const before = retentionDays === 0 ? undefined : Date.now() - retentionDays * day
      while (!isEnded && (await store.sweep(before))) await setImmediate()
    } catch (error) {
      if (!isEnded) failed(error)
    }
    if (!isEnded) timer = setTimeout(sweep, everyMilliseconds).unref()
  }
  let timer = setTimeout(sweep, everyMilliseconds).unref()
  return () => {
    isEnded = true
    clearTimeout(timer)
  }
}
