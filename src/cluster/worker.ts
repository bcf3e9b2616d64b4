import type { EventEmitter } from 'node:events'
import type { MetricsSnapshot } from '../operation/metrics-snapshot.ts'
import type { Ask, Grant, Ledger } from '../quotas/ledger.ts'
import type { Peers } from '../wire/closing.ts'
import type { CloseOrder, Question, ToPrimary, ToWorker } from './messages.ts'

/** What a worker needs of its process. */
export interface Channel extends Pick<EventEmitter, 'on'> {
  send?(message: ToPrimary, done: () => void): unknown
}

/** A worker's place among the others: all that it knows of them comes from the primary. */
export class Membership implements Peers {
  readonly #channel: Channel
  readonly #asked = new Map<Question, (isLast: boolean) => void>()
  readonly #grants = new Map<number, (grants: readonly Grant[]) => void>()
  readonly #scrapes = new Map<number, (text: string) => void>()
  #numbers = 0
  #close: (order: CloseOrder) => void = () => undefined
  #metrics: (() => Promise<MetricsSnapshot>) | undefined
  #isEnding = false

  constructor(channel: Channel) {
    this.#channel = channel
    // a terminal and some supervisors tell every process; it is the primary that tells the workers
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) channel.on(signal, () => undefined)
    channel.on('message', (message: ToWorker) => this.#hear(message))
  }

  /**
   * @param close is called when this worker has to end, but not when it ends already
   * @param becomeUnready is called when all workers end, before it
   */
  onClose(close: (order: CloseOrder) => void, becomeUnready: () => void): void {
    this.#close = (order) => {
      if (order.isAll) becomeUnready()
      if (this.#isEnding) return
      this.#isEnding = true
      close(order)
    }
  }

  /** Says that this worker ends by itself, so that another takes its place at once. */
  leave(): void {
    this.#isEnding = true
    this.#tell({ isLeaving: true })
  }

  turn(): Promise<boolean> {
    return this.#ask('turn')
  }

  async trip(): Promise<void> {
    await this.#ask('trip')
  }

  async stopped(): Promise<void> {
    await this.#ask('stopped')
  }

  /** The counts of quotas, which the primary keeps. */
  get ledger(): Ledger {
    return {
      take: (asks: readonly Ask[]) => this.#await(this.#grants, (number) => ({ number, asks })),
      close: async () => undefined,
    }
  }

  /** @param metrics takes a snapshot of the metrics of this worker */
  onMetrics(metrics: () => Promise<MetricsSnapshot>): void {
    this.#metrics = metrics
  }

  /** The metrics of all workers, in the text format of Prometheus. */
  scrape(): Promise<string> {
    return this.#await(this.#scrapes, (scrape) => ({ scrape }))
  }

  /** Tells the primary the metrics of this worker; resolves when it is told. */
  async tellMetrics(): Promise<void> {
    const metrics = await this.#metrics?.()
    if (metrics === undefined) return
    await new Promise<void>((resolve) => {
      // whose primary has gone tells nobody
      if (this.#channel.send === undefined) resolve()
      else this.#channel.send({ metrics }, resolve)
    })
  }

  #hear(message: ToWorker): void {
    if ('close' in message) this.#close(message.close)
    else if ('answer' in message) this.#asked.get(message.answer)?.(message.isLast)
    else if ('grants' in message) this.#resolve(this.#grants, message.number, message.grants)
    else if ('scrape' in message) this.#resolve(this.#scrapes, message.scrape, message.text)
    else void this.tellMetrics()
  }

  #ask(question: Question): Promise<boolean> {
    return new Promise((resolve) => {
      this.#asked.set(question, resolve)
      this.#tell({ question })
    })
  }

  #await<Answer>(waiting: Map<number, (answer: Answer) => void>, ask: (number: number) => ToPrimary): Promise<Answer> {
    return new Promise((resolve) => {
      const number = this.#numbers++
      waiting.set(number, resolve)
      this.#tell(ask(number))
    })
  }

  #resolve<Answer>(waiting: Map<number, (answer: Answer) => void>, number: number, answer: Answer): void {
    waiting.get(number)?.(answer)
    waiting.delete(number)
  }

  #tell(message: ToPrimary): void {
    // a primary that has just gone does not hear it
    this.#channel.send?.(message, () => undefined)
  }
}
