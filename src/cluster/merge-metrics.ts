import type { MetricsSnapshot } from '../operation/metrics-snapshot.ts'
import { aggregated, lasting, merged } from '../operation/metrics-snapshot.ts'

/** A worker, as far as its metrics are concerned. */
export interface WorkerMetrics {
  /** Has the worker tell its metrics. */
  ask(): void
  /** The last that it told. */
  metrics?: MetricsSnapshot
}

export interface SharedMetricsOptions {
  /** The workers that are there. */
  readonly workers: () => Iterable<WorkerMetrics>
  /** The metrics of the primary itself. */
  readonly own: (silentWorkers: number) => Promise<MetricsSnapshot>
  /** The most milliseconds that a worker has to tell its metrics. */
  readonly patience?: number
}

/** Adds up the metrics of the workers, those that have ended included. */
export class SharedMetrics {
  readonly #options: SharedMetricsOptions
  /** What workers that have ended have counted. */
  #past: MetricsSnapshot = []
  #scrape: Promise<string> | undefined
  #waiting = new Set<WorkerMetrics>()
  #all = Promise.withResolvers<void>()

  constructor(options: SharedMetricsOptions) {
    this.#options = options
  }

  /** All metrics, in the text format of Prometheus; those who ask at the same time share the answer. */
  scrape(): Promise<string> {
    this.#scrape ??= this.#collect().finally(() => {
      this.#scrape = undefined
    })
    return this.#scrape
  }

  /** A worker has told its metrics. */
  told(worker: WorkerMetrics, metrics: MetricsSnapshot): void {
    worker.metrics = metrics
    this.#heard(worker)
  }

  /** A worker has ended: what it has counted stays. */
  ended(worker: WorkerMetrics): void {
    this.#past = merged([this.#past, lasting(worker.metrics ?? [])])
    this.#heard(worker)
  }

  #heard(worker: WorkerMetrics): void {
    this.#waiting.delete(worker)
    if (this.#waiting.size === 0) this.#all.resolve()
  }

  async #collect(): Promise<string> {
    const { workers, own, patience = 1000 } = this.#options
    this.#all = Promise.withResolvers()
    this.#waiting = new Set(workers())
    for (const worker of this.#waiting) worker.ask()
    if (this.#waiting.size === 0) this.#all.resolve()
    const timer = setTimeout(this.#all.resolve, patience)
    await this.#all.promise
    clearTimeout(timer)
    const silent = this.#waiting
    this.#waiting = new Set()
    const ofPrimary = await own(silent.size)
    const told = Array.from(workers(), (worker) => {
      const { metrics = [] } = worker
      // what it had counted when it told it last is true all the same
      return silent.has(worker) ? lasting(metrics) : metrics
    })
    return aggregated([ofPrimary, ...told, this.#past]).metrics()
  }
}
