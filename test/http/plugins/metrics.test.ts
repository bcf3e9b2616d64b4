import { test } from 'tap'
import { metrics } from '../../../src/http/plugins/metrics.ts'
import { bare } from './support.ts'

test('the service is counted, and asked how full it is', async (t) => {
  const app = bare(t)
  const limits = { maxRequestsInFlight: 10, maxInFlightBytes: 1000, maxConnections: 20 }
  app.decorate('resources', { limits, budget: { held: 500 } } as never)
  app.decorate('requestsInFlight', { count: 4 })
  app.decorate('connections', { size: 6 } as never)
  const counted = metrics(app)
  t.equal(app.metrics, counted)
  const text = await counted.text()
  for (const line of [
    'http_server_active_requests 4',
    'lossmeter_requests_limit 10',
    'lossmeter_in_flight_bytes 500',
    'lossmeter_in_flight_limit_bytes 1000',
    'lossmeter_connections 6',
    'lossmeter_connections_limit 20',
  ]) {
    t.ok(text.includes(`\n${line}\n`), line)
  }
})
