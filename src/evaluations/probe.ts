import { setTimeout as sleep } from 'node:timers/promises'

const patienceMilliseconds = 500

/**
 * Makes a check of whether a store can be used. A store that says nothing cannot: a check waits no longer than whoever
 * probes the service would, and those that come meanwhile share the wait of the first.
 *
 * @param ping fulfilled when the store can be used
 */
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
