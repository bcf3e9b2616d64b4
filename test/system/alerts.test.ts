import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { t as root, test } from 'tap'
import { parse, stringify } from 'yaml'

const alerts = new URL('../../src/operation/alerts.yml', import.meta.url).pathname
const missing = spawnSync('promtool', ['--version']).error !== undefined && 'prometheus is not installed'
const folder = mkdtempSync(join(tmpdir(), 'lossmeter-'))
root.teardown(() => rmSync(folder, { recursive: true, force: true }))

const hour = 3600
const scrapeSeconds = 15
const requestsPerSecond = 10

/** What a metric is while the service is well, and while it is not; of a counter, by how much it grows in a second. */
interface Metric {
  readonly isCounter?: boolean
  readonly well: number
  /** undefined: it is not scraped */
  readonly ill: number | undefined
}

type Metrics = Readonly<Record<string, Metric>>

interface Trouble {
  readonly metrics: Metrics
  /** The alerts that fire at the end, with their severity. */
  readonly fires: readonly string[]
  /** Seconds from the beginning until they do; half of it is too early for them all. */
  readonly within: number
  readonly history?: number
}

const counter = (ill: number, well = 0): Metric => ({ isCounter: true, well, ill })
const gauge = (well: number, ill: number | undefined): Metric => ({ well, ill })
const steady = (value: number): Metric => gauge(value, value)
const requests = counter(requestsPerSecond, requestsPerSecond)
const answered: Metrics = { http_server_request_duration_seconds_count: requests }
const slow = (share: number): Metrics => ({
  ...answered,
  'http_server_request_duration_seconds_bucket{le="2.5"}': counter(requestsPerSecond * (1 - share), requestsPerSecond),
})
const refused = (reason: string, share: number): Metrics => ({
  ...answered,
  [`lossmeter_refusals_total{reason="${reason}"}`]: counter(requestsPerSecond * share),
  'lossmeter_refusals_total{reason="not-found"}': requests,
})
const operations = (name: string): Metrics => ({
  [`db_client_operation_duration_seconds_bucket{db_operation_name="${name}",le="0.5"}`]: counter(0, 10),
  [`db_client_operation_duration_seconds_bucket{db_operation_name="${name}",le="1"}`]: counter(10, 10),
  [`db_client_operation_duration_seconds_bucket{db_operation_name="${name}",le="+Inf"}`]: counter(10, 10),
})

