import type { Figures } from '../operation/metrics-snapshot.ts'
import { aggregated, lasting, merged } from '../operation/metrics-snapshot.ts'

/** A worker, as far as its metrics are concerned. */
export interface FiguresOf {
  /** Has the worker tell its metrics. */
  ask(): void
  /** The last that it told. */
  figures?: Figures
}

export interface SharedFiguresOptions {
  /** The workers that are there. */
  readonly workers: () => Iterable<FiguresOf>
  /** The metrics of the primary itself. */
  readonly own: (silentWorkers: number) => Promise<Figures>
  /** The most milliseconds that a worker has to tell its metrics. */
  readonly patience?: number
}

/** Adds up the metrics of the workers, those that have ended included. */
export class SharedFigures {
  readonly #options: SharedFiguresOptions
  /** What workers that have ended have counted. */
  #past: Figures = []
  #scrape: Promise<string> | undefined
  #waiting = new Set<FiguresOf>()
  #all = Promise.withResolvers<void>()

  constructor(options: SharedFiguresOptions) {
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
  told(worker: FiguresOf, figures: Figures): void {
    worker.figures = figures
    this.#heard(worker)
  }

  /** A worker has ended: what it has counted stays. */
  ended(worker: FiguresOf): void {
    this.#past = merged([this.#past, lasting(worker.figures ?? [])])
    this.#heard(worker)
  }

  #heard(worker: FiguresOf): void {
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
      const { figures = [] } = worker
      // what it had counted when it told it last is true all the same
      return silent.has(worker) ? lasting(figures) : figures
    })
    return aggregated([ofPrimary, ...told, this.#past]).metrics()
  }
}
