import { hash } from 'node:crypto'

/**
 * What all batches of an evaluation up to one of them are, in hexadecimal: SHA-256 of the digest before and of what the batch
 * is. null for a batch from before there were digests, and where there is none.
 */
export type Digest = string | null

/** An evaluation in the store. After a restore an id may be given again, an incarnation is not. */
export interface EvaluationKey {
  readonly id: number
  /** 16 random bytes in hexadecimal. */
  readonly incarnation: string
}

/** How far the batches of an evaluation go. Two heads are equal if all batches are. */
export interface Head {
  /** The sequence of the last one; 0 for none. */
  readonly batches: number
  readonly digest: Digest
}

/** A head to read on from; where its digest is not given, it is not checked. */
export type ReadHead = Pick<Head, 'batches'> & Partial<Head>

export const noBatches: Head = { batches: 0, digest: null }

/** What a digest covers of a batch. */
interface Link {
  readonly name: string
  readonly samples: number
  readonly fingerprint: Uint8Array
  readonly labelsDigest: Uint8Array
  readonly window?: number | null
}

const digestBytes = 32
const windowBytes = 9
const headBytes = 3 * digestBytes + 8
/** By their length: an allocation for each batch takes as long as its hash. */
const reused: (Buffer | undefined)[] = []
const mostReused = 512

/** The digest of a batch that comes after a head. */
export function chained(incarnation: string, { batches, digest }: Head, link: Link): string {
  const { name, samples, fingerprint, labelsDigest, window = null } = link
  const nameEnd = headBytes + Buffer.byteLength(name)
  const bytes = bufferOf(nameEnd + (window === null ? 0 : windowBytes))
  if (digest === null) {
    bytes.fill(0, 0, digestBytes)
    bytes.write(incarnation, 'hex')
    bytes.writeDoubleBE(batches, digestBytes - 8)
  } else {
    bytes.write(digest, 'hex')
  }
  bytes.set(fingerprint, digestBytes)
  bytes.set(labelsDigest, 2 * digestBytes)
  bytes.writeDoubleBE(samples, 3 * digestBytes)
  bytes.write(name, headBytes)
  if (window !== null) {
    // no name has a space
    bytes.write(' ', nameEnd)
    bytes.writeDoubleBE(window, nameEnd + 1)
  }
  return hash('sha256', bytes)
}

function bufferOf(length: number): Buffer {
  if (length >= mostReused) return Buffer.allocUnsafe(length)
  reused[length] ??= Buffer.allocUnsafe(length)
  return reused[length]
}

export function hexOf(bytes: Uint8Array): string
export function hexOf(bytes: Uint8Array | null): string | null
export function hexOf(bytes: Uint8Array | null): string | null {
  return bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
}

/** In memory of their own, which is cheap to pass to another thread. */
export function bytesOf(hex: string): Uint8Array
export function bytesOf(hex: string | null): Uint8Array | null
export function bytesOf(hex: string | null): Uint8Array | null {
  return hex === null ? null : new Uint8Array(Buffer.from(hex, 'hex'))
}
