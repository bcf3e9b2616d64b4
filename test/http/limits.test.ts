import { test } from 'tap'
import { parseConfig } from '../../src/config.ts'
import { describedLimits, fixedLimits, limitsOf } from '../../src/http/limits.ts'

test('what is configured and what is fixed', async (t) => {
  const config = parseConfig({
    MAX_BODY_BYTES: '2000',
    MAX_IN_FLIGHT_BYTES: '3000',
    REQUEST_TIMEOUT_MS: '4',
    HEADERS_TIMEOUT_MS: '5',
  })
  t.same(limitsOf(config), {
    ...fixedLimits,
    maxBodyBytes: 2000,
    maxInFlightBytes: 3000,
    maxDrainBytes: 8000,
    requestTimeoutMs: 4,
    headersTimeoutMs: 5,
  })
})

test('every limit is described, and every description is of a limit', async (t) => {
  t.same(Object.keys(describedLimits).sort(), Object.keys(limitsOf(parseConfig({}))).sort())
  for (const [name, description] of Object.entries(describedLimits)) t.match(description, /^[A-Z].{10,}\.$/, name)
})
