import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import packageJson from '../../package.json' with { type: 'json' }
import { reasons } from '../database/errors.ts'
import type { WaitingCounts } from '../database/halves.ts'
import type { StoreObserver } from '../database/sql/observed-engine.ts'
import { otherFailure } from '../database/sql/observed-engine.ts'
import type { EvaluationCounts } from '../evaluations/service.ts'
import type { ShownFigures } from '../evaluations/shown.ts'
import type { MetricsSnapshot } from './metrics-snapshot.ts'
import { RequestDurations } from './request-durations.ts'
import { Sums } from './sums.ts'

const durations = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const groupSizes = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]

/** The labels and numbers of an answer. A missing route or status is an empty label, which Prometheus ignores. */
export interface AnsweredRequest {
  readonly method: string
  readonly route: string | undefined
  readonly status: number | undefined
  readonly seconds: number
  readonly work: Work | undefined
}

interface Work {
  readonly bytes: number
  readonly format: string | undefined
  readonly spec: { readonly loss: string; readonly labelFormat: string } | undefined
  readonly rows: number
}

export interface Load {
  readonly requests: number
  readonly bytes: number
  readonly connections: number
}

/** A type of problem, and the limit that was exceeded if it has one. */
export type Refusal = readonly [reason: string, limit?: string]

/**
 * What happens in the service, in numbers. Names are those of OpenTelemetry where it has one. Every label has few values, whatever
 * clients send: templates of routes, names in the code, never what a request says.
 */
