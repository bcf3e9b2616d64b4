import { test } from 'tap'
import { Metrics, primarySnapshot } from '../../src/operation/metrics.ts'

const load = { requests: 3, bytes: 1000, connections: 5 }
const limits = { requests: 30, bytes: 10_000, connections: 50 }

/** The lines of a metric, without the buckets. */
async function linesOf(metrics: Metrics, name: string): Promise<string[]> {
  const lines = (await metrics.text()).split('\n')
  return lines.filter((line) => line.startsWith(name) && !line.startsWith(`${name}_bucket`))
}

test('a request counts by route, method and status, and what it holds by format, loss and label format', async (t) => {
  const metrics = new Metrics(() => load, limits)
  const work = { bytes: 20, format: 'json', spec: { loss: 'mse', labelFormat: 'values' }, rows: 7 }
  const one = { method: 'POST', route: '/v1/loss', status: 200, seconds: 0.5 }
  metrics.answered({ ...one, work })
  metrics.answered({ ...one, work: { ...work, bytes: 5, spec: undefined } })
  metrics.answered({ ...one, status: undefined, work: { ...work, bytes: 0, format: undefined } })
  metrics.answered({ ...one, method: 'BREW', route: undefined, status: 400, work: undefined })
  const name = 'http_server_request_duration_seconds'
  const labels = 'http_route="/v1/loss",http_request_method="POST"'
  t.same(await linesOf(metrics, name), [
    `${name}_sum{${labels},http_response_status_code="200"} 1`,
    `${name}_count{${labels},http_response_status_code="200"} 2`,
    `${name}_sum{${labels},http_response_status_code=""} 0.5`,
    `${name}_count{${labels},http_response_status_code=""} 1`,
    `${name}_sum{http_route="",http_request_method="_OTHER",http_response_status_code="400"} 0.5`,
    `${name}_count{http_route="",http_request_method="_OTHER",http_response_status_code="400"} 1`,
  ])
  t.same(await linesOf(metrics, 'lossmeter_body_bytes_total'), ['lossmeter_body_bytes_total{format="json"} 25'])
  t.same(await linesOf(metrics, 'lossmeter_rows_total'), ['lossmeter_rows_total{loss="mse",label_format="values"} 7'])
})

test('the store, evaluations and refusals count', async (t) => {
  const metrics = new Metrics(() => load, limits)
  metrics.ran('sqlite', 'commit', 0.002)
  metrics.ran('sqlite', 'query', 3, 'locked')
  metrics.committed(40)
  metrics.declared('created')
  metrics.put('replayed')
  metrics.put('replayed')
  metrics.refused('overloaded', 'maxConnections')
  metrics.refused('not-found')
  metrics.listenFailed()
  metrics.foldFailed()
  metrics.foldFailed()
  const lines = (await metrics.text()).split('\n')
  for (const line of [
    'db_client_operation_duration_seconds_bucket{le="0.001",db_system_name="sqlite",db_operation_name="commit",error_type=""} 0',
    'db_client_operation_duration_seconds_bucket{le="0.0025",db_system_name="sqlite",db_operation_name="commit",error_type=""} 1',
    'db_client_operation_duration_seconds_sum{db_system_name="sqlite",db_operation_name="query",error_type="locked"} 3',
    'lossmeter_commit_batches_bucket{le="32"} 0',
    'lossmeter_commit_batches_bucket{le="64"} 1',
    'lossmeter_commit_batches_sum 40',
    'lossmeter_declarations_total{outcome="created"} 1',
    'lossmeter_declarations_total{outcome="full"} 0',
    'lossmeter_batches_total{outcome="replayed"} 2',
    'lossmeter_batches_total{outcome="committed"} 0',
    'lossmeter_refusals_total{reason="overloaded",limit="maxConnections"} 1',
    'lossmeter_refusals_total{reason="not-found",limit=""} 1',
    'lossmeter_store_listen_outages_total 1',
    'lossmeter_fold_failures_total 2',
  ]) {
    t.ok(lines.includes(line), line)
  }
})

