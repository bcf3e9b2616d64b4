import { Problem } from '../http/problem.ts'
import type { Scope } from './needs.ts'

const challenge = 'Bearer realm="lossmeter"'

/** @param authorization the header as it came, which has no key of the right scheme */
export function noKey(authorization = ''): Problem {
  const isBearer = /^(?:bearer *)?$/i.test(authorization)
  const found = isBearer ? 'The request has no key.' : noBearer(authorization)
  const detail = `${found} Send one in the header Authorization: Bearer KEY.`
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
    `Your key lacks the scope "${scope}", which this request needs.`,
    { scope },
    { 'www-authenticate': header },
  )
}

function noBearer(authorization: string): string {
  if (/^bearer /i.test(authorization)) return 'The key in the Authorization header has a space in it.'
  const [, scheme] = /^(basic|digest|token|apikey|negotiate) /i.exec(authorization) ?? []
  return scheme === undefined
    ? 'The Authorization header does not begin with "Bearer".'
    : `The Authorization header begins with "${scheme}", not "Bearer".`
}
