import type { Scope } from './needs.ts'
import { noKey, unauthenticated } from './refusals.ts'

export interface Client {
  /** Owner of its evaluations: the name of the key, or the issuer and the subject of the token. */
  readonly owner: string
  readonly scopes: readonly Scope[]
  readonly requestsPerMinute?: number | undefined
  readonly bytesPerMinute?: number | undefined
}

/** The owner where no key is needed. */
export const anonymous = ''

export interface Authorities {
  readonly keys?: { find(key: string): Client | undefined } | undefined
  readonly issuer?: { verify(token: string): Client | Promise<Client> } | undefined
}

const token = /^[\w-]+\.[\w-]+\.[\w-]*$/

/**
 * The client that sends this Authorization header.
 *
 * @throws Problem `unauthenticated`, `issuer-unavailable`
 */
export function clientOf(authorization: string | undefined, { keys, issuer }: Authorities): Client | Promise<Client> {
  const [, presented] = /^bearer +(\S+) *$/i.exec(authorization ?? '') ?? []
  if (presented === undefined) throw noKey(authorization)
  const known = keys?.find(presented)
  if (known !== undefined) return known
  if (issuer === undefined || !token.test(presented)) throw unauthenticated('The key is not known.')
  return issuer.verify(presented)
}