test('the figures of evaluations that ask for it', async (t) => {
  const metrics = new Metrics(() => load, limits)
  const name = 'lossmeter_evaluation'
  metrics.shown([])
  t.same((await metrics.text()).includes(name), false)
  const figure = { owner: 'ann', loss: 0.25, lossStatus: 'finite', accuracy: 0.5 } as const
  metrics.shown([
    { ...figure, evaluation: 'a' },
    { ...figure, evaluation: 'b', loss: null, lossStatus: 'infinite', accuracy: null },
    { ...figure, evaluation: 'c', loss: null, lossStatus: 'undefined', accuracy: null },
  ])
  t.same(await linesOf(metrics, name), [
    `${name}_loss{owner="ann",evaluation="a"} 0.25`,
    `${name}_loss{owner="ann",evaluation="b"} +Inf`,
    `${name}_accuracy{owner="ann",evaluation="a"} 0.5`,
  ])
  metrics.shown([{ ...figure, evaluation: 'a', loss: 0.5 }])
  t.same((await linesOf(metrics, `${name}_loss`)).length, 1, 'and no others')
  metrics.shown([])
  t.same(await linesOf(metrics, name), [])
})

test('what alerts watch begins at 0, and the state of the store, of sweeping and of the certificate are told', async (t) => {
  const metrics = new Metrics(() => load, limits, [['internal-error'], ['overloaded', 'maxConnections']])
  metrics.ran('sqlite', 'query', 3, 'locked')
  let isReady = true
  metrics.watchStoreState(async () => isReady)
  metrics.watchCertificate(() => 5000)
  t.same(await linesOf(metrics, 'lossmeter_sweep_completed_timestamp_seconds'), [])
  const before = Date.now() / 1000
  metrics.swept()
  metrics.swept()
  t.same(await linesOf(metrics, 'lossmeter_refusals_total'), [
    'lossmeter_refusals_total{reason="internal-error",limit=""} 0',
    'lossmeter_refusals_total{reason="overloaded",limit="maxConnections"} 0',
  ])
  const failures = await linesOf(metrics, 'lossmeter_store_failures_total')
  for (const [reason, count] of Object.entries({ locked: 1, 'out-of-reach': 0, other: 0 })) {
    t.ok(failures.includes(`lossmeter_store_failures_total{error_type="${reason}"} ${count}`), reason)
  }
  t.same(await linesOf(metrics, 'lossmeter_store_ready'), ['lossmeter_store_ready 1'])
  isReady = false
  t.same(await linesOf(metrics, 'lossmeter_store_ready'), ['lossmeter_store_ready 0'])
  t.same(await linesOf(metrics, 'lossmeter_certificate'), ['lossmeter_certificate_expiry_timestamp_seconds 5'])
  const [sweep] = await linesOf(metrics, 'lossmeter_sweep_completed_timestamp_seconds')
  t.ok(Number(sweep.split(' ')[1]) >= before)
})

test('how full the service is, and what process it is', async (t) => {
  const metrics = new Metrics(() => load, limits)
  t.match(metrics.contentType, /^text\/plain; version=0\.0\.4/)
  const text = await metrics.text()
  for (const line of [
    'http_server_active_requests 3',
    'lossmeter_requests_limit 30',
    'lossmeter_in_flight_bytes 1000',
    'lossmeter_in_flight_limit_bytes 10000',
    'lossmeter_connections 5',
    'lossmeter_connections_limit 50',
    'lossmeter_workers 1',
    'lossmeter_silent_workers 0',
  ]) {
    t.ok(text.includes(`\n${line}\n`), line)
  }
  t.match(text, /^target_info\{service_name="lossmeter",service_version="\d.*"\} 1$/m)
  for (const name of [
    'process_cpu_seconds_total',
    'process_resident_memory_bytes',
    'nodejs_eventloop_lag_p99_seconds',
  ]) {
    t.match(text, new RegExp(`^${name} [\\d.e-]+`, 'm'))
  }
  t.match(await new Metrics(() => load, limits).text(), /^process_cpu_seconds_total /m, 'of a second service, too')
})

test('the same as data, and what a process has that answers no requests', async (t) => {
  const snapshot = await new Metrics(() => load, limits).snapshot()
  t.match(
    snapshot.find(({ name }) => name === 'lossmeter_connections'),
    { type: 'gauge', values: [{ value: 5 }] },
  )
  const ofPrimary = await primarySnapshot(2)
  const names = ofPrimary.map(({ name }) => name)
  t.match(ofPrimary[names.indexOf('lossmeter_silent_workers')], { values: [{ value: 2 }] })
  t.ok(names.includes('process_cpu_seconds_total'))
  t.notOk(names.includes('lossmeter_connections'))
})
