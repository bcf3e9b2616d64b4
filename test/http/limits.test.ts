import { test } from 'tap'
import { parseConfig } from '../../src/config.ts'
import { fixedLimits, limitsOf } from '../../src/http/limits.ts'

test('what is configured and what is fixed', async (t) => {
  const config = parseConfig({
    MAX_BODY_BYTES: '2000',
    MAX_IN_FLIGHT_BYTES: '9000',
    MAX_COMPUTE_MS: '6',
    MAX_REQUESTS_IN_FLIGHT: '7',
    MAX_CONNECTIONS: '8',
    MAX_CONNECTIONS_PER_ADDRESS: '3',
    ANSWER_TIMEOUT_MS: '9',
    REQUEST_TIMEOUT_MS: '4',
    HEADERS_TIMEOUT_MS: '5',
  })
  t.same(limitsOf(config), {
    ...fixedLimits,
    maxBodyBytes: 2000,
    maxInFlightBytes: 9000,
    maxComputeMs: 6,
    maxRequestsInFlight: 7,
    maxConnections: 8,
    maxConnectionsPerAddress: 3,
    maxDrainBytes: 8000,
    requestTimeoutMs: 4,
    headersTimeoutMs: 5,
    answerTimeoutMs: 9,
  })
})

test('one address has no more connections than all', async (t) => {
  t.match(limitsOf(parseConfig({ TRUST_PROXY: '1' })), { maxConnections: 2048, maxConnectionsPerAddress: 2048 })
  t.match(limitsOf(parseConfig({ MAX_CONNECTIONS: '10' })), { maxConnections: 10, maxConnectionsPerAddress: 10 })
})
