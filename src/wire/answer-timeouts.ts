import type { Exchange } from './table.ts'

const mebibyte = 2 ** 20

interface Pending {
  readonly since: number
  readonly taken: number
}

export interface Answering {
  readonly exchange?: { readonly response: Pick<Exchange['response'], 'writableLength'> } | undefined
  readonly socket: Pick<Exchange['request']['socket'], 'writableLength' | 'bytesWritten' | 'destroy'>
}

/** Ends the connections of clients that do not take their answer: each MiB of it has its time. */
export class AnswerTimeouts {
  readonly #connections: Iterable<Answering>
  readonly #answerTimeoutMs: number
  /** Since when an answer waits to be taken, and the bytes of the connection that were taken before. */
  #pending = new Map<object, Pending>()

  constructor(connections: Iterable<Answering>, answerTimeoutMs: number) {
    this.#connections = connections
    this.#answerTimeoutMs = answerTimeoutMs
  }

  get intervalMs(): number {
    return Math.min(1000, this.#answerTimeoutMs / 4)
  }

  check(now: number = performance.now()): void {
    const pending = new Map<object, Pending>()
    for (const { exchange, socket } of this.#connections) {
      if (exchange === undefined || socket.writableLength + exchange.response.writableLength === 0) continue
      const { since, taken } = this.#pending.get(exchange) ?? {
        since: now,
        taken: socket.bytesWritten - socket.writableLength,
      }
      const mebibytes = Math.max(1, Math.ceil((socket.bytesWritten - taken) / mebibyte))
      if (now - since > mebibytes * this.#answerTimeoutMs) socket.destroy()
      else pending.set(exchange, { since, taken })
    }
    this.#pending = pending
  }
}
