/** @import { Exchange, Problem } from './types.d.ts' */
import { Lossmeter, LossmeterError, OutOfReach } from '../../../clients/lossmeter.js'
import { askForKey, keptKey } from './key.js'
import { strings } from './strings.js'

/** What goes before every path of the service: this file is at explore/assets/VERSION/api.js below it. */
export const basePath = new URL('../../..', import.meta.url).pathname.slice(0, -1)

export { LossmeterError, OutOfReach }

/**
 * The client of the service, with the key of this tab. It tries once: the pages say what is wrong, and when they try again.
 *
 * @param {(response: Response) => void} [look] is shown each response
 */
export function service(look) {
  const key = keptKey()
  return new Lossmeter(basePath, {
    ...(key !== undefined && { key }),
    patience: 0,
    plain: true,
    fetch: async (url, options) => {
      const response = await fetch(url, options)
      if (response.status === 401 || response.status === 403) askForKey(response.headers.get('www-authenticate'))
      look?.(response)
      return response
    },
  })
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
 * @param {string} path
 * @param {AbortSignal} [signal]
 * @returns {Promise<Exchange>}
 */
export function get(path, signal) {
  return send('GET', path, undefined, signal)
}

/**
 * @param {'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'} method
 * @param {string} path
 * @param {object | string} [content] an object, or its JSON
 * @param {AbortSignal} [signal]
 * @returns {Promise<Exchange>}
 */
export async function send(method, path, content, signal) {
  const body = typeof content === 'object' ? JSON.stringify(content) : content
  const headers = body === undefined ? {} : { 'content-type': 'application/json' }
  const start = performance.now()
  /** @type {{ response?: Response }} */
  const seen = {}
  const answer = await service((response) => {
    seen.response = response
  })
    .request(method, path, { body, headers, signal })
    .catch((error) => problemOf(error, seen.response))
  return {
    method,
    path,
    request: body ?? '',
    status: seen.response?.status ?? 0,
    milliseconds: performance.now() - start,
    answer,
    retryAfter: Number(seen.response?.headers.get('retry-after') ?? 0),
  }
}

/**
 * What the service answered. What fetch says differs from browser to browser, and is not for people.
 *
 * @param {unknown} error
 * @param {Response | undefined} response
 */
function problemOf(error, response) {
  if (error instanceof LossmeterError && error.problem.type !== undefined) return error.problem
  if (error instanceof DOMException) throw error
  throw new Error(response === undefined ? strings.common.unreachable : strings.common.noJson(response.status))
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
    const key = keptKey()
    const all = { accept: 'application/json', ...headers, ...(key !== undefined && { authorization: `Bearer ${key}` }) }
    for (const [name, value] of Object.entries(all)) request.setRequestHeader(name, value)
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
 * @throws {LossmeterError} when the service refused
 */
export function answerOf(exchange) {
  if (exchange.status >= 400) {
    throw new LossmeterError(exchange.status, /** @type {Problem} */ (exchange.answer))
  }
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
