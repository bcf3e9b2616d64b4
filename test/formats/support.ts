import type { AddressInfo, Socket } from 'node:net'
import { connect } from 'node:net'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import { parseConfig } from '../../src/config.ts'
import type { MemoryBudget } from '../../src/formats/budget.ts'
import { BodyReader } from '../../src/formats/reader.ts'
import type { Limits } from '../../src/http/limits.ts'
import { limitsOf } from '../../src/http/limits.ts'
import type { RequestContext } from '../../src/http/request-context.ts'
import { Resources } from '../../src/http/request-context.ts'
import { eventually } from '../eventually.ts'
import { appOf, plainProblem, problemOf } from '../support.ts'

export interface Scope {
  after(release: () => unknown): unknown
}

/** The limits in force by default, and others. */
export function limits(other: Partial<Limits> = {}): Limits {
  return { ...limitsOf(parseConfig({})), ...other }
}

export interface Service {
  readonly app: FastifyInstance
  readonly port: number
}

/** The service on a port of its own. */
export async function serve(t: Scope, variables: Record<string, string> = {}): Promise<Service> {
  const app = await appOf({ after: (release) => t.after(release) }, variables)
  await app.listen({ host: '127.0.0.1', port: 0 })
  return { app, port: (app.server.address() as AddressInfo).port }
}

export interface Reply {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: Record<string, unknown>
}

/** A client that writes bytes as they are and reads the answers in order. */
export class Client {
  readonly socket: Socket
  #bytes = Buffer.alloc(0)
  isClosed = false

  /** @param localAddress where it connects from */
  constructor(t: Scope, port: number, localAddress = '127.0.0.1') {
    this.socket = connect({ port, host: '127.0.0.1', localAddress })
    this.socket.setNoDelay()
    this.socket.on('data', (chunk) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk])
    })
    this.socket.on('error', () => undefined)
    this.socket.on('close', () => {
      this.isClosed = true
    })
    t.after(() => this.socket.destroy())
  }

  /** What came and was not taken as an answer. */
  get text(): string {
    return this.#bytes.toString('latin1')
  }

  async write(bytes: string | Uint8Array): Promise<void> {
    this.socket.write(bytes)
    // nothing more comes of a socket that was closed before
    while (this.socket.writableNeedDrain && !this.isClosed) await sleep(1)
  }

  /** The next answer with a Content-Length; a 100 Continue is one without headers. */
  async answer(milliseconds = 10_000): Promise<Reply> {
    const until = performance.now() + milliseconds
    for (;;) {
      const reply = this.#take()
      if (reply !== undefined) return reply
      if (this.isClosed) throw new Error(`closed after ${JSON.stringify(this.text)}`)
      if (performance.now() > until) throw new Error(`no answer in ${milliseconds} ms`)
      await sleep(1)
    }
  }

  async closed(milliseconds = 10_000): Promise<boolean> {
    await eventually(() => this.isClosed, milliseconds)
    return this.isClosed
  }

  #take(): Reply | undefined {
    const end = this.#bytes.indexOf('\r\n\r\n')
    if (end < 0) return undefined
    const [first, ...lines] = this.#bytes.toString('latin1', 0, end).split('\r\n')
    const headers = Object.fromEntries(lines.map((line) => [line.split(': ')[0].toLowerCase(), line.split(': ')[1]]))
    const length = Number(headers['content-length'] ?? 0)
    if (this.#bytes.length < end + 4 + length) return undefined
    const body = this.#bytes.toString('utf8', end + 4, end + 4 + length)
    this.#bytes = this.#bytes.subarray(end + 4 + length)
    return { status: Number(first.split(' ')[1]), headers, body: body === '' ? {} : plainProblem(JSON.parse(body)) }
  }
}

