import { setTimeout as sleep } from 'node:timers/promises'

const patienceMilliseconds = 500
/** An answer holds so long, so that those who ask cannot have the store write all the time. */
const holdsMilliseconds = 1000

export interface StoreProbe {
  isReady(): Promise<boolean>
  /** Whether it was ever ready. */
  readonly wasReady: boolean
}

/** Checks share the wait of the first, and end after `patience`. @param failed is told why, until the store is ready */
export function storeProbe(
  ping: () => Promise<void>,
  failed: (error: unknown) => void = () => undefined,
  patience = patienceMilliseconds,
  holds = holdsMilliseconds,
): StoreProbe {
  let pinged: Promise<boolean> | undefined
  let wasReady = false
  let until = 0
  return {
    get wasReady() {
      return wasReady
    },
    isReady() {
      if (performance.now() >= until) pinged = undefined
      if (pinged === undefined) {
        until = Number.POSITIVE_INFINITY
        pinged = ping()
          .then(
            () => true,
            (error: unknown) => {
              if (!wasReady) failed(error)
              return false
            },
          )
          .then((isReady) => {
            wasReady ||= isReady
            until = performance.now() + holds
            return isReady
          })
      }
      return Promise.race([pinged, sleep(patience, false, { ref: false })])
    },
  }
}
