import { IncomingMessage } from 'node:http'
import type { Arrivals } from './arrivals.ts'
import type { Connection, ConnectionTable } from './table.ts'
import { readOn, rest } from './turns.ts'

/** Chunks of bodies after which nothing more is read in a turn of the event loop; what is read at once may have 10,000 of them. */
const chunksPerTurn = 2048

/** Keeps turns of the event loop short when bodies come in chunks of few bytes: each chunk takes its time, however small it is. */
export class Chunks {
  readonly #table: ConnectionTable
  readonly #arrivals: Pick<Arrivals, 'isComing'>
  #taken = 0
  /** Connections of many small chunks: they rest until a turn of the event loop has brought few, one after the other. */
  readonly #queue: Connection[] = []

  /** @param arrivals while connections come one after the other, many small chunks wait */
  constructor(table: ConnectionTable, arrivals: Pick<Arrivals, 'isComing'>) {
    this.#table = table
    this.#arrivals = arrivals
  }

  /** A request has come, before its body. */
  watch(connection: Connection, request: IncomingMessage): void {
    if (request.headers['transfer-encoding'] === undefined) return
    request.push = (chunk, encoding) => {
      this.#take(connection)
      return IncomingMessage.prototype.push.call(request, chunk, encoding)
    }
  }

  #take(connection: Connection): void {
    if (this.#taken === 0) {
      setImmediate(() => {
        this.#taken = 0
      })
    }
    this.#taken++
    if (this.#taken === chunksPerTurn) this.#restAll(connection)
  }

  /** All rest in this turn: others have been found readable in it, too, and may bring as many chunks. */
  #restAll(last: Connection): void {
    // what begins a handshake is not read here, and would be lost
    const resting = Array.from(this.#table).filter(({ socket, isSecuring }) => !isSecuring && !socket.isPaused())
    for (const connection of resting) rest(connection)
    // those of clients with few connections are read first, and so come before the next that may bring many chunks
    resting.sort((a, b) => a.share.connections - b.share.connections)
    setImmediate(() => {
      for (const connection of resting) if (connection !== last) readOn(connection)
      if (last.isResting && this.#queue.push(last) === 1) this.#goOn()
    })
  }

  #goOn(): void {
    setImmediate(() => {
      if (this.#taken < chunksPerTurn && !this.#arrivals.isComing)
        for (const connection of this.#queue.splice(0, 1)) readOn(connection)
      if (this.#queue.length > 0) this.#goOn()
    })
  }
}
