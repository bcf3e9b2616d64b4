/** @import { Exchange, Problem } from '../types.d.ts' */
import { answerOf, send } from '../api.js'

/**
 * Sends requests one at a time, and sends one again after as many seconds as the service asks for.
 *
 * @param {(exchange: Exchange) => void} onExchange
 * @param {(seconds: number) => void} onWait
 */
export function patientService(onExchange, onWait) {
  /**
   * @template T
   * @param {'POST' | 'PUT'} method
   * @param {string} path
   * @param {object} body
   * @param {AbortSignal} signal
   * @returns {Promise<T>}
   */
  return async (method, path, body, signal) => {
    for (;;) {
      const exchange = await send(method, path, body, signal)
      onExchange(exchange)
      const seconds = secondsToWait(exchange)
      if (seconds === 0) return answerOf(exchange)
      onWait(seconds)
      await sleep(1000 * seconds, signal)
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
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    begin(resolve)
  })
}
