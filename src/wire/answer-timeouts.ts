import type { ConnectionTable, Turn } from './table.ts'

const mebibyte = 2 ** 20

interface Lateness {
  readonly since: number
  readonly taken: number
}

/** Ends the connections of clients that do not take their answer: each MiB of it has its time. */
export class Patience {
  readonly #table: ConnectionTable
  readonly #answerTimeoutMs: number
  /** Since when an answer waits to be taken, and the bytes of the connection that were taken before. */
  #late = new Map<Turn, Lateness>()

  constructor(table: ConnectionTable, answerTimeoutMs: number) {
    this.#table = table
    this.#answerTimeoutMs = answerTimeoutMs
  }

  /** How often to look. */
  get intervalMs(): number {
    return Math.min(1000, this.#answerTimeoutMs / 4)
  }

  /** Looks at all answers under way. */
  look(now: number = performance.now()): void {
    const late = new Map<Turn, Lateness>()
    for (const { turn, socket } of this.#table) {
      if (turn === undefined || socket.writableLength + turn.response.writableLength === 0) continue
      const { since, taken } = this.#late.get(turn) ?? {
        since: now,
        taken: socket.bytesWritten - socket.writableLength,
      }
      const mebibytes = Math.max(1, Math.ceil((socket.bytesWritten - taken) / mebibyte))
      if (now - since > mebibytes * this.#answerTimeoutMs) socket.destroy()
      else late.set(turn, { since, taken })
    }
    this.#late = late
  }
}
