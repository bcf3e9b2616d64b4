import { test } from 'tap'
import type { Client } from '../../src/access/authenticator.ts'
import { clientOf } from '../../src/access/authenticator.ts'

const ci: Client = { owner: 'ci', scopes: [] }
const keys = {
  find: (key: string) => (key === 'right' || key === 'a.b.c' ? ci : undefined),
  onChange: () => () => undefined,
}
const issuer = { verify: (token: string): Client => ({ owner: token, scopes: [] }) }

test('a header without a key', async (t) => {
  const noBearer = 'The Authorization header does not begin with "Bearer".'
  for (const [header, found] of [
    [undefined, 'The request has no key.'],
    ['', 'The request has no key.'],
    ['Bearer', 'The request has no key.'],
    ['Bearer ', 'The request has no key.'],
    ['Basic YTpi', 'The Authorization header begins with "Basic", not "Bearer".'],
    ['right', noBearer],
    ['Bearer right wrong', 'The key in the Authorization header has a space in it.'],
    ['Bearerright', noBearer],
  ] as const) {
    const message = `${found} Send one in the header Authorization: Bearer KEY.`
    t.throws(() => clientOf(header, { keys, issuer }), { problem: 'unauthenticated', message }, String(header))
  }
})

test('a key is one that is known, or else a token of the issuer', async (t) => {
  for (const header of ['Bearer right', 'bearer   right', 'BEARER right  ', 'Bearer a.b.c'])
    t.equal(clientOf(header, { keys, issuer }), ci, header)
  t.same(clientOf('Bearer e30.e30.sig', { keys, issuer }), { owner: 'e30.e30.sig', scopes: [] })
  t.same(clientOf('Bearer e30.e30.', { issuer }), { owner: 'e30.e30.', scopes: [] })
  const message = 'The key is not known.'
  t.throws(() => clientOf('Bearer wrong', { keys, issuer }), { problem: 'unauthenticated', message })
  t.throws(() => clientOf('Bearer e30.e30.sig', { keys }), { problem: 'unauthenticated', message })
  t.throws(() => clientOf('Bearer e30.e30', { issuer }), { problem: 'unauthenticated', message })
})