export class Metrics implements StoreObserver, EvaluationCounts {
  readonly #registry = new Registry()
  readonly #durations = new RequestDurations(
    'http_server_request_duration_seconds',
    'Time from receiving the headers of a request to the end of its answer.',
    durations,
  )
  readonly #bodyBytes = new Sums()
  readonly #rows = new Sums()
  readonly #refusals = this.#counter(
    'lossmeter_refusals_total',
    'Requests answered with a problem, by type and by the limit that was exceeded.',
    ['reason', 'limit'],
  )
  readonly #storeDurations = this.#histogram(
    'db_client_operation_duration_seconds',
    'Duration of operations on the evaluation store.',
    durations,
    ['db_system_name', 'db_operation_name', 'error_type'],
  )
  readonly #storeFailures = this.#counter(
    'lossmeter_store_failures_total',
    'Operations on the evaluation store that failed, by error.',
    ['error_type'],
  )
  readonly #storeWaits = this.#histogram(
    'lossmeter_store_wait_seconds',
    'Time that operations on the evaluation store waited for their turn.',
    durations,
    [],
  )
  readonly #groups = this.#histogram('lossmeter_commit_batches', 'Batches stored in one transaction.', groupSizes, [])
  readonly #listenOutages = this.#counter(
    'lossmeter_store_listen_outages_total',
    'Number of times that listening for changes by other replicas was interrupted.',
    [],
  )
  readonly #foldFailures = this.#counter(
    'lossmeter_fold_failures_total',
    'Sums of stored batches that could not be kept: reports read the batches again.',
    [],
  )
  readonly #declarations = this.#counter('lossmeter_declarations_total', 'Declarations of evaluations, by outcome.', [
    'outcome',
  ])
  readonly #batches = this.#counter('lossmeter_batches_total', 'Batches sent to evaluations, by outcome.', ['outcome'])

  readonly #joined = this.#counter(
    'lossmeter_rows_joined_total',
    'Rows of joined evaluations whose predictions and labels have both come.',
    [],
  )
  readonly #expired = this.#counter(
    'lossmeter_rows_expired_total',
    'Predictions and labels of joined evaluations that have waited in vain and were deleted.',
    [],
  )
  #waiting: WaitingCounts | undefined
  #ofEvaluations: Readonly<Record<'loss' | 'accuracy', Gauge<'owner' | 'evaluation'>>> | undefined
  #sweptAt: number | undefined

  /**
   * @param load asked at each scrape
   * @param limits what is full when `load` reaches it
   * @param refusals those that are counted from 0
   */
  constructor(load: () => Load, limits: Load, refusals: readonly Refusal[] = []) {
    this.#gauge('http_server_active_requests', 'Requests in progress.', () => load().requests)
    this.#gauge('lossmeter_requests_limit', 'Maximum number of concurrent requests.', () => limits.requests)
    this.#gauge('lossmeter_in_flight_bytes', 'Bytes of memory that requests in flight use.', () => load().bytes)
    this.#gauge(
      'lossmeter_in_flight_limit_bytes',
      'Maximum number of bytes of memory for requests in flight.',
      () => limits.bytes,
    )
    this.#gauge('lossmeter_connections', 'Open connections.', () => load().connections)
    this.#gauge('lossmeter_connections_limit', 'Maximum number of open connections.', () => limits.connections)
    this.#registry.registerMetric(this.#durations)
    const registers = [this.#registry]
    const bodyBytes = this.#bodyBytes
    const rows = this.#rows
    new Counter({
      name: 'lossmeter_body_bytes_total',
      help: 'Bytes of request bodies, after decompression.',
      labelNames: ['format'],
      registers,
      collect() {
        for (const [format, , bytes] of bodyBytes.take()) this.inc({ format }, bytes)
      },
    })
    new Counter({
      name: 'lossmeter_rows_total',
      help: 'Rows that were evaluated.',
      labelNames: ['loss', 'label_format'],
      registers,
      collect() {
        for (const [loss, format, count] of rows.take()) this.inc({ loss, label_format: format }, count)
      },
    })
    this.#gauge('lossmeter_workers', workersHelp, () => 1)
    this.#gauge(silentWorkers, silentWorkersHelp, () => 0)
    const info = { service_name: packageJson.name, service_version: packageJson.version }
    new Gauge({
      name: 'target_info',
      help: 'Name and version of the service.',
      labelNames: Object.keys(info),
      registers,
    }).set(info, 1)
    // from 0, so that the first of each is seen as an increase
    for (const outcome of ['created', 'exists', 'conflict', 'full', 'crowded'] as const)
      this.#declarations.inc({ outcome }, 0)
    for (const [reason, limit = ''] of refusals) this.#refusals.inc({ reason, limit }, 0)
    for (const reason of [...reasons, otherFailure]) this.#storeFailures.inc({ error_type: reason }, 0)
    for (const outcome of ['committed', 'replayed', 'conflict', 'sealed', 'full', 'gone'] as const) {
      this.#batches.inc({ outcome }, 0)
    }
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  text(): Promise<string> {
    return this.#everything().metrics()
  }

  snapshot(): Promise<MetricsSnapshot> {
    return this.#everything().getMetricsAsJSON()
  }

  answered({ method, route = '', status = 0, seconds, work }: AnsweredRequest): void {
    this.#durations.add(route, method, status, seconds)
    if (work?.format === undefined) return
    this.#bodyBytes.add(work.format, '', work.bytes)
    if (work.spec !== undefined) this.#rows.add(work.spec.loss, work.spec.labelFormat, work.rows)
  }

  refused(reason: string, limit = ''): void {
    this.#refusals.inc({ reason, limit })
  }

  ran(system: string, operation: string, seconds: number, failure = ''): void {
    this.#storeDurations.observe({ db_system_name: system, db_operation_name: operation, error_type: failure }, seconds)
    if (failure !== '') this.#storeFailures.inc({ error_type: failure })
  }

  committed(batches: number): void {
    this.#groups.observe(batches)
  }

  waited(seconds: number): void {
    this.#storeWaits.observe(seconds)
  }

  /** @param waiting asked at each scrape */
  watchStore(waiting: () => number): void {
    this.#gauge('lossmeter_store_waiting', 'Operations on the evaluation store that are waiting.', waiting)
  }

  /** @param isReady asked at each scrape */
  watchStoreState(isReady: () => Promise<boolean>): void {
    this.#gauge(storeReady, '1 if the evaluation store can be written to, 0 if not.', async () =>
      Number(await isReady()),
    )
  }

  /** @param expiry asked at each scrape: when the certificate expires, in milliseconds */
  watchCertificate(expiry: () => number): void {
    this.#gauge(certificateExpiry, 'When the certificate of the service expires, in Unix time.', () => expiry() / 1000)
  }

  /** All that was due for deletion has been deleted. The first time, when the service begins to sweep, shows it. */
  swept(): void {
    if (this.#sweptAt === undefined) {
      this.#gauge(sweepCompleted, sweepCompletedHelp, () => (this.#sweptAt ?? 0) / 1000)
    }
    this.#sweptAt = Date.now()
  }

  listenFailed(): void {
    this.#listenOutages.inc()
  }

  foldFailed(): void {
    this.#foldFailures.inc()
  }

  declared(outcome: string): void {
    this.#declarations.inc({ outcome })
  }

  put(outcome: string): void {
    this.#batches.inc({ outcome })
  }

  joined(rows: number): void {
    this.#joined.inc(rows)
  }

  expired(halves: number): void {
    this.#expired.inc(halves)
  }

  /** Of the whole store, as it was seen last. The first time begins to show it. */
  waiting(counts: WaitingCounts): void {
    if (this.#waiting === undefined) this.#watchWaiting()
    this.#waiting = counts
  }

  /** The figures of the evaluations that ask for it. The first ones begin to show it. */
  shown(figures: readonly ShownFigures[]): void {
    if (this.#ofEvaluations === undefined && figures.length === 0) return
    this.#ofEvaluations ??= this.#figureGauges()
    const { loss, accuracy } = this.#ofEvaluations
    loss.reset()
    accuracy.reset()
    for (const { owner, evaluation, ...figure } of figures) {
      const value = figure.lossStatus === 'infinite' ? Number.POSITIVE_INFINITY : figure.loss
      if (value !== null) loss.set({ owner, evaluation }, value)
      if (figure.accuracy !== null) accuracy.set({ owner, evaluation }, figure.accuracy)
    }
  }

  #figureGauges() {
    const gauge = (name: string, help: string) =>
      new Gauge({ name, help, labelNames: ['owner', 'evaluation'], registers: [this.#registry] })
    const which = 'of the last window, or of all rows, of each evaluation that was declared with metrics.'
    return {
      loss: gauge('lossmeter_evaluation_loss', `Loss ${which}`),
      accuracy: gauge('lossmeter_evaluation_accuracy', `Accuracy ${which}`),
    }
  }

  #watchWaiting(): void {
    const waiting = () => this.#waiting
    new Gauge({
      name: 'lossmeter_rows_waiting',
      help: 'Predictions and labels of joined evaluations in the store that wait for the other half, as counted every minute.',
      labelNames: ['half'],
      registers: [this.#registry],
      collect() {
        this.set({ half: 'predictions' }, waiting()?.predictions ?? 0)
        this.set({ half: 'labels' }, waiting()?.labels ?? 0)
      },
    })
  }

  #everything(): Registry {
    return Registry.merge([this.#registry, processRegistry()])
  }

  #counter<Label extends string>(name: string, help: string, labelNames: Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.#registry] })
  }

  #histogram<Label extends string>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: Label[],
  ): Histogram<Label> {
    return new Histogram({ name, help, buckets, labelNames, registers: [this.#registry] })
  }

  #gauge(name: string, help: string, read: () => number | Promise<number>): void {
    new Gauge({
      name,
      help,
      registers: [this.#registry],
      async collect() {
        this.set(await read())
      },
    })
  }
}

const storeReady = 'lossmeter_store_ready'
const certificateExpiry = 'lossmeter_certificate_expiry_timestamp_seconds'
const sweepCompleted = 'lossmeter_sweep_completed_timestamp_seconds'
const sweepCompletedHelp =
  'When all that was due for deletion in the evaluation store had been deleted, or the service started, in Unix time.'
const workersHelp = 'Number of worker processes included in these metrics.'
const silentWorkers = 'lossmeter_silent_workers'
const silentWorkersHelp =
  'Workers that did not report their metrics in time; only their last known counters are included.'

/** The metrics of a primary process, which answers no requests. */
export async function primarySnapshot(silent: number): Promise<MetricsSnapshot> {
  const registry = new Registry()
  new Gauge({ name: silentWorkers, help: silentWorkersHelp, registers: [registry] }).set(silent)
  return Registry.merge([registry, processRegistry()]).getMetricsAsJSON()
}

let ofProcess: Registry | undefined

/** The metrics of the process, which it has once for all services in it. */
function processRegistry(): Registry {
  if (ofProcess === undefined) {
    ofProcess = new Registry()
    collectDefaultMetrics({ register: ofProcess })
    // Prometheus reserves this suffix for counters; the metrics by type have the same numbers
    for (const kind of ['handles', 'requests', 'resources']) ofProcess.removeSingleMetric(`nodejs_active_${kind}_total`)
  }
  return ofProcess
}
