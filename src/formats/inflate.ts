import type { Transform, TransformCallback } from 'node:stream'
import { constants, Gunzip, Inflate, ZstdDecompress } from 'node:zlib'
import { UnsupportedEncoding } from './errors.ts'
import { ZstdFrame } from './zstd-frame.ts'

export interface Inflation {
  /** A stream that fails with the reason when it gets something else than a whole body, or more. */
  create(): Transform
  readonly bytes: number
}

function toTheEnd(Zlib: new () => Transform & { readonly bytesWritten: number }) {
  return class extends Zlib {
    #taken = 0

    override _transform(chunk: Buffer, encoding: BufferEncoding, done: TransformCallback): void {
      this.#taken += chunk.length
      super._transform(chunk, encoding, done)
    }

    override push(chunk: unknown): boolean {
      // at the end of what is compressed it stops, whatever follows
      if (chunk === null && this.bytesWritten !== this.#taken) this.destroy(new Error('bytes follow its end'))
      return super.push(chunk)
    }
  }
}

const GzipInflater = toTheEnd(Gunzip)
/** What HTTP calls deflate has the header and the checksum of zlib around it (RFC 9110, section 8.4.1.2). */
const DeflateInflater = toTheEnd(Inflate)

class ZstdInflater extends ZstdDecompress {
  readonly #frame = new ZstdFrame()

  constructor() {
    super({
      // RFC 9659: the content coding has windows of at most 8 MiB
      params: { [constants.ZSTD_d_windowLogMax]: 23 },
    })
  }

  override _transform(chunk: Buffer, encoding: BufferEncoding, done: TransformCallback): void {
    try {
      this.#frame.read(chunk)
      super._transform(chunk, encoding, done)
    } catch (error) {
      done(error as Error)
    }
  }

  override _flush(done: TransformCallback): void {
    done(this.#frame.isWhole ? null : new Error('unexpected end of file'))
  }
}

const inflations: Record<string, Inflation> = {
  gzip: { create: () => new GzipInflater(), bytes: 2 ** 15 },
  deflate: { create: () => new DeflateInflater(), bytes: 2 ** 15 },
  zstd: { create: () => new ZstdInflater(), bytes: 2 ** 23 },
}

export const acceptedEncodings = Object.keys(inflations)

/** How a body with this Content-Encoding is inflated, or `undefined` where nothing is to inflate. */
export function inflationOf(encoding: string | undefined): Inflation | undefined {
  const name = encoding?.trim().toLowerCase() ?? 'identity'
  if (name === 'identity') return undefined
  if (Object.hasOwn(inflations, name)) return inflations[name]
  throw new UnsupportedEncoding(acceptedEncodings)
}
