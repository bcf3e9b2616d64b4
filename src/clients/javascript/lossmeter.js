/**
 * A client of lossmeter, the REST service that evaluates loss functions: an ES module for browsers and Node, without dependencies.
 *
 *     const service = new Lossmeter('http://127.0.0.1:3000')
 *     const { loss, accuracy } = await service.loss([[0.2, 0.8], [0.9, 0.1]], [1, 0], { loss: 'cross-entropy', labelFormat: 'index' })
 *
 * Predictions, labels and weights are nested arrays, typed arrays, or `{ data, shape }` of a typed array; typed arrays are sent as
 * bytes of their own type. With `table` (a Blob or bytes) and `tableFormat` they are names of its columns. Options have the names
 * of the HTTP API, and none is guessed.
 */

export const version = '0.1.0'

const again = new Set([429, 502, 503, 504])
const notFinite = { infinite: Number.POSITIVE_INFINITY, undefined: Number.NaN }
const quietMilliseconds = 45_000
const parts = new Set(['predictions', 'labels', 'baseline', 'sampleWeights', 'classWeights', 'groups', 'ids', 'at'])
const types = {
  Float64Array: '<f8',
  Float32Array: '<f4',
  Float16Array: '<f2',
  BigInt64Array: '<i8',
  Int32Array: '<i4',
  Int16Array: '<i2',
  Int8Array: '|i1',
  BigUint64Array: '<u8',
  Uint32Array: '<u4',
  Uint16Array: '<u2',
  Uint8Array: '|u1',
  Uint8ClampedArray: '|u1',
}

/** The service refused a request. `status` is the HTTP status, and `problem` the answer (RFC 9457). The message lists each error. */
export class LossmeterError extends Error {
  constructor(status, problem, note = '') {
    const errors = (problem.errors ?? []).map(({ pointer, detail, remedies }) => {
      const remedy = remedies === undefined ? '' : ` Remedy: ${JSON.stringify(remedies[0])}`
      return `\n  ${pointer}: ${detail}${remedy}`
    })
    super(`${status} ${problem.title}: ${problem.detail}${errors.join('')}${note}`)
    this.name = 'LossmeterError'
    this.status = status
    this.problem = problem
  }
}

/** The service was out of reach for longer than `patience`. */
export class OutOfReach extends Error {
  name = 'OutOfReach'
}

export class Lossmeter {
  #base
  #headers
  #timeout
  #patience
  #compress
  #say
  #fetch
  #reviver

