import { Problem } from '../http/problem.ts'
import type { Scope } from './needs.ts'

const challenge = 'Bearer realm="lossmeter"'

/** The refusal of a request without a key or token. */
export function noKey(): Problem {
  const detail = 'The request has no key. Send one in the header Authorization: Bearer KEY.'
  return new Problem('unauthenticated', detail, {}, { 'www-authenticate': challenge })
}

/** The refusal of a key or token that is wrong; the detail is of plain words, and goes into a header, too. */
export function unauthenticated(detail: string): Problem {
  const header = `${challenge}, error="invalid_token", error_description="${detail.replaceAll('"', "'")}"`
  return new Problem('unauthenticated', detail, {}, { 'www-authenticate': header })
}

/** The refusal of a request that needs a scope that its key has not. */
export function forbidden(scope: Scope): Problem {
  const header = `${challenge}, error="insufficient_scope", scope="${scope}"`
  return new Problem(
    'forbidden',
    `This needs a key with the scope "${scope}".`,
    { scope },
    { 'www-authenticate': header },
  )
}