/** By the alert that is meant. What is ill from one moment on makes it fire, and for ten seconds nothing. */
const troubles: Readonly<Record<string, Trouble>> = {
  LossmeterDown: { metrics: { up: gauge(1, 0) }, fires: ['LossmeterDown critical'], within: 104 },
  LossmeterAbsent: { metrics: { up: gauge(1, undefined) }, fires: ['LossmeterAbsent critical'], within: 570 },
  'LossmeterErrors critical': {
    metrics: refused('store-unavailable', 0.1),
    fires: ['LossmeterErrors critical'],
    within: 960,
    history: hour,
  },
  'LossmeterErrors warning': {
    metrics: refused('issuer-unavailable', 0.01),
    fires: ['LossmeterErrors warning'],
    within: 5 * hour,
    history: 6 * hour,
  },
  'LossmeterSlow critical': { metrics: slow(1), fires: ['LossmeterSlow critical'], within: 900, history: hour },
  'LossmeterSlow warning': {
    metrics: slow(0.1),
    fires: ['LossmeterSlow warning'],
    within: 5 * hour,
    history: 6 * hour,
  },
  LossmeterInternalErrors: {
    metrics: refused('internal-error', 0.001),
    fires: ['LossmeterInternalErrors critical'],
    within: 660,
  },
  LossmeterOverloaded: {
    metrics: refused('overloaded', 0.06),
    // the budget of errors is used up, too
    fires: ['LossmeterErrors critical', 'LossmeterOverloaded warning'],
    within: 1260,
    history: hour,
  },
  LossmeterMemoryNearlyFull: {
    metrics: { lossmeter_in_flight_bytes: gauge(10, 95), lossmeter_in_flight_limit_bytes: steady(100) },
    fires: ['LossmeterMemoryNearlyFull warning'],
    within: 420,
  },
  LossmeterConnectionsNearlyFull: {
    metrics: { lossmeter_connections: gauge(10, 95), lossmeter_connections_limit: steady(100) },
    fires: ['LossmeterConnectionsNearlyFull warning'],
    within: 420,
  },
  LossmeterEventLoopLate: {
    metrics: { nodejs_eventloop_lag_p99_seconds: gauge(0.01, 3) },
    fires: ['LossmeterEventLoopLate warning'],
    within: 720,
  },
  LossmeterStoreUnavailable: {
    metrics: { lossmeter_store_ready: gauge(1, 0) },
    fires: ['LossmeterStoreUnavailable critical'],
    within: 104,
  },
  LossmeterStoreFails: {
    metrics: { 'lossmeter_store_failures_total{error_type="locked"}': counter(0.1) },
    fires: ['LossmeterStoreFails critical'],
    within: 660,
  },
  LossmeterStoreCommitsSlow: {
    metrics: operations('commit'),
    fires: ['LossmeterStoreCommitsSlow warning'],
    within: 780,
  },
  LossmeterStoreReadsSlow: { metrics: operations('query'), fires: ['LossmeterStoreReadsSlow warning'], within: 780 },
  LossmeterStoreWaits: {
    metrics: { lossmeter_store_waiting: gauge(0, 500) },
    fires: ['LossmeterStoreWaits warning'],
    within: 420,
  },
  LossmeterSweepLate: {
    // the times of promtool begin at 0
    metrics: { lossmeter_sweep_completed_timestamp_seconds: gauge(hour, 0) },
    fires: ['LossmeterSweepLate warning'],
    within: 420,
    history: hour,
  },
  LossmeterCertificateExpires: {
    metrics: { lossmeter_certificate_expiry_timestamp_seconds: gauge(30 * 24 * hour, 2 * 24 * hour) },
    fires: ['LossmeterCertificateExpires warning'],
    within: 1.1 * hour,
  },
  LossmeterFilesNearlyFull: {
    metrics: { process_open_fds: gauge(10, 95), process_max_fds: steady(100) },
    fires: ['LossmeterFilesNearlyFull warning'],
    within: 420,
  },
  LossmeterWorkerSilent: {
    metrics: { lossmeter_silent_workers: gauge(0, 1) },
    fires: ['LossmeterWorkerSilent warning'],
    within: 420,
  },
}

/** A metric as promtool has it: its value at each scrape until `end`. It is ill from `since` to `until`. */
function values({ isCounter, well, ill }: Metric, end: number, since: number, until: number): string {
  const scrapes = Array.from({ length: Math.ceil(end / scrapeSeconds) + 1 }, (_, at) => at * scrapeSeconds)
  return scrapes
    .map((time) => {
      if (isCounter === true) {
        const illSeconds = Math.max(0, Math.min(time, until) - since)
        return ((time - illSeconds) * well + illSeconds * (ill ?? 0)).toFixed(6)
      }
      return (time >= since && time <= until ? ill : well) ?? 'stale'
    })
    .join(' ')
}

function seriesOf(metrics: Metrics, end: number, since: number, until: number): object[] {
  return Object.entries({ up: steady(1), ...metrics }).map(([name, metric]) => {
    const [, bare, labels = ''] = /^(\w+)\{?(.*?)\}?$/.exec(name) ?? []
    const series = `${bare}{job="lossmeter",instance="a",${labels}}`.replace(',}', '}')
    return { series, values: values(metric, end, since, until) }
  })
}

/** The same metrics of another service, which are none of the alerts' business. */
function ofOthers(series: object[]): object[] {
  return series.map((each) => JSON.parse(JSON.stringify(each).replace('lossmeter\\"', 'other\\"')))
}

const firing = 'count by (alertname, severity) (ALERTS{alertstate="firing"})'

