import { test } from 'tap'
import { Metrics } from '../../src/operation/metrics.ts'
import { aggregated, lasting, merged } from '../../src/operation/metrics-snapshot.ts'
import { counter, gauge, metric } from './support.ts'

const load = { requests: 3, bytes: 1000, connections: 5 }
const limits = { requests: 30, bytes: 10_000, connections: 50 }

test('counters, gauges and histograms add up by their labels; what is no sum is not added', async (t) => {
  const both = [new Metrics(() => load, limits), new Metrics(() => load, limits)]
  const work = { bytes: 20, format: 'json', spec: { loss: 'mse', labelFormat: 'values' }, rows: 7 }
  const one = { method: 'POST', route: '/v1/loss', status: 200, seconds: 0.004, work }
  both[0].answered(one)
  both[1].answered({ ...one, seconds: 4 })
  both[1].answered({ ...one, status: 400, work: undefined })
  both[1].refused('not-found')
  const snapshots = await Promise.all(both.map((metrics) => metrics.snapshot()))
  const text = await aggregated(snapshots).metrics()
  const name = 'http_server_request_duration_seconds'
  const labels = 'http_route="/v1/loss",http_request_method="POST"'
  const lines = text.split('\n')
  for (const line of [
    `${name}_count{${labels},http_response_status_code="200"} 2`,
    `${name}_sum{${labels},http_response_status_code="200"} 4.004`,
    `${name}_bucket{le="0.005",${labels},http_response_status_code="200"} 1`,
    `${name}_bucket{le="+Inf",${labels},http_response_status_code="200"} 2`,
    `${name}_count{${labels},http_response_status_code="400"} 1`,
    'lossmeter_rows_total{loss="mse",label_format="values"} 14',
    'lossmeter_refusals_total{reason="not-found",limit=""} 1',
    'http_server_active_requests 6',
    'lossmeter_in_flight_limit_bytes 20000',
    'lossmeter_workers 2',
    'lossmeter_silent_workers 0',
    'lossmeter_batches_total{outcome="gone"} 0',
  ]) {
    t.ok(lines.includes(line), line)
  }
  t.match(text, /^target_info\{.*\} 1$/m)
  t.match(text, /^nodejs_version_info\{.*\} 1$/m)
  const names = (which: string) => new Set(which.match(/^# TYPE \w+ \w+$/gm))
  t.same(names(text), names(await both[0].text()), 'nothing is left out')
})

test('of delays the longest counts, of files the process nearest to its limit, of starts the first, of stores the worst', async (t) => {
  const of = (value: number) =>
    [
      'nodejs_eventloop_lag_p99_seconds',
      'nodejs_eventloop_lag_min_seconds',
      'process_open_fds',
      'process_max_fds',
      'process_start_time_seconds',
      'process_resident_memory_bytes',
      'lossmeter_store_ready',
      'lossmeter_certificate_expiry_timestamp_seconds',
      'lossmeter_sweep_completed_timestamp_seconds',
    ].map((name) => gauge(name, value))
  const text = await aggregated([of(2), of(5)]).metrics()
  t.same(text.match(/^\w+ .*$/gm), [
    'nodejs_eventloop_lag_p99_seconds 5',
    'nodejs_eventloop_lag_min_seconds 2',
    'process_open_fds 5',
    'process_max_fds 2',
    'process_start_time_seconds 2',
    'process_resident_memory_bytes 7',
    'lossmeter_store_ready 2',
    'lossmeter_certificate_expiry_timestamp_seconds 2',
    'lossmeter_sweep_completed_timestamp_seconds 5',
  ])
})

test('what lasts are counters and histograms, and they can be added up again and again', async (t) => {
  const told = [counter('a_total', 2), gauge('b', 3), metric('c', 'histogram', 4, { le: '1' })]
  t.same(
    lasting(told).map(({ name }) => name),
    ['a_total', 'c'],
  )
  let past = merged([])
  for (let worker = 0; worker < 3; worker++) past = merged([past, lasting(told)])
  t.same((await aggregated([past]).metrics()).match(/^[ac].*$/gm), ['a_total 6', 'c{le="1"} 12'])
})
