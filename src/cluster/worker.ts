import type { EventEmitter } from 'node:events'
import type { FastifyBaseLogger } from 'fastify'
import type { MetricsSnapshot } from '../operation/metrics-snapshot.ts'
import type { Ledger } from '../quotas/ledger.ts'
import type { Peers } from '../wire/closing.ts'
import type { Answer, CloseOrder, Need, Question, ToPrimary, ToWorker } from './messages.ts'

export interface Channel extends Pick<EventEmitter, 'on'> {
  send?(message: ToPrimary, done: () => void): unknown
}

/** A worker's link to the primary: all that it knows of the other workers comes over it. */
export class WorkerLink implements Peers {
  readonly #channel: Channel
  readonly #log: Pick<FastifyBaseLogger, 'error'>
  readonly #asked = new Map<Question, (isLast: boolean) => void>()
  readonly #needs = new Map<number, (answer: Answer) => void>()
  #numbers = 0
  #close: (order: CloseOrder) => void = () => undefined
  #snapshot: (() => Promise<MetricsSnapshot>) | undefined
  #isEnding = false

  constructor(channel: Channel, log: Pick<FastifyBaseLogger, 'error'>) {
    this.#channel = channel
    this.#log = log
    // a terminal and some supervisors signal every process; it is the primary that tells the workers
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

  mayStop(): Promise<boolean> {
    return this.#ask('mayStop')
  }

  async trip(): Promise<void> {
    await this.#ask('trip')
  }

  async stopped(): Promise<void> {
    await this.#ask('stopped')
  }

  get ledger(): Ledger {
    return {
      take: async (asks) => {
        const answer = await this.#need({ asks })
        return 'grants' in answer ? answer.grants : fail(answer)
      },
      close: async () => undefined,
    }
  }

  /** @param snapshot the metrics of this worker, which the primary asks for */
  onMetrics(snapshot: () => Promise<MetricsSnapshot>): void {
    this.#snapshot = snapshot
  }

  async scrape(): Promise<string> {
    const answer = await this.#need({ needs: 'metrics' })
    return 'metrics' in answer ? answer.metrics : fail(answer)
  }

  /** Sends the primary the metrics of this worker; resolves when they are sent, or cannot be. */
  async sendMetrics(): Promise<void> {
    try {
      const snapshot = await this.#snapshot?.()
      if (snapshot === undefined) return
      await new Promise<void>((resolve) => {
        if (this.#channel.send === undefined) resolve()
        else this.#channel.send({ snapshot }, resolve)
      })
    } catch (err) {
      this.#log.error({ err }, 'cannot collect the metrics of this worker')
    }
  }

  #hear(message: ToWorker): void {
    if ('close' in message) this.#close(message.close)
    else if ('answer' in message) this.#asked.get(message.answer)?.(message.isLast)
    else if ('wantsSnapshot' in message) void this.sendMetrics()
    else {
      this.#needs.get(message.number)?.(message)
      this.#needs.delete(message.number)
    }
  }

  #ask(question: Question): Promise<boolean> {
    return new Promise((resolve) => {
      this.#asked.set(question, resolve)
      this.#tell({ question })
    })
  }

  #need(need: Need): Promise<Answer> {
    return new Promise((resolve) => {
      const number = this.#numbers++
      this.#needs.set(number, resolve)
      this.#tell({ number, ...need })
    })
  }

  #tell(message: ToPrimary): void {
    // a primary that has just gone does not hear it
    this.#channel.send?.(message, () => undefined)
  }
}

function fail(answer: Answer): never {
  throw new Error('failure' in answer ? `the primary process cannot answer: ${answer.failure}` : 'another answer')
}
