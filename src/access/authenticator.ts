import { hash } from 'node:crypto'
import type { Scope } from './needs.ts'
import { noKey, unauthenticated } from './refusals.ts'

export interface Client {
  /** Owner of its evaluations: the name of the key, or the issuer and the subject of the token. */
  readonly owner: string
  readonly scopes: readonly Scope[]
  readonly requestsPerMinute?: number | undefined
  readonly bytesPerMinute?: number | undefined
  /** When its token ends, in milliseconds since 1970. */
  readonly until?: number | undefined
}

/** The owner where no key is needed. */
export const anonymous = ''

export interface Keys {
  find(key: string): Client | undefined
  /** Calls a listener when the keys may be others. @returns ends it */
  onChange(listener: () => void): () => void
}

export interface Authorities {
  readonly keys?: Keys | undefined
  readonly issuer?: { verify(token: string): Client | Promise<Client> } | undefined
}

const keyIdLength = 12
const token = /^[\w-]+\.[\w-]+\.[\w-]*$/

/**
 * The client that sends this Authorization header.
 *
 * @throws Problem `unauthenticated`, `issuer-unavailable`
 */
export function clientOf(authorization: string | undefined, { keys, issuer }: Authorities): Client | Promise<Client> {
  const presented = presentedBy(authorization)
  if (presented === undefined) throw noKey(authorization)
  const known = keys?.find(presented)
  if (known !== undefined) return known
  if (issuer === undefined || !token.test(presented)) throw unauthenticated('The key is not known.')
  return issuer.verify(presented)
}

/** What the log calls a key or a token: the first digits of its SHA-256, which for a key stands in the file of keys. */
export function keyIdOf(authorization: string | undefined): string | undefined {
  const presented = presentedBy(authorization)
  return presented && hash('sha256', presented).slice(0, keyIdLength)
}

/** The key or the token in an Authorization header. */
export function presentedBy(authorization = ''): string | undefined {
  return /^bearer +(\S+) *$/i.exec(authorization)?.[1]
}