/** The head of a POST to /v1/loss. */
export function head(headers: Record<string, string | number>, path = '/v1/loss'): string {
  const all = { host: 'localhost', 'content-type': 'application/json', ...headers }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n`
}

/** Bytes as one chunk of a chunked body. */
export function chunk(bytes: string | Uint8Array): Buffer {
  const content = Buffer.from(bytes)
  return Buffer.concat([Buffer.from(`${content.length.toString(16)}\r\n`), content, Buffer.from('\r\n')])
}

export const lastChunk = '0\r\n\r\n'

/** Random integers below a bound, the same for the same seed (mulberry32). */
export function seeded(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let bits = Math.imul(state ^ (state >>> 15), state | 1)
    bits = (bits + Math.imul(bits ^ (bits >>> 7), bits | 61)) ^ bits
    return Math.floor((((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

/** Bytes cut into chunks of random lengths, at most `longest` each. */
export function cut(bytes: Uint8Array, random: (below: number) => number, longest: number): Buffer[] {
  const chunks: Buffer[] = []
  for (let from = 0; from < bytes.length; ) {
    const to = Math.min(bytes.length, from + 1 + random(longest))
    chunks.push(Buffer.from(bytes.subarray(from, to)))
    from = to
  }
  return chunks
}

/** Bytes that a request holds for nothing. */
export const freeBytes = 2 ** 16

export interface Work {
  readonly work: RequestContext
  readonly budget: MemoryBudget
}

/** A request on its own. What it has for nothing is used up, so that the budget counts every further byte. */
export function workOf(other: Partial<Limits> = {}): Work {
  const resources = new Resources(limits(other))
  const work = resources.open('owner')
  work.memory.reserve(freeBytes)
  return { work, budget: resources.budget }
}

/** A reader of chunks that come one after the other, with the request it reads for. */
export function readerOf(
  payload: Readable,
  headers: Record<string, string> = {},
  other: Partial<Limits> = {},
  isStream = false,
): Work & { readonly reader: BodyReader } {
  const { work, budget } = workOf(other)
  const reader = new BodyReader({ headers, continueBody: null }, payload, work, limits(other), { isStream })
  return { reader, work, budget }
}

/** What a piece of work comes to: its result, or the error it ends in. */
export function outcomeOf(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return error
  }
}

/** Why a test closes a reader. */
export const enough = new Error('enough')

/** All that is left to read. */
export async function readAll(reader: BodyReader): Promise<Buffer> {
  const chunks: Buffer[] = []
  for (let piece = await reader.next(); piece !== undefined; piece = await reader.next())
    chunks.push(Buffer.from(piece))
  return Buffer.concat(chunks)
}

export interface Rows {
  readonly predictions: readonly (readonly number[])[]
  readonly labels: readonly (readonly number[])[]
}

export const options = { loss: 'mse', labelFormat: 'values' } as const

/** Random predictions and labels for `options`. */
export function rowsOf(count: number, outputs: number, seed = 1): Rows {
  const random = seeded(seed)
  const row = () =>
    Array.from({ length: outputs }, () => (random(2 ** 32) - 2 ** 31) / 2 ** 28 + random(2 ** 32) / 2 ** 60)
  return { predictions: Array.from({ length: count }, row), labels: Array.from({ length: count }, row) }
}

/** The beginning of a JSON body of ones, of which each takes 8 bytes of memory. */
export function manyOnes(count: number): string {
  return `{"loss":"mse","labelFormat":"values","predictions":[${'1,'.repeat(count)}`
}

export interface Input {
  readonly name: string
  readonly shape: readonly number[]
  readonly datatype: string
  readonly bytes: Uint8Array
}

export interface BinaryBody {
  readonly headers: Record<string, string>
  readonly payload: Buffer
}

/** A binary body as its layout says. */
export function binaryBody(parameters: object, inputs: readonly Input[]): BinaryBody {
  const described = inputs.map(({ name, shape, datatype, bytes }) => {
    return { name, shape, datatype, parameters: { binary_data_size: bytes.length } }
  })
  const json = JSON.stringify({ parameters, inputs: described })
  return binaryOf(json, ...inputs.map(({ bytes }) => bytes))
}

/** A JSON part and what follows it. */
export function binaryOf(json: string, ...rest: readonly Uint8Array[]): BinaryBody {
  const headers = {
    'content-type': 'application/octet-stream',
    'inference-header-content-length': String(Buffer.byteLength(json)),
  }
  return { headers, payload: Buffer.concat([Buffer.from(json), ...rest]) }
}

/** Rows as FP64 inputs. */
export function doublesOf(rows: Rows): Input[] {
  return (['predictions', 'labels'] as const).map((name) => {
    const shape = [rows[name].length, rows[name][0].length]
    return { name, shape, datatype: 'FP64', bytes: new Uint8Array(Float64Array.from(rows[name].flat()).buffer) }
  })
}

/** Rows as lines of some rows each. */
export function linesOf(rows: Rows, perLine: number): string {
  const lines = [JSON.stringify(options)]
  for (let from = 0; from < rows.predictions.length; from += perLine) {
    const [predictions, labels] = [rows.predictions, rows.labels].map((all) => all.slice(from, from + perLine))
    lines.push(JSON.stringify({ predictions, labels }))
  }
  return `${lines.join('\n')}\n`
}

/** Posts bytes; the answer without its `requestId`. */
export async function send(
  app: FastifyInstance,
  headers: Record<string, string>,
  payload: string | Buffer | Readable,
  url = '/v1/loss',
): Promise<{
  status: number
  headers: LightMyRequestResponse['headers']
  body: Record<string, unknown>
  text: string
}> {
  const all = { 'content-type': 'application/json', ...headers }
  const response = await app.inject({ method: 'POST', url, headers: all, payload })
  const { requestId: _, ...body } = response.json()
  return { status: response.statusCode, headers: response.headers, body: plainProblem(body), text: response.body }
}

export function malformed(detail: string, extensions: object = {}): object {
  return problemOf('malformed-body', 400, 'The body cannot be read', detail, '/v1/loss', extensions)
}

export function tooLarge(detail: string, limit: string, allowed: number, extensions: object = {}): object {
  const all = { limit, allowed, pointer: '#', ...extensions }
  return problemOf('limit-exceeded', 413, 'A limit is exceeded', detail, '/v1/loss', all)
}

const contradiction = 'The content is invalid'

/** The answer to a body with one error. */
export function invalid(pointer: string, detail: string, received: unknown, extensions: object = {}): object {
  const all = { errors: [{ pointer, detail, received }], errorCount: 1, ...extensions }
  return problemOf('invalid-content', 422, contradiction, detail, '/v1/loss', all)
}
