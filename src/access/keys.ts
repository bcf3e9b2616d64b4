import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import type { Client } from './authenticator.ts'
import { scopes } from './needs.ts'

const quota = z.int('must be a whole number from 1').min(1, 'must be a whole number from 1').optional()

const entry = z.strictObject({
  name: z
    .string('must be a text of 1 to 128 characters')
    .min(1, 'must be a text of 1 to 128 characters')
    .max(128, 'must be a text of 1 to 128 characters')
    .refine(
      (name) => name.isWellFormed() && !/\p{Cc}/u.test(name),
      'must not have control characters or lone surrogates',
    )
    .refine((name) => !/^https?:/i.test(name), 'must not begin as the owners of tokens do, with http: or https:'),
  sha256: z
    .string('must be 64 hexadecimal digits, the SHA-256 of the key')
    .regex(/^[\da-f]{64}$/i, 'must be 64 hexadecimal digits, the SHA-256 of the key'),
  scopes: z.array(z.enum(scopes, `must be among ${scopes.join(', ')}`), 'must be a list'),
  requestsPerMinute: quota,
  bytesPerMinute: quota,
})

type Entry = z.infer<typeof entry>

const entriesPerStep = 256

/** Thrown for a list of keys that cannot be used. The message names the entry and the reason, and shows nothing of a key. */
export class KeysUnusable extends Error {}

interface Key {
  readonly digest: Buffer
  readonly client: Client | undefined
}

export class KeyRing {
  /** By the first byte of the hash, in lists padded to the same length. */
  readonly #byFirstByte: Key[][] = Array.from({ length: 256 }, () => [])
  readonly #presented = Buffer.alloc(32)
  readonly size: number

  constructor(entries: readonly Entry[]) {
    this.size = entries.length
    for (const { name: owner, sha256, ...rest } of entries) {
      const digest = Buffer.from(sha256, 'hex')
      this.#byFirstByte[digest[0]].push({ digest, client: { owner, ...rest } })
    }
    const most = Math.max(...this.#byFirstByte.map(({ length }) => length))
    for (const keys of this.#byFirstByte) {
      while (keys.length < most) keys.push({ digest: randomBytes(32), client: undefined })
    }
  }

  /** The client of a key. Each key is compared with the same number of hashes, so that the time reveals nothing. */
  find(key: string): Client | undefined {
    const presented = this.#presented
    presented.write(hash('sha256', key, 'binary'), 'binary')
    let found: Client | undefined
    for (const { digest, client } of this.#byFirstByte[presented[0]]) {
      if (timingSafeEqual(digest, presented)) found = client
    }
    return found
  }
}

/**
 * Reads the JSON of a list of keys, in steps.
 *
 * @throws KeysUnusable
 */
export function* readKeys(text: string): Generator<void, KeyRing> {
  const list = parsed(text)
  if (!Array.isArray(list)) throw new KeysUnusable('it must be a JSON array with an object for each key')
  const entries: Entry[] = []
  const byKey = new Map<string, number>()
  const byName = new Map<string, number>()
  for (const [at, value] of list.entries()) {
    const entry = readEntry(value, at)
    entries.push(entry)
    const { name, requestsPerMinute, bytesPerMinute } = entry
    const key = entry.sha256.toLowerCase()
    const twin = byKey.get(key)
    if (twin !== undefined)
      throw new KeysUnusable(`${placeOf(at, name)}: it has the same key as ${placeOf(twin, entries[twin].name)}`)
    byKey.set(key, at)
    const first = byName.get(name) ?? at
    byName.set(name, first)
    const { requestsPerMinute: requests, bytesPerMinute: bytes } = entries[first]
    if (requests !== requestsPerMinute || bytes !== bytesPerMinute)
      throw new KeysUnusable(
        `${placeOf(at, name)}: requestsPerMinute and bytesPerMinute must be those of entry ${first + 1}: keys with the same name share them`,
      )
    if (at % entriesPerStep === entriesPerStep - 1) yield
  }
  return new KeyRing(entries)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    // the message may quote a key
    const [, place = ''] = /( \(line \d+ column \d+\))$/.exec((error as Error).message) ?? []
    throw new KeysUnusable(`it is not valid JSON${place}`)
  }
}

function readEntry(value: unknown, at: number): Entry {
  const result = entry.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const name = (value as { name?: unknown } | null)?.name
  throw new KeysUnusable(`${placeOf(at, name)}: ${wrongIn(issue)}`)
}

function wrongIn(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return `${issue.keys.join(', ')}: unknown field`
  return issue.path.length === 0 ? 'it must be an object' : `${issue.path.join('.')} ${issue.message}`
}

function placeOf(at: number, name: unknown): string {
  return `entry ${at + 1}${typeof name === 'string' ? ` (${JSON.stringify(name.slice(0, 128))})` : ''}`
}