  constructor(url = 'http://127.0.0.1:3000', options = {}) {
    const { key, timeout = 60, patience = 120, compress = false, plain = false, say = () => {} } = options
    const { fetch = globalThis.fetch } = options
    this.#base = url
    while (this.#base.endsWith('/')) this.#base = this.#base.slice(0, -1)
    this.#headers = { accept: 'application/json', ...(key !== undefined && { authorization: `Bearer ${key}` }) }
    this.#timeout = timeout * 1000
    this.#patience = patience
    this.#compress = compress
    this.#say = say
    this.#reviver = plain ? undefined : figures
    // a browser's fetch must be called without an object
    this.#fetch = (...args) => fetch(...args)
  }

  loss(predictions, labels, options) {
    return this.#post('/v1/loss', { predictions, labels, ...options })
  }

  compare(predictions, baseline, labels, options) {
    return this.#post('/v1/comparisons', { predictions, baseline, labels, ...options })
  }

  sweep(predictions, labels, parameter, values, options) {
    const tensors = { predictions: nested(predictions), labels: nested(labels), values: nested(values) }
    return this.#post('/v1/sweeps', { ...tensors, parameter, ...options })
  }

  async miniBatch(drawn) {
    return (await this.#post('/v1/mini-batches', drawn)).indices
  }

  losses(options) {
    return this.request('GET', '/v1/losses', options)
  }

  limits(options) {
    return this.request('GET', '/v1/limits', options)
  }

  evaluation(name) {
    return new Evaluation(this, name)
  }

  evaluations(query = {}) {
    return this.pages('/v1/evaluations', 'evaluations', query)
  }

  total(query = {}) {
    return this.request('GET', '/v1/evaluations-total', { query })
  }

  async request(method, path, { query, fields, body: text, headers: own, signal } = {}) {
    const url = this.#base + path + queryText(query)
    const encoded = fields === undefined ? { body: text, headers: own } : encode(fields)
    const headers = { ...this.#headers, ...encoded.headers }
    const body = await this.#bodyOf(encoded.body, headers)
    const attempts = new Attempts(this.#patience)
    for (;;) {
      const outcome = await this.#attempt(url, { method, headers, body }, signal)
      if (outcome.answer !== undefined) return outcome.answer
      if (method === 'DELETE' && outcome.error.status === 404 && attempts.count > 0) return {}
      if (outcome.after === undefined) throw outcome.error
      const said = `${method} ${url}: ${outcome.error.message}`
      if (!(await attempts.wait(outcome.after, signal))) throw givenUp(outcome.error, said, attempts)
      this.#say(`${said}. Sent again.`)
    }
  }

  /** An answer; or an error, with the seconds after which the request may be sent again, if it may. */
  async #attempt(url, init, signal) {
    const limits = [AbortSignal.timeout(this.#timeout), ...(signal === undefined ? [] : [signal])]
    let response
    let text
    try {
      response = await this.#fetch(url, { ...init, signal: AbortSignal.any(limits) })
      text = await response.text()
    } catch (error) {
      if (signal?.aborted) throw error
      return lost(error)
    }
    if (!response.ok) return refused(response, text)
    return { answer: text === '' ? {} : JSON.parse(text, this.#reviver) }
  }

  async #bodyOf(body, headers) {
    if (body === undefined || !this.#compress) return body
    headers['content-encoding'] = 'gzip'
    const stream = new Response(body).body.pipeThrough(new CompressionStream('gzip'))
    return new Response(stream).arrayBuffer()
  }

  #post(path, fields) {
    return this.request('POST', path, { fields })
  }

  async *pages(path, name, query) {
    for (let after = query.after; ; ) {
      const page = await this.request('GET', path, { query: { ...query, after } })
      yield* page[name]
      if (page.next === undefined) return
      after = page.next
    }
  }

  /** The events of a path, each once, over as many connections as it takes. */
  async *events(path, after, signal) {
    let seen = after
    let end
    let hasBegun = false
    const attempts = new Attempts(this.#patience)
    for (;;) {
      let failure = { error: new Error('the stream ended'), after: 0 }
      try {
        for await (const event of this.#stream(path, seen, signal)) {
          hasBegun = true
          attempts.restart()
          if (event.type === 'batch') seen = event.sequence
          else {
            // one with a detail is of another run, which is sent from its beginning
            seen = event.detail === undefined ? (seen ?? event.sequence) : 0
            end = event.status === 'sealed' ? event.sequence : undefined
          }
          yield event
          if (event.status === 'deleted' || (end !== undefined && seen >= end)) return
        }
      } catch (error) {
        if (signal?.aborted) throw error
        failure = error instanceof Refusal ? error.outcome : lost(error)
        if (failure.error.status === 404 && hasBegun) return
        if (failure.after === undefined) throw failure.error
      }
      const said = `GET ${path}: ${failure.error.message}`
      if (!(await attempts.wait(failure.after, signal))) throw givenUp(failure.error, said, attempts)
      this.#say(`${said}. Connects again.`)
    }
  }

  async *#stream(path, after, signal) {
    const quiet = new AbortController()
    const headers = { ...this.#headers, accept: 'text/event-stream' }
    const abort = () => quiet.abort(new Error('the stream was silent'))
    let timer = setTimeout(abort, quietMilliseconds)
    try {
      const either = AbortSignal.any([quiet.signal, ...(signal === undefined ? [] : [signal])])
      const response = await this.#fetch(this.#base + path + queryText({ after }), { headers, signal: either })
      if (!response.ok) throw new Refusal(refused(response, await response.text()))
      let rest = ''
      for await (const text of chunksOf(response.body)) {
        clearTimeout(timer)
        timer = setTimeout(abort, quietMilliseconds)
        const events = (rest + text).split('\n\n')
        rest = events.pop()
        for (const event of events) {
          const fields = Object.fromEntries(event.split('\n').map((line) => line.split(/: (.*)/s)))
          if (fields.data !== undefined) yield { type: fields.event, ...JSON.parse(fields.data, this.#reviver) }
        }
      }
    } finally {
      clearTimeout(timer)
      quiet.abort()
    }
  }
}

/** A persistent evaluation. Whatever is sent twice counts once. */
export class Evaluation {
  #service
  #path

  constructor(service, name) {
    this.name = name
    this.#service = service
    this.#path = `/v1/evaluations/${encodeURIComponent(name)}`
  }

  declare(declaration) {
    const fields = Object.fromEntries(Object.entries(declaration).map(([name, value]) => [name, nested(value)]))
    return this.#service.request('PUT', this.#path, { fields })
  }

  add(batch, predictions, labels, more) {
    const fields = { predictions, labels, ...more }
    return this.#service.request('PUT', `${this.#path}/batches/${encodeURIComponent(batch)}`, { fields })
  }

  predictions(ids, predictions, more) {
    const fields = { ids: nested(ids), predictions, ...more }
    return this.#service.request('POST', `${this.#path}/predictions`, { fields })
  }

  labels(ids, labels, more) {
    return this.#service.request('POST', `${this.#path}/labels`, { fields: { ids: nested(ids), labels, ...more } })
  }

  waiting(half) {
    return this.#service.pages(`${this.#path}/waiting`, 'waiting', { half })
  }

  report(query = {}) {
    return this.#service.request('GET', this.#path, { query })
  }

  batches(query = {}) {
    return this.#service.pages(`${this.#path}/batches`, 'batches', query)
  }

  async curve(query = {}) {
    return (await this.#service.request('GET', `${this.#path}/curve`, { query })).points
  }

  windows(query = {}) {
    return this.#service.pages(`${this.#path}/windows`, 'windows', query)
  }

  compareWith(other, query = {}) {
    return this.#service.request('GET', `${this.#path}/comparison`, { query: { with: other, ...query } })
  }

  events({ after, signal } = {}) {
    return this.#service.events(`${this.#path}/events`, after, signal)
  }

  seal() {
    return this.#service.request('PATCH', this.#path, { fields: { status: 'sealed' } })
  }

  async delete() {
    await this.#service.request('DELETE', this.#path)
  }
}

/** Attempts with waits that grow. */
class Attempts {
  #patience
  #began = performance.now()
  count = 0

  constructor(patience) {
    this.#patience = patience
  }

  restart() {
    this.#began = performance.now()
    this.count = 0
  }

  /** @returns {Promise<boolean>} false if the wait would be too long */
  async wait(least, signal) {
    const grown = Math.min(10, 0.2 * 2 ** this.count) * (0.5 + Math.random() / 2)
    const seconds = Math.max(least, grown)
    if ((performance.now() - this.#began) / 1000 + seconds > this.#patience) return false
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
    signal?.throwIfAborted()
    this.count++
    return true
  }

  get note() {
    return ` (given up after ${this.count + 1} attempts in ${this.#patience} s)`
  }
}

class Refusal extends Error {
  constructor(outcome) {
    super(outcome.error.message)
    this.outcome = outcome
  }
}

/** An attempt that had no answer. Only a certificate that is not trusted is for good. */
function lost(cause) {
  const { code, message } = cause.cause ?? cause
  const error = new OutOfReach(message || code || String(cause), { cause })
  return { error, after: /CERT|VERIFY/.test(code) ? undefined : 0 }
}

function givenUp(error, said, { note }) {
  if (error instanceof LossmeterError) return new LossmeterError(error.status, error.problem, note)
  return new OutOfReach(said + note, { cause: error })
}

function refused(response, text) {
  let problem = { title: 'not an answer of lossmeter', detail: text.slice(0, 200) }
  try {
    const parsed = JSON.parse(text)
    if (typeof parsed === 'object' && parsed !== null) problem = parsed
  } catch {
    // of a proxy
  }
  const after = again.has(response.status) ? Number(response.headers.get('retry-after')) || 0 : undefined
  return { error: new LossmeterError(response.status, problem), after }
}

/** A body for an object: JSON, or a form with a table, or the typed arrays as .npy files. */
function encode({ table, ...fields }) {
  let given = Object.entries(fields).filter(([, value]) => value !== undefined)
  if (table !== undefined) {
    // then the tensors are names of its columns
    const columns = Object.fromEntries(given.filter(([name]) => parts.has(name)))
    given = [...given.filter(([name]) => !parts.has(name)), ['columns', columns]]
  } else if (!given.some(([, value]) => isTyped(value))) {
    const body = JSON.stringify(Object.fromEntries(given))
    return { body, headers: { 'content-type': 'application/json' } }
  }
  const boundary = crypto.randomUUID()
  const chunks = []
  const add = (name, type, content) => {
    const file = type === 'application/json' ? '' : `; filename="${name}"`
    const head = `--${boundary}\r\ncontent-disposition: form-data; name="${name}"${file}\r\ncontent-type: ${type}\r\n\r\n`
    chunks.push(head, content, '\r\n')
  }
  const options = given.filter(([name]) => !parts.has(name))
  if (options.length > 0) add('options', 'application/json', JSON.stringify(Object.fromEntries(options)))
  for (const [name, value] of given.filter(([name]) => parts.has(name))) {
    if (isTyped(value)) add(name, 'application/octet-stream', npy(value))
    else add(name, 'application/json', JSON.stringify(value))
  }
  if (table !== undefined) add('table', 'application/octet-stream', table)
  const body = new Blob([...chunks, `--${boundary}--\r\n`])
  return { body, headers: { 'content-type': `multipart/form-data; boundary=${boundary}` } }
}

function isTyped(value) {
  return ArrayBuffer.isView(value) || ArrayBuffer.isView(value?.data)
}

function npy(value) {
  const { data, shape } = ArrayBuffer.isView(value) ? { data: value, shape: [value.length] } : value
  const type = types[data.constructor.name]
  if (type === undefined) throw new TypeError(`${data.constructor.name} cannot be sent`)
  const elements = shape.reduce((product, each) => product * each, 1)
  if (elements !== data.length)
    throw new TypeError(`a shape of [${shape}] has ${elements} elements, not ${data.length}`)
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ')
  const head = `{'descr': '${type}', 'fortran_order': False, 'shape': (${sizes}), }`
  const padded = `${head.padEnd(Math.ceil((head.length + 11) / 64) * 64 - 11)}\n`
  const lead = new Uint8Array([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, padded.length & 0xff, padded.length >> 8])
  return new Blob([lead, padded, data])
}

/** Plain arrays in place of typed ones. */
function nested(value) {
  if (!isTyped(value)) return value
  const { data, shape } = ArrayBuffer.isView(value) ? { data: value, shape: [value.length] } : value
  const numbers = Array.from(data, Number)
  return shape.slice(1).reduceRight((rows, width) => {
    return Array.from({ length: rows.length / width }, (_, at) => rows.slice(at * width, (at + 1) * width))
  }, numbers)
}

/** A reviver: an infinite loss is Infinity, an undefined one NaN. */
function figures(_, value) {
  if (typeof value?.lossStatus !== 'string' || value.lossStatus === 'finite') return value
  for (const name of ['loss', 'lossSum']) if (value[name] === null) value[name] = notFinite[value.lossStatus]
  return value
}

function queryText(query = {}) {
  const pairs = Object.entries(query).flatMap(([name, value]) => {
    if (value === undefined) return []
    if (name === 'metadata') return Object.entries(value).map(([key, text]) => [`metadata.${key}`, text])
    return [[name, typeof value === 'object' ? JSON.stringify(value) : String(value)]]
  })
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`
}

async function* chunksOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}
