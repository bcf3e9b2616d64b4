/** @import { Exchange, Problem } from './types.d.ts' */
import { askForKey, keyHeader } from './key.js'
import { strings } from './strings.js'

/** What goes before every path of the service: this file is at explore/assets/VERSION/api.js below it. */
export const basePath = new URL('../../..', import.meta.url).pathname.slice(0, -1)

/** The service refused; `exchange.answer` is its problem. */
export class Refused extends Error {
  /** @param {Exchange} exchange */
  constructor(exchange) {
    const problem = /** @type {Problem} */ (exchange.answer)
    super(problem.detail)
    this.exchange = exchange
    this.problem = problem
  }
}

/**
 * Sends JSON and waits for the answer, right or wrong.
 *
 * @param {string} path
 * @param {object | string} body an object, or its JSON
 * @param {AbortSignal} [signal]
 * @returns {Promise<Exchange>}
 */
export function post(path, body, signal) {
  return send('POST', path, body, signal)
}

/**
 * @param {'POST' | 'PUT' | 'PATCH' | 'DELETE'} method
 * @param {string} path
 * @param {object | string} [body] an object, or its JSON
 * @param {AbortSignal} [signal]
 * @returns {Promise<Exchange>}
 */
export async function send(method, path, body, signal) {
  const request = typeof body === 'object' ? JSON.stringify(body) : (body ?? '')
  return exchange(method, path, request, {
    method,
    headers: headersWith(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(body !== undefined && { body: request }),
    ...(signal && { signal }),
  })
}

/**
 * What every request to the API has besides its own headers.
 *
 * @param {Record<string, string>} [headers]
 * @returns {Record<string, string>}
 */
export function headersWith(headers = {}) {
  return { accept: 'application/json', ...keyHeader(), ...headers }
}

/**
 * @param {string} path
 * @param {AbortSignal} [signal]
 * @returns {Promise<Exchange>}
 */
export async function get(path, signal) {
  return exchange('GET', path, '', { headers: headersWith(), ...(signal && { signal }) })
}

/**
 * @param {string} method
 * @param {string} path
 * @param {string} request
 * @param {RequestInit} options
 * @returns {Promise<Exchange>}
 */
async function exchange(method, path, request, options) {
  const start = performance.now()
  const response = await fetch(basePath + path, options).catch(unreached)
  const answer = response.status === 204 ? null : await response.json().catch(noJson(response.status))
  if (response.status === 401 || response.status === 403) askForKey(response.headers.get('www-authenticate'))
  const retryAfter = Number(response.headers.get('retry-after') ?? 0)
  const milliseconds = performance.now() - start
  return { method, path, request, status: response.status, milliseconds, answer, retryAfter }
}

/**
 * @param {number} status
 * @returns {(error: unknown) => never}
 */
function noJson(status) {
  return (error) => {
    throw error instanceof DOMException ? error : new Error(strings.common.noJson(status))
  }
}

/**
 * What fetch says differs from browser to browser, and is not for people.
 *
 * @param {unknown} error
 * @returns {never}
 */
export function unreached(error) {
  throw error instanceof DOMException ? error : new Error(strings.common.unreachable)
}

/**
 * Sends bytes and reports the progress, which fetch cannot.
 *
 * @param {string} path
 * @param {Blob | FormData} body
 * @param {Record<string, string>} headers
 * @param {(share: number) => void} onProgress
 * @param {string} description
 * @param {AbortSignal} signal
 * @returns {Promise<Exchange>}
 */
export function upload(path, body, headers, onProgress, description, signal) {
  const start = performance.now()
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', basePath + path)
    for (const [name, value] of Object.entries(headersWith(headers))) request.setRequestHeader(name, value)
    request.responseType = 'json'
    request.upload.onprogress = ({ loaded, total }) => onProgress(loaded / total)
    request.onerror = () => reject(new Error(strings.common.lost))
    request.onabort = () => reject(signal.reason)
    signal.addEventListener('abort', () => request.abort())
    request.onload = () => {
      if (request.status === 401 || request.status === 403) askForKey(request.getResponseHeader('www-authenticate'))
      if (request.response === null) reject(new Error(strings.common.noJson(request.status)))
      resolve({
        method: 'POST',
        path,
        request: description,
        status: request.status,
        milliseconds: performance.now() - start,
        answer: request.response,
      })
    }
    request.send(body)
  })
}

/**
 * The answer of an exchange.
 *
 * @template T
 * @param {Exchange} exchange
 * @returns {T}
 * @throws {Refused} when the service refused
 */
export function answerOf(exchange) {
  if (exchange.status >= 400) throw new Refused(exchange)
  return /** @type {T} */ (exchange.answer)
}

/**
 * Runs the task for the newest value only: values that come while it runs replace each other.
 *
 * @template T
 * @param {(value: T) => Promise<void>} task
 * @returns {(value: T) => Promise<void>}
 */
export function newest(task) {
  /** @type {{ value: T } | undefined} */
  let next
  /** @type {Promise<void> | undefined} */
  let running
  const run = async () => {
    while (next !== undefined) {
      const { value } = next
      next = undefined
      await task(value)
    }
  }
  return (value) => {
    next = { value }
    running ??= run().finally(() => {
      running = undefined
    })
    return running
  }
}

/**
 * Runs the tasks, at most `width` at a time.
 *
 * @param {number} width
 * @param {(() => Promise<void>)[]} tasks
 */
export async function pool(width, tasks) {
  const queue = tasks.values()
  const worker = async () => {
    for (const task of queue) await task()
  }
  await Promise.all(Array.from({ length: width }, worker))
}

/**
 * Loads once for all who ask, and again when it has failed.
 *
 * @template T
 * @param {() => Promise<T>} load
 * @returns {() => Promise<T>}
 */
export function once(load) {
  /** @type {Promise<T> | undefined} */
  let loading
  return () => {
    loading ??= load().catch((error) => {
      loading = undefined
      throw error
    })
    return loading
  }
}
