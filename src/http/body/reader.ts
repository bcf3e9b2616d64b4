import { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { LimitExceeded } from '../../loss/validation-errors.ts'
import { TimeSlicer } from '../../runtime/time-slices.ts'
import { Problem } from '../problem.ts'
import type { InFlightBudget } from './budget.ts'
import { ChunkQueue } from './chunk-queue.ts'
import type { Inflater } from './inflate.ts'
import { inflaterOf } from './inflate.ts'

/** Bytes that wait to be taken before the sender is held back. */
const highWater = 2 ** 18
/** Bytes that are worked off at once; fewer wait for what comes in the same turn. */
const worthwhile = 4096
/** Shorter chunks are left to the garbage collector. */
const worthFreeing = 4096
/** Inflated bytes that any body may have, whatever its ratio. */
const freeInflation = 2 ** 20

/** What of a request is needed to read its body. */
export type Readings = Pick<FastifyRequest, 'headers' | 'continueBody'>

/** The bytes of a request body, taken piece by piece: inflated, counted, and cut off when too large or too slow. */
export class BodyReader {
  /** Bytes that the client said it sends, uncompressed; 0 when it did not say. Not to be trusted. */
  readonly declaredBytes: number
  readonly #budget: InFlightBudget
  readonly #isStream: boolean
  readonly #payload: Readable
  readonly #inflater: Inflater | undefined
  readonly #source: Readable
  readonly #timer: NodeJS.Timeout
  readonly #queue = new ChunkQueue()
  readonly #slicer = new TimeSlicer()
  #taken: Buffer | undefined
  #received = 0
  #read = 0
  #chunks = 0
  #held = 0
  #isEnded = false
  #failure: Error | undefined
  #wake: (() => void) | undefined
  #soon: NodeJS.Immediate | undefined

  /**
   * @param isStream whether the body is worked off while it comes and may go on for ever
   * @throws Problem, LimitExceeded
   */
  constructor(request: Readings, payload: Readable, budget: InFlightBudget, isStream = false) {
    const { maxBodyBytes, requestTimeoutMs } = budget.limits
    const inflater = inflaterOf(request.headers['content-encoding'])
    const declared = Number(request.headers['content-length'] ?? 0)
    if (!isStream && declared > maxBodyBytes) throw bodyTooLarge(maxBodyBytes)
    request.continueBody?.()
    request.continueBody = null
    this.declaredBytes = inflater === undefined ? declared : 0
    this.#budget = budget
    this.#isStream = isStream
    this.#payload = payload
    this.#inflater = inflater?.()
    this.#source = this.#inflater === undefined ? payload : this.#inflate(this.#inflater)
    this.#timer = setTimeout(() => this.#expire(requestTimeoutMs), requestTimeoutMs)
    payload.on('error', () => this.#fail(cutOff()))
    payload.on('close', () => {
      if (!payload.readableEnded) this.#fail(cutOff())
    })
    this.#source.on('data', (chunk: Buffer) => this.#take(chunk))
    this.#source.on('end', () => this.#end())
  }

  /** The next piece, or `undefined` at the end. It is good until the next call. */
  async next(): Promise<Buffer | undefined> {
    this.#freeTaken()
    if (this.#slicer.isDue) await this.#slicer.pause()
    while (this.#queue.bytes === 0 && !this.#isEnded && this.#failure === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    if (this.#failure !== undefined) throw this.#failure
    const piece = this.#queue.shift()
    this.#taken = piece
    if (this.#queue.bytes < highWater && this.#source.isPaused()) this.#source.resume()
    return piece
  }

  /** Left to the collector, the chunks of a large body would cost it a pass over the whole heap. */
  #freeTaken(): void {
    const taken = this.#taken
    if (taken === undefined || taken.length < worthFreeing || !(this.#source instanceof IncomingMessage)) return
    // a whole buffer that came from the HTTP parser is nobody else's
    if (taken.length === taken.buffer.byteLength) (taken.buffer as ArrayBuffer).transfer(0)
    this.#taken = undefined
  }

  /**
   * Gives back the budget of what was taken so far; a stream does so when a line is worked off.
   *
   * @param unread bytes at the end of the last piece that are still to be worked off
   */
  release(unread = 0): void {
    this.#chunks = 0
    const kept = this.#queue.bytes + unread
    this.#budget.release(this.#held - kept)
    this.#held = kept
  }

  /** Ends the reading for good: nothing is held any more. */
  close(): void {
    if (!this.#isEnded) this.#fail(cutOff())
    this.#queue.clear()
    this.release()
  }

  #inflate(inflater: Inflater): Readable {
    this.#payload.on('data', (chunk: Buffer) => {
      this.#received += chunk.length
    })
    inflater.on('error', ({ message }) => this.#fail(notInflatable(message)))
    return this.#payload.pipe(inflater)
  }

  #take(chunk: Buffer): void {
    if (this.#failure !== undefined) return
    this.#chunks++
    this.#read += chunk.length
    try {
      this.#checkLimits()
      this.#budget.hold(chunk.length)
    } catch (error) {
      this.#fail(error as Error)
      return
    }
    this.#held += chunk.length
    this.#queue.push(chunk)
    if (this.#queue.bytes >= highWater) this.#source.pause()
    if (this.#isStream) this.#timer.refresh()
    if (this.#queue.bytes >= worthwhile) this.#wakeUp()
    else this.#soon ??= setImmediate(() => this.#wakeUp())
  }

  #checkLimits(): void {
    const { maxBodyBytes, maxChunks, maxInflationRatio } = this.#budget.limits
    if (!this.#isStream && this.#read > maxBodyBytes) throw bodyTooLarge(maxBodyBytes)
    if (this.#chunks > maxChunks + this.#read / 256) {
      const detail = `The body comes in too many small chunks; maxChunks is ${maxChunks}.`
      throw new LimitExceeded('maxChunks', maxChunks, [], detail)
    }
    if (this.#inflater !== undefined && this.#read > freeInflation + maxInflationRatio * this.#received) {
      const detail = `The body inflates to more than ${maxInflationRatio} times its size.`
      throw new LimitExceeded('maxInflationRatio', maxInflationRatio, [], detail)
    }
  }

  #end(): void {
    // an inflater stops at the end of what is compressed, whatever follows
    if (this.#inflater !== undefined && this.#inflater.bytesWritten !== this.#received) {
      this.#fail(notInflatable('bytes follow its end'))
      return
    }
    this.#isEnded = true
    clearTimeout(this.#timer)
    this.#wakeUp()
  }

  #expire(milliseconds: number): void {
    // the sender of a stream is not slow while it is held back
    if (this.#isStream && this.#source.isPaused()) this.#timer.refresh()
    else this.#fail(tooSlow(milliseconds))
  }

  #fail(error: Error): void {
    if (this.#failure !== undefined || this.#isEnded) return
    this.#failure = error
    this.#queue.clear()
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
    this.#wake?.()
    this.#wake = undefined
  }
}

function bodyTooLarge(allowed: number): LimitExceeded {
  return new LimitExceeded('maxBodyBytes', allowed, [], `The body is larger than maxBodyBytes, ${allowed} bytes.`)
}

function notInflatable(why: string): Problem {
  return new Problem('malformed-body', `The body is not what its Content-Encoding says: ${why}.`)
}

function tooSlow(milliseconds: number): Problem {
  const detail = `The body did not arrive within ${milliseconds} ms.`
  return new Problem('request-timeout', detail, {}, { connection: 'close' })
}

function cutOff(): Problem {
  return new Problem('bad-request', 'The body ended before it was complete.')
}
