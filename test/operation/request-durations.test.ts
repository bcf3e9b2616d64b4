import { Histogram, Registry } from 'prom-client'
import { test } from 'tap'
import { RequestDurations } from '../../src/operation/request-durations.ts'

const bounds = [0.1, 1, 10]

test('the text is that of a histogram of prom-client', async (t) => {
  const [ours, theirs] = [new Registry(), new Registry()]
  const durations = new RequestDurations('a_seconds', 'some', bounds)
  ours.registerMetric(durations)
  const labelNames = ['http_route', 'http_request_method', 'http_response_status_code']
  const reference = new Histogram({ name: 'a_seconds', help: 'some', buckets: bounds, labelNames, registers: [theirs] })
  const observed: [string, string, number, number][] = [
    ['/a', 'GET', 200, 0.1],
    ['/a', 'GET', 200, 0.11],
    ['/a', 'GET', 200, 10],
    ['/a', 'GET', 200, 11],
    ['/a', 'POST', 404, 0],
    ['/b', 'GET', 200, 1],
    ['', 'CONNECT', 0, 5],
  ]
  for (const [route, method, status, seconds] of observed) {
    durations.add(route, method, status, seconds)
    reference.observe(
      { http_route: route, http_request_method: method, http_response_status_code: status || '' },
      seconds,
    )
  }
  t.equal(await ours.metrics(), await theirs.metrics())
  t.match(await theirs.getMetricsAsJSON(), await ours.getMetricsAsJSON(), 'as workers tell it')
})

test('methods that are not known share a series', async (t) => {
  const registry = new Registry()
  const durations = new RequestDurations('a_seconds', 'some', bounds)
  registry.registerMetric(durations)
  durations.add('/a', 'QUERY', 200, 1)
  durations.add('/a', 'BREW', 200, 1)
  t.match(
    await registry.metrics(),
    /_count\{http_route="\/a",http_request_method="_OTHER",http_response_status_code="200"\} 2/,
  )
})
