import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Connection, Share, Turn } from './table.ts'
import { whenClosed } from './when-closed.ts'

/** Requests that may wait on all connections together, beyond one of each. */
const maxWaiting = 4096
/** Requests that begin in one turn of the event loop; those of a thousand connections may arrive in one. */
const maxBegun = 16
/** Requests and ends of connections that one turn of the event loop may bring; thousands could come in one. */
const maxCome = 128
/** For so many more counts one that is refused at once: refusing must not take the time of answering. */
const weightOfRefusal = 3

/**
 * Hands the requests of each connection to the service one at a time; those that come meanwhile wait. While the service has
 * more begun than it gets done, others wait too, those of each address in turn: waiting costs less than to be refused.
 */
export class Turns {
  readonly #listener: RequestListener
  readonly #isCrowded: () => boolean
  readonly #onSurge: () => void
  readonly #held = new Map<Share, Set<Connection>>()
  #waiting = 0
  #begun = 0
  #come = 0
  #isHolding = false
  #isGoingOn = false

  /**
   * @param isCrowded whether what has begun is enough
   * @param onSurge is called when a turn of the event loop has brought enough
   */
  constructor(listener: RequestListener, isCrowded: () => boolean, onSurge: () => void) {
    this.#listener = listener
    this.#isCrowded = isCrowded
    this.#onSurge = onSurge
  }

  /** A client has sent a request, or has left. */
  count(): void {
    this.#come++
    if (this.#come === maxCome) this.#onSurge()
    this.#goOnLater()
  }

  take(connection: Connection, request: IncomingMessage, response: ServerResponse): void {
    this.count()
    if (connection.isEnding) return
    const turn: Turn = { request, response, since: performance.now(), reply: undefined }
    const isNext = connection.turn === undefined && this.#held.size === 0 && !this.#isHolding
    if (isNext && this.#mayBegin()) this.#begin(connection, turn)
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
    this.#letGo(connection)
  }

  /** Whether one more begins in this turn of the event loop. */
  #mayBegin(): boolean {
    return this.#begun < maxBegun && !this.#isCrowded()
  }

  #begin(connection: Connection, turn: Turn): void {
    connection.turn = turn
    connection.request = turn.request
    if (connection.isLast) turn.response.shouldKeepAlive = false
    whenClosed(turn.response, () => this.#end(connection))
    this.#begun++
    this.#goOnLater()
    this.#listener(turn.request, turn.response)
    // refused at once
    if (turn.response.writableEnded) this.#begun += weightOfRefusal
  }

  #end(connection: Connection): void {
    connection.turn = undefined
    if (connection.isEnding) this.drop(connection)
    else if (connection.waiting.length === 0) connection.lastWords?.()
    else this.#hold(connection)
  }

  #wait(connection: Connection, turn: Turn): void {
    if (this.#waiting >= maxWaiting && !connection.isIdle) {
      connection.socket.destroy()
      return
    }
    this.#waiting++
    connection.waiting.push(turn)
    // no more is read until these have been answered
    connection.socket.pause()
    if (connection.turn === undefined) this.#hold(connection)
  }

  #hold(connection: Connection): void {
    const { share } = connection
    const held = this.#held.get(share) ?? new Set()
    this.#held.set(share, held.add(connection))
    this.#goOnLater()
  }

  #letGo(connection: Connection): void {
    const held = this.#held.get(connection.share)
    held?.delete(connection)
    if (held?.size === 0) this.#held.delete(connection.share)
  }

  #goOnLater(): void {
    if (this.#isGoingOn) return
    this.#isGoingOn = true
    setImmediate(() => {
      this.#isGoingOn = false
      this.#begun = 0
      this.#come = 0
      if (!this.#isHolding) this.#goOn()
    })
  }

  #goOn(): void {
    for (const [share, held] of this.#held) {
      if (!this.#mayBegin()) {
        this.#goOnLater()
        return
      }
      const [connection] = held
      this.#letGo(connection)
      if (held.size > 0) {
        // the others of its address come after those of all others
        this.#held.delete(share)
        this.#held.set(share, held)
      }
      this.#next(connection)
    }
  }

  #next(connection: Connection): void {
    const [turn] = connection.waiting.splice(0, 1)
    this.#waiting--
    if (connection.waiting.length === 0) connection.socket.resume()
    if (!connection.socket.destroyed) this.#begin(connection, turn)
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

/** Nothing is read of a connection before `readOn`. */
export function rest(connection: Connection): void {
  connection.isResting = true
  connection.socket.pause()
}

export function readOn(connection: Connection): void {
  connection.isResting = false
  connection.socket.resume()
}

/** Makes the next answer of a connection its last; the client is told by `Connection: close`. */
export function makeLast(connection: Connection): void {
  connection.isLast = true
  const response = connection.turn?.response
  if (response !== undefined && !response.headersSent) response.shouldKeepAlive = false
}
