import type { IncomingHttpHeaders } from 'node:http'
import { IncomingMessage } from 'node:http'
import type { Readable, Transform } from 'node:stream'
import { LimitExceeded } from '../loss/validation-errors.ts'
import { batchedSetImmediate } from '../runtime/batched-set-immediate.ts'
import { ChunkQueue } from './chunk-queue.ts'
import { ContentDigest } from './content-digest.ts'
import type { BodySource, ReadContext } from './context.ts'
import { BodyTooSlow, IncompleteBody, MalformedBody } from './errors.ts'
import { inflationOf } from './inflate.ts'
import type { BodyLimits } from './limits.ts'

const highWater = 2 ** 18
const mostAtHand = 2 ** 16
const worthwhile = 4096
const freeInflation = 2 ** 20
const bytesPerAllowance = 2 ** 20

const refuseLater = batchedSetImmediate(64)

export interface BodyHeaders {
  readonly headers: IncomingHttpHeaders
  /** Tells a client that waits with its body to go on. */
  continueBody: (() => void) | null
}

interface ReaderOptions {
  /** Whether the body is worked off while it comes and may go on for ever. */
  readonly isStream?: boolean
  /** How many chunks have come that were put together with others before they got here. */
  readonly smallChunks?: () => number
}

/**
 * The body of a request where it is small and has come as a whole; undefined where it needs a reader, which takes 3 µs more, 7 %
 * of a request of one row (test/bench/decode.ts).
 */
export function bodyAtHand(request: BodyHeaders, payload: Readable, limits: BodyLimits): Buffer | undefined {
  const { headers, continueBody } = request
  if (headers['content-encoding'] !== undefined || headers['content-digest'] !== undefined) return undefined
  const bytes = payload.readableLength
  const isWhole = bytes > 0 && bytes === Number(headers['content-length'])
  if (!isWhole || bytes > Math.min(mostAtHand, limits.maxBodyBytes) || continueBody !== null) return undefined
  return payload.read() as Buffer
}

/** The bytes of a request body, taken piece by piece: inflated, counted, and cut off when too large or too slow. */
export class BodyReader implements BodySource {
  /** Bytes that the client said it sends, uncompressed; 0 when it did not say. Not to be trusted. */
  readonly declaredBytes: number
  readonly #context: ReadContext
  readonly #limits: BodyLimits
  readonly #isStream: boolean
  readonly #smallChunks: () => number
  readonly #payload: Readable
  readonly #inflater: Transform | undefined
  readonly #source: Readable
  readonly #timer: NodeJS.Timeout
  readonly #queue: ChunkQueue
  readonly #digest: ContentDigest | undefined
  #taken: Buffer | undefined
  #window = 0
  readonly #mostWindow: number
  #received = 0
  #read = 0
  #allowances = 0
  #chunks = 0
  #isEnded = false
  #failure: Error | undefined
  #leave: Promise<unknown> | undefined
  #wake: (() => void) | undefined
  readonly #endTrace: ((hasFailed?: boolean) => void) | undefined
  #soon: NodeJS.Immediate | undefined

