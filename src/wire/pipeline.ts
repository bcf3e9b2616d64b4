import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { AddressUsage, Connection, Exchange } from './table.ts'
import { whenClosed } from './when-closed.ts'

/** Requests that may wait on all connections together, beyond one of each. */
const maxWaiting = 4096
const maxBegun = 16
const maxArrived = 128
/** A request that is refused at once counts for so many more: refusing must not take the time of answering. */
const refusalWeight = 3

/**
 * Hands the requests of each connection to the service one at a time; those that come meanwhile wait. While the service has
 * more begun than it gets done, others wait too, and each address has one begun after the other: waiting is better than a refusal.
 */
export class Pipelines {
  readonly #listener: RequestListener
  readonly #isCrowded: () => boolean
  readonly #onSurge: () => void
  readonly #held = new Map<AddressUsage, Set<Connection>>()
  #waiting = 0
  #begun = 0
  #arrived = 0
  #isHolding = false
  #isScheduled = false

  /** @param onSurge is called when a turn of the event loop has brought `maxArrived` */
  constructor(listener: RequestListener, isCrowded: () => boolean, onSurge: () => void) {
    this.#listener = listener
    this.#isCrowded = isCrowded
    this.#onSurge = onSurge
  }

  count(): void {
    this.#arrived++
    if (this.#arrived === maxArrived) this.#onSurge()
    this.#beginLater()
  }

  take(connection: Connection, request: IncomingMessage, response: ServerResponse): void {
    this.count()
    if (connection.isEnding) return
    const exchange: Exchange = { request, response, since: performance.now(), reply: undefined }
    const isNext = connection.exchange === undefined && this.#held.size === 0 && !this.#isHolding
    if (isNext && this.#mayBegin()) this.#begin(connection, exchange)
    else this.#wait(connection, exchange)
  }

  hold(): void {
    this.#isHolding = true
  }

  release(): void {
    this.#isHolding = false
    this.#beginHeld()
  }

  drop(connection: Connection): void {
    this.#waiting -= connection.waiting.length
    connection.waiting = []
    this.#letGo(connection)
  }

  #mayBegin(): boolean {
    return this.#begun < maxBegun && !this.#isCrowded()
  }

  #begin(connection: Connection, exchange: Exchange): void {
    const { request, response } = exchange
    connection.exchange = exchange
    connection.request = request
    if (connection.isLast) response.shouldKeepAlive = false
    whenClosed(response, () => this.#end(connection))
    this.#begun++
    this.#beginLater()
    this.#listener(request, response)
    if (response.writableEnded) this.#begun += refusalWeight
  }

  #end(connection: Connection): void {
    connection.exchange = undefined
    if (connection.isEnding) this.drop(connection)
    else if (connection.waiting.length === 0) connection.refuseSocket?.()
    else this.#hold(connection)
  }

  #wait(connection: Connection, exchange: Exchange): void {
    if (this.#waiting >= maxWaiting && !connection.isIdle) {
      connection.socket.destroy()
      return
    }
    this.#waiting++
    connection.waiting.push(exchange)
    connection.socket.pause()
    if (connection.exchange === undefined) this.#hold(connection)
  }

  #hold(connection: Connection): void {
    const { usage } = connection
    const held = this.#held.get(usage) ?? new Set()
    this.#held.set(usage, held.add(connection))
    this.#beginLater()
  }

  #letGo(connection: Connection): void {
    const held = this.#held.get(connection.usage)
    held?.delete(connection)
    if (held?.size === 0) this.#held.delete(connection.usage)
  }

  #beginLater(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#begun = 0
      this.#arrived = 0
      if (!this.#isHolding) this.#beginHeld()
    })
  }

  #beginHeld(): void {
    for (const [usage, held] of this.#held) {
      if (!this.#mayBegin()) {
        this.#beginLater()
        return
      }
      const [connection] = held
      this.#letGo(connection)
      if (held.size > 0) {
        // the others of its address come after those of all others
        this.#held.delete(usage)
        this.#held.set(usage, held)
      }
      this.#beginNext(connection)
    }
  }

  #beginNext(connection: Connection): void {
    const [exchange] = connection.waiting.splice(0, 1)
    this.#waiting--
    if (connection.waiting.length === 0) connection.socket.resume()
    if (!connection.socket.destroyed) this.#begin(connection, exchange)
  }
}

/** Makes the next answer of a connection its last; the client is told by `Connection: close`. */
export function makeLast(connection: Connection): void {
  connection.isLast = true
  const response = connection.exchange?.response
  if (response !== undefined && !response.headersSent) response.shouldKeepAlive = false
}
