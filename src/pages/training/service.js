/** @import { Exchange, Problem } from '../types.d.ts' */
import { answerOf, LossmeterError, send } from '../api.js'

/** The longest time between two tries, in milliseconds. */
const mostPatience = 8000

/**
 * Sends requests one at a time. One is sent again after as many seconds as the service asks for, and where it does not
 * answer, until it does.
 *
 * @param {(exchange: Exchange) => void} onExchange
 * @param {(seconds: number) => void} onWait
 * @param {() => void} onLost
 */
export function patientService(onExchange, onWait, onLost) {
  /**
   * @template T
   * @param {'POST' | 'PUT'} method
   * @param {string} path
   * @param {object} body
   * @param {AbortSignal} signal
   * @returns {Promise<T>}
   */
  return async (method, path, body, signal) => {
    for (let failures = 0; ; ) {
      try {
        const exchange = await send(method, path, body, signal)
        onExchange(exchange)
        const seconds = secondsToWait(exchange)
        if (seconds === 0) return answerOf(exchange)
        onWait(seconds)
        await sleep(1000 * seconds, signal)
      } catch (error) {
        if (signal.aborted || error instanceof LossmeterError) throw error
        onLost()
        await sleep(Math.min(mostPatience, 500 * 2 ** failures++), signal)
      }
    }
  }
}

/**
 * Too many requests, or too much work, pass. A store that is out of reach may stay so, and training does without.
 *
 * @param {Exchange} exchange
 */
function secondsToWait({ status, answer, retryAfter = 0 }) {
  if (status !== 429 && status !== 503) return 0
  return /** @type {Problem} */ (answer).type.endsWith('/store-unavailable') ? 0 : retryAfter
}

/**
 * @param {number} milliseconds
 * @param {AbortSignal} signal
 */
export function sleep(milliseconds, signal) {
  return until(signal, (done) => setTimeout(done, milliseconds))
}

/** Waits while the tab is hidden. @param {AbortSignal} signal */
export async function seen(signal) {
  while (document.hidden) {
    await until(signal, (done) => document.addEventListener('visibilitychange', done, { once: true }))
  }
}

/**
 * @param {AbortSignal} signal
 * @param {(done: () => void) => void} begin
 * @returns {Promise<void>}
 */
function until(signal, begin) {
  return new Promise((resolve, reject) => {
    const give = () => reject(signal.reason)
    signal.addEventListener('abort', give, { once: true })
    begin(() => {
      signal.removeEventListener('abort', give)
      resolve()
    })
  })
}
