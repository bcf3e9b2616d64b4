import type { Transform, TransformCallback } from 'node:stream'
import { constants, Gunzip, Inflate, ZstdDecompress } from 'node:zlib'
import { Problem } from '../http/problem.ts'

/** How the bodies of a content coding are inflated. */
export interface Inflation {
  /** A stream that fails with the reason when it gets something else than a whole body, or more. */
  create(): Transform
  /** Bytes of memory that such a stream holds. */
  readonly bytes: number
}

const zstdMagic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd])

/** An inflater of zlib that takes nothing after the end of what is compressed. */
function toTheEnd(Zlib: new () => Transform & { readonly bytesWritten: number }) {
  return class extends Zlib {
    #taken = 0

    override _transform(chunk: Buffer, encoding: BufferEncoding, done: TransformCallback): void {
      this.#taken += chunk.length
      super._transform(chunk, encoding, done)
    }

    override push(chunk: unknown): boolean {
      // at the end of what is compressed it stops, whatever follows
      if (chunk === null && this.bytesWritten !== this.#taken) this.destroy(trailingBytes())
      return super.push(chunk)
    }
  }
}

const GzipInflater = toTheEnd(Gunzip)
/** What HTTP calls deflate has the header and the checksum of zlib around it (RFC 9110, section 8.4.1.2). */
const DeflateInflater = toTheEnd(Inflate)

/**
 * Inflates one zstd frame and refuses whatever follows it. The decoder stops at the end of a frame, but would begin another one
 * with the next chunk. So a chunk that is written to it never begins as a frame does, and the end of the body is marked.
 */
class ZstdInflater extends ZstdDecompress {
  /** Bytes at the end that are written with those that follow them. */
  #held = Buffer.alloc(0)
  #taken = 0
  #isEnding = false
  #isWhole = false

  constructor() {
    super({
      // RFC 9659: the content coding has windows of at most 8 MiB
      params: { [constants.ZSTD_d_windowLogMax]: 23 },
      // the last chunk that node sees need not be the end of the body
      finishFlush: constants.ZSTD_e_continue,
    })
  }

  override _transform(chunk: Buffer, encoding: BufferEncoding, done: TransformCallback): void {
    if (this.#taken === 0 && chunk.length > 0 && chunk[0] !== zstdMagic[0]) {
      done(new Error('Unknown frame descriptor'))
      return
    }
    this.#taken += chunk.length
    const bytes = Buffer.concat([this.#held, chunk])
    const cut = Math.max(0, bytes.length - (beginsFrame(bytes.subarray(-2)) ? 1 : 2))
    this.#held = bytes.subarray(cut)
    if (cut === 0) done()
    else super._transform(bytes.subarray(0, cut), encoding, done)
  }

  override _flush(done: TransformCallback): void {
    if (this.#taken === 0) {
      done(unexpectedEnd())
      return
    }
    this.#isEnding = true
    // a byte that the decoder takes only where the frame has not ended
    super._transform(Buffer.concat([this.#held, Buffer.alloc(1)]), 'binary', () => {
      this.#isWhole = this.bytesWritten === this.#taken
      if (this.#isWhole) done()
      else done(this.bytesWritten < this.#taken ? trailingBytes() : unexpectedEnd())
    })
  }

  override push(chunk: unknown): boolean {
    if (chunk !== null || this.#isWhole) return super.push(chunk)
    // the decoder stops at the end of the frame
    if (!this.#isEnding) this.destroy(trailingBytes())
    return false
  }

  override destroy(error?: Error & { readonly code?: string }): this {
    const isBehind = error?.code === 'ZSTD_error_prefix_unknown' && this.bytesWritten >= zstdMagic.length
    return super.destroy(isBehind ? trailingBytes() : error)
  }
}

/** Whether two bytes begin a frame, or one that is to be skipped (RFC 8878, section 3.1). */
function beginsFrame([first, second]: Uint8Array): boolean {
  return (first === zstdMagic[0] && second === zstdMagic[1]) || (first >> 4 === 5 && second === 0x2a)
}

function trailingBytes(): Error {
  return new Error('bytes follow its end')
}

function unexpectedEnd(): Error {
  return new Error('unexpected end of file')
}

const inflations: Record<string, Inflation> = {
  gzip: { create: () => new GzipInflater(), bytes: 2 ** 15 },
  deflate: { create: () => new DeflateInflater(), bytes: 2 ** 15 },
  zstd: { create: () => new ZstdInflater(), bytes: 2 ** 23 },
}

/** The content codings that bodies may have. */
export const acceptedEncodings = Object.keys(inflations)

/**
 * How a body with this Content-Encoding is inflated, or `undefined` where nothing is to inflate.
 *
 * @throws Problem `unsupported-media-type`
 */
export function inflationOf(encoding: string | undefined): Inflation | undefined {
  const name = encoding?.trim().toLowerCase() ?? 'identity'
  if (name === 'identity') return undefined
  if (Object.hasOwn(inflations, name)) return inflations[name]
  const accepted = acceptedEncodings.join(', ')
  throw new Problem(
    'unsupported-media-type',
    `Content-Encoding must be one of ${accepted}, or absent.`,
    { accepted: acceptedEncodings },
    { 'accept-encoding': accepted },
  )
}