  constructor(
    request: BodyHeaders,
    payload: Readable,
    context: ReadContext,
    limits: BodyLimits,
    { isStream = false, smallChunks = () => 0 }: ReaderOptions = {},
  ) {
    const { maxBodyBytes, requestTimeoutMs } = limits
    const inflation = inflationOf(request.headers['content-encoding'])
    const digest = request.headers['content-digest']
    this.#digest = digest === undefined ? undefined : new ContentDigest(String(digest))
    const declared = Number(request.headers['content-length'] ?? 0)
    if (!isStream && declared > maxBodyBytes) throw bodyTooLarge(maxBodyBytes)
    request.continueBody?.()
    request.continueBody = null
    this.declaredBytes = inflation === undefined ? declared : 0
    this.#context = context
    this.#limits = limits
    this.#isStream = isStream
    this.#smallChunks = smallChunks
    this.#payload = payload
    this.#inflater = inflation?.create()
    this.#mostWindow = inflation?.bytes ?? 0
    this.#source = this.#inflater === undefined ? payload : this.#inflate(this.#inflater)
    this.#queue = new ChunkQueue(this.#source instanceof IncomingMessage)
    this.#timer = setTimeout(() => this.#expire(requestTimeoutMs), requestTimeoutMs)
    if (this.#digest !== undefined) payload.on('data', (chunk: Buffer) => this.#digest?.update(chunk))
    payload.on('error', () => this.#fail(new IncompleteBody('The body ended before it was complete.')))
    payload.on('close', () => {
      if (!payload.readableEnded) this.#fail(new IncompleteBody('The body ended before it was complete.'))
    })
    this.#source.on('data', (chunk: Buffer) => this.#take(chunk))
    this.#source.on('end', () => this.#end())
    context.reads(this)
    this.#endTrace = context.trace?.begin('receive')
  }

  /** Whether the client has sent nothing that could be worked on. */
  get isWaiting(): boolean {
    return this.#wake !== undefined
  }

  /** The next piece, or `undefined` at the end. It is good until the next call. */
  async next(): Promise<Buffer | undefined> {
    const { task } = this.#context
    this.#freeTaken()
    while (this.#queue.bytes === 0 && !this.#isEnded && this.#failure === undefined) {
      task.stop()
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    while (this.#leave !== undefined) {
      task.stop()
      const leave = this.#leave
      await leave
      if (this.#leave === leave) this.#leave = undefined
    }
    if (this.#failure === undefined) {
      task.start()
      if (task.isDue) await task.pause()
    }
    if (this.#failure !== undefined) throw this.#failure
    const piece = this.#queue.shift()
    this.#taken = piece
    if (this.#queue.bytes < highWater && this.#source.isPaused()) this.#source.resume()
    return piece
  }

  endLine(): void {
    this.#chunks = -this.#smallChunks()
    if (!this.#isEnded) this.#timer.refresh()
  }

  close(reason: Error): void {
    if (!this.#isEnded) this.#fail(reason)
    this.#freeTaken()
    this.#clear()
  }

  #freeTaken(): void {
    const taken = this.#taken
    if (taken === undefined) return
    this.#taken = undefined
    this.#context.memory.release(taken.length)
    this.#queue.free(taken)
  }

  #clear(): void {
    this.#context.memory.release(this.#queue.bytes)
    this.#queue.clear()
  }

  #freeWindow(): void {
    this.#context.memory.release(this.#window)
    this.#window = 0
  }

  #inflate(inflater: Transform): Readable {
    this.#payload.on('data', (chunk: Buffer) => {
      this.#received += chunk.length
      const { maxBodyBytes } = this.#limits
      if (!this.#isStream && this.#received > maxBodyBytes) this.#fail(bodyTooLarge(maxBodyBytes))
    })
    inflater.on('error', ({ message }) => this.#fail(notInflatable(message)))
    return this.#payload.pipe(inflater)
  }

  #take(chunk: Buffer): void {
    if (this.#failure !== undefined) return
    this.#chunks++
    this.#read += chunk.length
    const window = Math.min(this.#read, this.#mostWindow)
    try {
      this.#checkLimits()
      this.#waitFor(this.#context.received(chunk.length))
      this.#context.memory.reserve(chunk.length + window - this.#window)
    } catch (error) {
      this.#fail(error as Error)
      return
    }
    this.#window = window
    this.#allow()
    this.#queue.push(chunk)
    if (this.#queue.bytes >= highWater) this.#source.pause()
    if (this.#queue.bytes >= worthwhile) this.#wakeUp()
    else this.#soon ??= setImmediate(() => this.#wakeUp())
  }

  #waitFor(leave: Promise<void> | undefined): void {
    if (leave === undefined) return
    this.#leave = Promise.all([this.#leave, leave])
    this.#leave.catch((error) => this.#fail(error))
  }

  #allow(): void {
    if (!this.#isStream || this.#read < (this.#allowances + 1) * bytesPerAllowance) return
    this.#allowances = Math.floor(this.#read / bytesPerAllowance)
    this.#context.task.allow(this.#limits.maxComputeMs)
  }

  #checkLimits(): void {
    const { maxBodyBytes, maxChunks, maxInflationRatio } = this.#limits
    if (!this.#isStream && this.#read > maxBodyBytes) throw bodyTooLarge(maxBodyBytes)
    if (this.#chunks + this.#smallChunks() > maxChunks + this.#read / 256) {
      const detail = `The body comes in too many small chunks; maxChunks is ${maxChunks}.`
      throw new LimitExceeded('maxChunks', maxChunks, [], detail)
    }
    if (this.#inflater !== undefined && this.#read > freeInflation + maxInflationRatio * this.#received) {
      const detail = `The body decompresses to more than ${maxInflationRatio} times its size.`
      throw new LimitExceeded('maxInflationRatio', maxInflationRatio, [], detail)
    }
  }

  #end(): void {
    try {
      this.#digest?.check()
    } catch (error) {
      this.#fail(error as Error)
      return
    }
    this.#isEnded = true
    this.#endTrace?.()
    this.#freeWindow()
    clearTimeout(this.#timer)
    this.#wakeUp()
  }

  #expire(milliseconds: number): void {
    if (this.#source.isPaused()) this.#timer.refresh()
    else refuseLater(() => this.#fail(new BodyTooSlow(`The body did not arrive within ${milliseconds} ms.`)))
  }

  #fail(error: Error): void {
    if (this.#failure !== undefined || this.#isEnded) return
    this.#failure = error
    this.#endTrace?.(true)
    this.#clear()
    this.#freeWindow()
    clearTimeout(this.#timer)
    if (this.#inflater !== undefined) {
      this.#payload.unpipe()
      this.#inflater.destroy()
    }
    this.#payload.resume()
    this.#wakeUp()
  }

  #wakeUp(): void {
    clearImmediate(this.#soon)
    this.#soon = undefined
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }
}

function bodyTooLarge(allowed: number): LimitExceeded {
  return new LimitExceeded('maxBodyBytes', allowed, [], `The body is larger than maxBodyBytes, ${allowed} bytes.`)
}

function notInflatable(why: string): MalformedBody {
  return new MalformedBody(`The body does not match its Content-Encoding: ${why}.`)
}
