import type { Authorities, Client } from './authenticator.ts'
import { presentedBy } from './authenticator.ts'
import type { Need } from './needs.ts'
import { scopeOf } from './needs.ts'

const longestTimer = 2 ** 31 - 1

/**
 * Watches whether a client still may what it was allowed when it sent a request.
 *
 * @param ended is called when the token expires, or when the key is gone or has lost the scope; it may be called more than once
 * @returns ends it
 */
export function watchAccess(
  { keys }: Authorities,
  authorization: string | undefined,
  client: Client,
  need: Need,
  ended: () => void,
): () => void {
  if (client.until !== undefined) return at(client.until, ended)
  if (keys === undefined) return () => undefined
  const scope = scopeOf(need)
  const check = () => {
    const now = keys.find(presentedBy(authorization) ?? '')
    if (now?.owner !== client.owner || (scope !== undefined && !now.scopes.includes(scope))) ended()
  }
  check()
  return keys.onChange(check)
}

/** @param time in milliseconds since 1970 */
function at(time: number, run: () => void): () => void {
  let timer: NodeJS.Timeout
  const wait = () => {
    const left = time - Date.now()
    timer = setTimeout(left > longestTimer ? wait : run, Math.max(0, Math.min(left, longestTimer))).unref()
  }
  wait()
  return () => clearTimeout(timer)
}
