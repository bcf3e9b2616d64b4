import { Problem } from '../http/problem.ts'
import type { Scope } from './needs.ts'

const challenge = 'Bearer realm="lossmeter"'

export function noKey(): Problem {
  const detail = 'The request has no key. Send one in the header Authorization: Bearer KEY.'
  return new Problem('unauthenticated', detail, {}, { 'www-authenticate': challenge })
}

/** @param detail in ASCII, since it goes into a header too */
export function unauthenticated(detail: string): Problem {
  const header = `${challenge}, error="invalid_token", error_description="${detail.replaceAll('"', "'")}"`
  return new Problem('unauthenticated', detail, {}, { 'www-authenticate': header })
}

export function forbidden(scope: Scope): Problem {
  const header = `${challenge}, error="insufficient_scope", scope="${scope}"`
  return new Problem(
    'forbidden',
    `This needs a key with the scope "${scope}".`,
    { scope },
    { 'www-authenticate': header },
  )
}
