import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { whenClosed } from '../when-closed.ts'
import type { Connection, Turn } from './table.ts'

/** Requests that may wait on all connections together for the one in front of them. */
const maxWaiting = 4096
/** Requests that begin in one turn of the event loop; those of a thousand connections may arrive in one. */
const maxBegun = 64

/** Hands the requests of each connection to the service one at a time; those that come meanwhile wait. */
export class Turns {
  readonly #listener: RequestListener
  readonly #held = new Set<Connection>()
  #waiting = 0
  #begun = 0
  #isHolding = false

  constructor(listener: RequestListener) {
    this.#listener = listener
  }

  take(connection: Connection, request: IncomingMessage, response: ServerResponse): void {
    if (connection.isEnding) return
    const turn: Turn = { request, response, reply: undefined }
    if (connection.turn === undefined && !this.#isHolding && this.#mayBegin()) this.#begin(connection, turn)
    else this.#wait(connection, turn)
  }

  /** Lets requests wait that have not begun. */
  hold(): void {
    this.#isHolding = true
  }

  /** Goes on with those that were held. */
  release(): void {
    this.#isHolding = false
    this.#goOn()
  }

  /** Forgets what waits on a connection that is closed. */
  drop(connection: Connection): void {
    this.#waiting -= connection.waiting.length
    connection.waiting = []
    this.#held.delete(connection)
  }

  /** Whether one more begins in this turn of the event loop; those that have to wait go on in the next. */
  #mayBegin(): boolean {
    if (this.#begun === 0) {
      setImmediate(() => {
        this.#begun = 0
        if (!this.#isHolding) this.#goOn()
      })
    }
    this.#begun++
    return this.#begun <= maxBegun
  }

  #goOn(): void {
    for (const connection of this.#held) {
      if (!this.#mayBegin()) return
      this.#held.delete(connection)
      this.#next(connection)
    }
  }

  #begin(connection: Connection, turn: Turn): void {
    connection.turn = turn
    connection.request = turn.request
    if (connection.isLast) turn.response.shouldKeepAlive = false
    whenClosed(turn.response, () => {
      connection.turn = undefined
      if (this.#isHolding) this.#held.add(connection)
      else this.#next(connection)
    })
    this.#listener(turn.request, turn.response)
  }

  #wait(connection: Connection, turn: Turn): void {
    if (this.#waiting === maxWaiting) {
      connection.socket.destroy()
      return
    }
    this.#waiting++
    connection.waiting.push(turn)
    // no more is read until these have been answered
    connection.socket.pause()
    if (connection.turn === undefined) this.#held.add(connection)
  }

  #next(connection: Connection): void {
    if (connection.isEnding) {
      this.drop(connection)
      return
    }
    const turn = connection.waiting.shift()
    if (turn === undefined) {
      connection.lastWords?.()
      return
    }
    this.#waiting--
    if (connection.waiting.length === 0) connection.socket.resume()
    connection.turn = turn
    // other connections are served in between
    setImmediate(() => {
      if (!connection.socket.destroyed) this.#begin(connection, turn)
    })
  }
}

/** Keeps node:http from reading on after each request, while some wait, and after each chunk, while the connection rests. */
export function readInTurn(connection: Connection): void {
  const { socket } = connection
  socket.resume = () => {
    const isHeldBack = connection.isResting || (connection.waiting.length > 0 && !connection.isEnding)
    return isHeldBack ? socket : Socket.prototype.resume.call(socket)
  }
}

/** Makes the next answer of a connection its last; the client is told by `Connection: close`. */
export function makeLast(connection: Connection): void {
  connection.isLast = true
  const response = connection.turn?.response
  if (response !== undefined && !response.headersSent) response.shouldKeepAlive = false
}