function firingAt(seconds: number, fires: readonly string[]): object {
  const samples = fires.map((alert) => {
    const [name, severity] = alert.split(' ')
    return { labels: `{alertname="${name}", severity="${severity}"}`, value: 1 }
  })
  return { expr: firing, eval_time: `${Math.floor(seconds)}s`, exp_samples: samples }
}

/** Runs promtool over the alerts; what it says if it is not content. */
function complaintsOf(tests: readonly object[]): string {
  const file = join(folder, 'tests.yml')
  writeFileSync(file, stringify({ rule_files: [alerts], evaluation_interval: '30s', tests }, { lineWidth: 0 }))
  const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', file], { encoding: 'utf8' })
  return status === 0 ? '' : `${stdout}${stderr}`
}

const interval = `${scrapeSeconds}s`

test('each alert is provoked', async (t) => {
  const rules = parse(readFileSync(alerts, 'utf8')).groups.flatMap(
    ({ rules }: { rules: { alert?: string; labels?: { severity: string } }[] }) => rules,
  )
  const all = rules.flatMap(({ alert, labels }: (typeof rules)[number]) =>
    alert ? [`${alert} ${labels.severity}`] : [],
  )
  t.ok(all.length > 15)
  t.same(new Set(Object.values(troubles).flatMap(({ fires }) => fires)), new Set(all))
})

for (const [name, { metrics, fires, within, history = 1200 }] of Object.entries(troubles)) {
  test(`${name} fires when it should, not before, not after a blip, and only for this service`, {
    skip: missing,
  }, async (t) => {
    const end = history + within
    const series = seriesOf(metrics, end, history - scrapeSeconds / 3, Number.POSITIVE_INFINITY)
    const fired = [firingAt(history, []), firingAt(history + within / 2, []), firingAt(end, fires)]
    const others = ofOthers(series).concat(seriesOf({}, end, 0, 0))
    const later = Math.min(history, hour)
    const ever = {
      expr: 'count_over_time(ALERTS{alertstate="firing"}[1d])',
      eval_time: `${2 * later}s`,
      exp_samples: [],
    }
    // ten seconds between two scrapes, and with one in them
    const blips = [2, -5].map((since) => seriesOf(metrics, 2 * later, later + since, later + since + 10))
    t.equal(
      complaintsOf([
        { interval, input_series: series, promql_expr_test: fired },
        { interval, input_series: others, promql_expr_test: [firingAt(end, [])] },
        ...blips.map((blip) => ({ interval, input_series: blip, promql_expr_test: [ever] })),
      ]),
      '',
    )
  })
}

/** One request a minute for so long, and then for an hour; the last ones of the former are answered with 503. */
function seldomAsked(minutes: number, failed: number): object[] {
  const each = (valueAt: (minute: number) => number) =>
    Array.from({ length: ((minutes + 60) * 60) / scrapeSeconds }, (_, at) => valueAt((at * scrapeSeconds) / 60)).join(
      ' ',
    )
  const refused = (minute: number) => Math.min(failed, Math.max(0, Math.floor(minute) - (minutes - failed)))
  return [
    { series: 'up{job="lossmeter"}', values: each(() => 1) },
    { series: 'http_server_request_duration_seconds_count{job="lossmeter"}', values: each(Math.floor) },
    { series: 'lossmeter_refusals_total{job="lossmeter",reason="store-unavailable"}', values: each(refused) },
  ]
}

test('where a request comes once a minute, a few 503s are no alert, and an outage is one', {
  skip: missing,
}, async (t) => {
  const minutes = 7 * 60
  const ever = {
    expr: 'count_over_time(ALERTS{alertstate="firing"}[1d])',
    eval_time: `${minutes + 59}m`,
    exp_samples: [],
  }
  const few = [1, 3].map((failed) => ({
    interval,
    input_series: seldomAsked(minutes, failed),
    promql_expr_test: [ever],
  }))
  const outage = {
    interval,
    input_series: seldomAsked(minutes, 15),
    promql_expr_test: [firingAt(minutes * 60, ['LossmeterErrors critical'])],
  }
  t.equal(complaintsOf([...few, outage]), '')
})
