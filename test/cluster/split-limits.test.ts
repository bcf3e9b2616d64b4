import { test } from 'tap'
import { splitLimits } from '../../src/cluster/split-limits.ts'
import { parseConfig } from '../../src/config.ts'

test('what is for all is split evenly, never to nothing; the rest stays', async (t) => {
  const config = parseConfig({ WORKERS: '2', MAX_CONNECTIONS_PER_ADDRESS: '1', MAX_CONNECTIONS: '7' })
  t.same(splitLimits(config), {
    ...config,
    MAX_IN_FLIGHT_BYTES: 268_435_456,
    MAX_REQUESTS_IN_FLIGHT: 512,
    MAX_CONNECTIONS: 3,
    MAX_CONNECTIONS_PER_ADDRESS: 1,
  })
})
