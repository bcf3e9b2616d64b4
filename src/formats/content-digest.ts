import type { Hash } from 'node:crypto'
import { createHash } from 'node:crypto'
import { DigestMismatch, MalformedDigest } from './errors.ts'

/** The algorithms of RFC 9530 that are checked; those it calls insecure are not. */
const algorithms: Readonly<Record<string, string>> = { 'sha-256': 'sha256', 'sha-512': 'sha512' }

const malformed = 'Content-Digest must be a list of digests such as sha-256=:BASE64: (RFC 9530).'
const member = /^([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/]*={0,2}):$/

/** Whether a body has the digests that its Content-Digest says (RFC 9530), seen as it comes. */
export class ContentDigest {
  readonly #expected: readonly { readonly name: string; readonly digest: Buffer; readonly hash: Hash }[]

  constructor(header: string) {
    this.#expected = header.split(',').flatMap((part) => {
      const [, name, digest] = member.exec(part.trim()) ?? []
      if (name === undefined) throw new MalformedDigest(malformed)
      const algorithm = algorithms[name]
      if (algorithm === undefined) return []
      return [{ name, digest: Buffer.from(digest, 'base64'), hash: createHash(algorithm) }]
    })
  }

  update(chunk: Uint8Array): void {
    for (const { hash } of this.#expected) hash.update(chunk)
  }

  check(): void {
    const wrong = this.#expected.find(({ digest, hash }) => !hash.digest().equals(digest))
    if (wrong === undefined) return
    throw new DigestMismatch(`The ${wrong.name} digest of the body is not the one in Content-Digest.`)
  }
}
