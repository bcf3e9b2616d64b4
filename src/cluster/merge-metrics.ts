import type { MetricsSnapshot } from '../operation/metrics-snapshot.ts'
import { aggregated, lasting, merged } from '../operation/metrics-snapshot.ts'

export interface MetricsSource {
  ask(): void
  snapshot?: MetricsSnapshot
}

export interface MergedMetricsOptions {
  readonly workers: () => Iterable<MetricsSource>
  readonly own: (silentWorkers: number) => Promise<MetricsSnapshot>
  readonly timeoutMs?: number
}

export class MergedMetrics {
  readonly #options: MergedMetricsOptions
  #past: MetricsSnapshot = []
  #scrape: Promise<string> | undefined
  #waiting = new Set<MetricsSource>()
  #all = Promise.withResolvers<void>()

  constructor(options: MergedMetricsOptions) {
    this.#options = options
  }

  /** All metrics, in the text format of Prometheus; calls at the same time share the answer. */
  scrape(): Promise<string> {
    this.#scrape ??= this.#collect().finally(() => {
      this.#scrape = undefined
    })
    return this.#scrape
  }

  take(worker: MetricsSource, snapshot: MetricsSnapshot): void {
    worker.snapshot = snapshot
    this.#isDone(worker)
  }

  ended(worker: MetricsSource): void {
    this.#past = merged([this.#past, lasting(worker.snapshot ?? [])])
    this.#isDone(worker)
  }

  #isDone(worker: MetricsSource): void {
    this.#waiting.delete(worker)
    if (this.#waiting.size === 0) this.#all.resolve()
  }

  async #collect(): Promise<string> {
    const { workers, own, timeoutMs = 1000 } = this.#options
    this.#all = Promise.withResolvers()
    this.#waiting = new Set(workers())
    for (const worker of this.#waiting) worker.ask()
    if (this.#waiting.size === 0) this.#all.resolve()
    const timer = setTimeout(this.#all.resolve, timeoutMs)
    await this.#all.promise
    clearTimeout(timer)
    const silent = this.#waiting
    this.#waiting = new Set()
    const ofPrimary = await own(silent.size)
    const ofWorkers = Array.from(workers(), (worker) => {
      const { snapshot = [] } = worker
      // counters never go down, so the last that were sent are true all the same
      return silent.has(worker) ? lasting(snapshot) : snapshot
    })
    return aggregated([ofPrimary, ...ofWorkers, this.#past]).metrics()
  }
}
