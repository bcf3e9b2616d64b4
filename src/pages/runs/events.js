import { basePath, headersWith, Refused } from '../api.js'

/** The service sends something every 15 s; what is silent for longer is dead. */
const quietMilliseconds = 45_000

/**
 * Server-Sent Events by fetch, since an EventSource cannot send a key. Ends when the stream ends.
 *
 * @param {string} path
 * @param {AbortSignal} signal
 * @returns {AsyncGenerator<{ event: string, data: any }>} the data as JSON
 * @throws {Refused} when the service refused
 */
export async function* eventsOf(path, signal) {
  const silence = new AbortController()
  const hush = () => setTimeout(() => silence.abort(), quietMilliseconds)
  let timer = hush()
  try {
    const response = await fetch(basePath + path, {
      headers: headersWith({ accept: 'text/event-stream' }),
      signal: AbortSignal.any([signal, silence.signal]),
    })
    if (!response.ok || response.body === null) {
      const exchange = { method: 'GET', path, request: '', status: response.status, milliseconds: 0 }
      throw new Refused({ ...exchange, answer: await response.json() })
    }
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      clearTimeout(timer)
      timer = hush()
      const blocks = (text + piece.value).split('\n\n')
      text = blocks.pop() ?? ''
      for (const block of blocks) {
        const fields = new Map(block.split('\n').map((line) => /** @type {[string, string]} */ (fieldOf(line))))
        const data = fields.get('data')
        if (data !== undefined) yield { event: fields.get('event') ?? 'message', data: JSON.parse(data) }
      }
    }
  } finally {
    clearTimeout(timer)
    silence.abort()
  }
}

/** @param {string} line */
function fieldOf(line) {
  const colon = line.indexOf(':')
  return [line.slice(0, colon), line.slice(colon + 1).trimStart()]
}
