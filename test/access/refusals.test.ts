import { test } from 'tap'
import { forbidden, noKey, unauthenticated } from '../../src/access/refusals.ts'

test('refusals say in a header what RFC 6750 asks for', async (t) => {
  t.match(noKey(), { problem: 'unauthenticated', headers: { 'www-authenticate': 'Bearer realm="lossmeter"' } })
  t.match(unauthenticated('The "key".'), {
    problem: 'unauthenticated',
    message: 'The "key".',
    headers: { 'www-authenticate': `Bearer realm="lossmeter", error="invalid_token", error_description="The 'key'."` },
  })
  t.match(forbidden('write'), {
    problem: 'forbidden',
    message: 'This needs a key with the scope "write".',
    extensions: { scope: 'write' },
    headers: { 'www-authenticate': 'Bearer realm="lossmeter", error="insufficient_scope", scope="write"' },
  })
})
