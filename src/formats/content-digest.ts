import type { Hash } from 'node:crypto'
import { createHash } from 'node:crypto'
import { DigestMismatch, MalformedDigest } from './errors.ts'

/** The algorithms of RFC 9530 that are checked, with the bytes of their digests; those it calls insecure are not. */
const algorithms = new Map([
  ['sha-256', { algorithm: 'sha256', bytes: 32 }],
  ['sha-512', { algorithm: 'sha512', bytes: 64 }],
])

const malformed = 'Content-Digest must be a list of digests such as sha-256=:BASE64: (RFC 9530).'
const member = /^([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/]*={0,2}):$/

/** Whether a body has the digests that its Content-Digest says (RFC 9530), seen as it comes: one hash an algorithm. */
export class ContentDigest {
  readonly #expected: readonly { readonly name: string; readonly digest: Buffer; readonly hash: Hash }[]

  /** @throws MalformedDigest, and DigestMismatch for digests of a wrong length */
  constructor(header: string) {
    const digests = new Map<string, Buffer>()
    for (const part of header.split(',')) {
      const [, name, digest] = member.exec(part.trim()) ?? []
      if (name === undefined) throw new MalformedDigest(malformed)
      const bytes = algorithms.get(name)?.bytes
      if (bytes === undefined) continue
      const received = Buffer.from(digest, 'base64')
      if (received.length !== bytes)
        throw new DigestMismatch(
          `A ${name} digest has ${bytes} bytes; the one in Content-Digest has ${received.length}.`,
        )
      // of a key that is given twice the last one counts (RFC 8941, section 3.2)
      digests.set(name, received)
    }
    this.#expected = Array.from(algorithms).flatMap(([name, { algorithm }]) => {
      const digest = digests.get(name)
      return digest === undefined ? [] : [{ name, digest, hash: createHash(algorithm) }]
    })
  }

  update(chunk: Uint8Array): void {
    for (const { hash } of this.#expected) hash.update(chunk)
  }

  check(): void {
    const wrong = this.#expected.find(({ digest, hash }) => !hash.digest().equals(digest))
    if (wrong === undefined) return
    throw new DigestMismatch(`The ${wrong.name} digest of the body differs from the one in Content-Digest.`)
  }
}
