import type { EventEmitter } from 'node:events'
import type { Peers } from '../http/connections/closing.ts'
import type { CloseOrder, Question, ToPrimary, ToWorker } from './messages.ts'

/** What a worker needs of its process. */
export interface Channel extends Pick<EventEmitter, 'on'> {
  send?(message: ToPrimary): unknown
}

/** A worker's place among the others: all that it knows of them comes from the primary. */
export class Membership implements Peers {
  readonly #channel: Channel
  readonly #asked = new Map<Question, (isLast: boolean) => void>()
  #close: (order: CloseOrder) => void = () => undefined
  #isEnding = false

  constructor(channel: Channel) {
    this.#channel = channel
    // a terminal and some supervisors tell every process; it is the primary that tells the workers
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) channel.on(signal, () => undefined)
    channel.on('message', (message: ToWorker) => {
      if ('close' in message) this.#close(message.close)
      else this.#asked.get(message.answer)?.(message.isLast)
    })
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

  #ask(question: Question): Promise<boolean> {
    return new Promise((resolve) => {
      this.#asked.set(question, resolve)
      this.#tell({ question })
    })
  }

  #tell(message: ToPrimary): void {
    this.#channel.send?.(message)
  }
}
