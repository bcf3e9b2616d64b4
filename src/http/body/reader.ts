import type { Readable, Transform } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import type { FastifyRequest } from 'fastify'
import { LimitExceeded } from '../../loss/fault.ts'
import { Problem } from '../problem.ts'
import type { Intake } from './intake.ts'

const inflaters: Record<string, () => Transform> = { gzip: createGunzip, zstd: createZstdDecompress }
/** Smaller chunks are copied together: each is a view that keeps the 64 KiB of its socket's read alive. */
const smallChunk = 4096
const stagingBytes = 65536
/** Bytes that wait to be taken before the sender is held back. */
const highWater = 4 * stagingBytes
/** Inflated bytes that any body may have, whatever its ratio. */
const freeInflation = 2 ** 20

/** The bytes of a request body, taken piece by piece: inflated, counted, and cut off when too large or too slow. */
export class BodyReader {
  readonly #request: FastifyRequest
  readonly #intake: Intake
  readonly #isStream: boolean
  readonly #payload: Readable
  readonly #source: Readable
  readonly #pieces: Buffer[] = []
  #waiting = 0
  /** How far the last piece is filled, when it is one that small chunks are copied into; else -1. */
  #filled = -1
  #received = 0
  #read = 0
  #chunks = 0
  #held = 0
  #isEnded = false
  #failure: Error | undefined
  #wake: (() => void) | undefined
  #timer: NodeJS.Timeout

  /** @param isStream whether the body is worked off while it comes and may go on for ever */
  constructor(request: FastifyRequest, payload: Readable, intake: Intake, isStream = false) {
    this.#request = request
    this.#intake = intake
    this.#isStream = isStream
    this.#payload = payload
    const inflate = inflaterOf(request.headers['content-encoding'])
    const declared = Number(request.headers['content-length'] ?? 0)
    if (!isStream && declared > intake.limits.maxBodyBytes) throw bodyTooLarge(intake.limits.maxBodyBytes)
    request.continueBody?.()
    request.continueBody = null
    this.#source = inflate === undefined ? payload : payload.pipe(inflate)
    this.#timer = setTimeout(() => this.#fail(tooSlow(intake)), intake.limits.requestTimeoutMs)
    if (inflate !== undefined) {
      payload.on('data', (chunk: Buffer) => {
        this.#received += chunk.length
      })
      inflate.on('error', () =>
        this.#fail(new Problem('malformed-body', 'The body is not what its Content-Encoding says.')),
      )
    }
    payload.on('error', () => this.#fail(cutOff()))
    payload.on('close', () => {
      if (!payload.readableEnded) this.#fail(cutOff())
    })
    this.#source.on('data', (chunk: Buffer) => this.#take(chunk))
    this.#source.on('end', () => {
      this.#isEnded = true
      this.#stop()
    })
  }

  /** Bytes that the client said it sends; 0 when it did not say. Not to be trusted. */
  get declaredBytes(): number {
    return Number(this.#request.headers['content-length'] ?? 0)
  }

  /** The next piece, or `undefined` at the end. */
  async next(): Promise<Buffer | undefined> {
    while (this.#pieces.length === 0) {
      if (this.#failure !== undefined) throw this.#failure
      if (this.#isEnded) return undefined
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    let piece = this.#pieces.shift() as Buffer
    if (this.#pieces.length === 0 && this.#filled >= 0) {
      piece = piece.subarray(0, this.#filled)
      this.#filled = -1
    }
    this.#waiting -= piece.length
    if (this.#waiting < highWater && this.#source.isPaused()) this.#source.resume()
    return piece
  }

  /** Gives back the budget of what was read so far; a stream does so when a line is worked off. */
  release(): void {
    this.#intake.release(this.#held)
    this.#held = 0
  }

  /** Ends the reading for good: nothing is held any more. */
  close(): void {
    this.#fail(cutOff())
    this.release()
  }

  #take(chunk: Buffer): void {
    if (this.#failure !== undefined) return
    this.#chunks++
    this.#read += chunk.length
    try {
      this.#checkLimits()
      this.#intake.hold(chunk.length)
    } catch (error) {
      this.#fail(error as Error)
      return
    }
    this.#held += chunk.length
    this.#waiting += chunk.length
    this.#append(chunk)
    if (this.#waiting >= highWater) this.#source.pause()
    if (this.#isStream) this.#timer.refresh()
    this.#wakeUp()
  }

  #append(chunk: Buffer): void {
    if (chunk.length >= smallChunk || this.#pieces.length === 0) {
      this.#trim()
      this.#pieces.push(chunk)
      return
    }
    if (this.#filled < 0 || this.#filled + chunk.length > stagingBytes) {
      this.#trim()
      this.#pieces.push(Buffer.allocUnsafeSlow(stagingBytes))
      this.#filled = 0
    }
    this.#filled += chunk.copy(this.#pieces[this.#pieces.length - 1], this.#filled)
  }

  /** Cuts the last piece to what is in it, before another one follows. */
  #trim(): void {
    if (this.#filled < 0) return
    this.#pieces.push((this.#pieces.pop() as Buffer).subarray(0, this.#filled))
    this.#filled = -1
  }

  #checkLimits(): void {
    const { maxBodyBytes, maxChunks, maxInflationRatio } = this.#intake.limits
    if (!this.#isStream && this.#read > maxBodyBytes) throw bodyTooLarge(maxBodyBytes)
    if (this.#chunks > maxChunks + this.#read / 256) {
      throw new LimitExceeded(
        'maxChunks',
        maxChunks,
        [],
        `The body comes in more than ${maxChunks} chunks of too few bytes.`,
      )
    }
    if (this.#source !== this.#payload && this.#read > freeInflation + maxInflationRatio * this.#received) {
      throw new LimitExceeded(
        'maxInflationRatio',
        maxInflationRatio,
        [],
        `The body inflates to more than ${maxInflationRatio} times its size.`,
      )
    }
  }

  #fail(error: Error): void {
    if (this.#failure !== undefined || (this.#isEnded && this.#pieces.length === 0)) return
    this.#failure = error
    this.#pieces.length = 0
    this.#waiting = 0
    this.#filled = -1
    this.#stop()
    if (this.#source !== this.#payload) {
      this.#payload.unpipe()
      this.#source.destroy()
    }
    this.#source.resume()
  }

  #stop(): void {
    clearTimeout(this.#timer)
    this.#wakeUp()
  }

  #wakeUp(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }
}

/** The content codings that bodies may have. */
export const acceptedEncodings = Object.keys(inflaters)

function inflaterOf(encoding: string | undefined): Transform | undefined {
  if (encoding === undefined || encoding === 'identity') return undefined
  const name = encoding.trim().toLowerCase()
  if (Object.hasOwn(inflaters, name)) return inflaters[name]()
  const accepted = acceptedEncodings.join(', ')
  throw new Problem(
    'unsupported-media-type',
    `Content-Encoding must be one of ${accepted}, or absent.`,
    { accepted: acceptedEncodings },
    { 'accept-encoding': accepted },
  )
}

function bodyTooLarge(allowed: number): LimitExceeded {
  return new LimitExceeded('maxBodyBytes', allowed, [], `The body is larger than maxBodyBytes, ${allowed} bytes.`)
}

function tooSlow({ limits }: Intake): Problem {
  return new Problem(
    'request-timeout',
    `The body did not arrive within ${limits.requestTimeoutMs} ms.`,
    {},
    { connection: 'close' },
  )
}

function cutOff(): Problem {
  return new Problem('bad-request', 'The body ended before it was complete.')
}
