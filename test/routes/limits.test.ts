import { test } from 'tap'
import { parseConfig } from '../../src/config.ts'
import { limitsOf } from '../../src/http/limits.ts'
import { appOf, ask } from '../support.ts'

test('every limit in force', async (t) => {
  const variables = { MAX_BODY_BYTES: '2048', REQUEST_TIMEOUT_MS: '9000' }
  const { status, body } = await ask(await appOf(t, variables), { url: '/v1/limits' })
  t.equal(status, 200)
  t.same(body, limitsOf(parseConfig(variables)))
  t.match(body, { maxBodyBytes: 2048, requestTimeoutMs: 9000, headersTimeoutMs: 15_000, maxListedErrors: 20 })
})
