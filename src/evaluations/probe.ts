import { setTimeout as sleep } from 'node:timers/promises'

const patienceMilliseconds = 500

/** Checks share the wait of the first, and end after `patience`. */
export function storeProbe(ping: () => Promise<void>, patience = patienceMilliseconds): () => Promise<boolean> {
  let pinged: Promise<boolean> | undefined
  return () => {
    pinged ??= ping()
      .then(
        () => true,
        () => false,
      )
      .finally(() => {
        pinged = undefined
      })
    return Promise.race([pinged, sleep(patience, false, { ref: false })])
  }
}
