import { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import type { AcceptBurst } from './accept-burst.ts'
import { readOn, rest } from './reading.ts'
import type { Connection, ConnectionTable } from './table.ts'
import { fewestFirst } from './table.ts'

/** Chunks of bodies after which nothing more is read in a turn of the event loop; one read may bring 10,000 of them. */
const chunksPerTurn = 2048

const { push: pushAsIs } = IncomingMessage.prototype

/** Chunks of at most so many bytes are put together with those that come in the same read. */
const smallBytes = 64
/** Where small chunks lie until the read is over; only those of one body at a time. */
const staging = new Uint8Array(2 ** 16)

interface ChunkedBody {
  readonly body: IncomingMessage
  count: number
  mayGoOn: boolean
}

const chunkedBodies = new WeakMap<Readable, ChunkedBody>()

export function smallChunksOf(body: Readable): number {
  return chunkedBodies.get(body)?.count ?? 0
}

/** Keeps turns of the event loop short when bodies come in chunks of few bytes: each chunk takes its time, however small it is. */
export class SmallChunks {
  readonly #table: ConnectionTable
  readonly #burst: Pick<AcceptBurst, 'isUnderWay'>
  #arrived = 0
  #staged: ChunkedBody | undefined
  #stagedBytes = 0
  /** Connections of many small chunks: they rest until a turn of the event loop has brought few, one after the other. */
  readonly #queue: Connection[] = []

  constructor(table: ConnectionTable, burst: Pick<AcceptBurst, 'isUnderWay'>) {
    this.#table = table
    this.#burst = burst
  }

  watch(connection: Connection, request: IncomingMessage): void {
    if (request.headers['transfer-encoding'] === undefined) return
    const chunked: ChunkedBody = { body: request, count: 0, mayGoOn: true }
    chunkedBodies.set(request, chunked)
    request.push = (chunk: Uint8Array | null, encoding) => {
      this.#count(connection)
      if (chunk !== null && chunk.length <= smallBytes) {
        this.#stage(chunked, chunk)
        return chunked.mayGoOn
      }
      this.#pushStaged()
      return pushAsIs.call(request, chunk, encoding)
    }
  }

  #stage(chunked: ChunkedBody, chunk: Uint8Array): void {
    if (this.#staged !== chunked || this.#stagedBytes + chunk.length > staging.length) {
      this.#pushStaged()
      this.#staged = chunked
      // after all that was read in this turn of the event loop: there are ticks after each chunk
      setImmediate(() => this.#pushStaged())
    }
    for (let at = 0; at < chunk.length; at++) staging[this.#stagedBytes + at] = chunk[at]
    this.#stagedBytes += chunk.length
    chunked.count++
  }

  #pushStaged(): void {
    const chunked = this.#staged
    if (chunked === undefined) return
    this.#staged = undefined
    const bytes = Buffer.allocUnsafeSlow(this.#stagedBytes)
    bytes.set(staging.subarray(0, this.#stagedBytes))
    this.#stagedBytes = 0
    chunked.mayGoOn = pushAsIs.call(chunked.body, bytes)
  }

  #count(connection: Connection): void {
    if (this.#arrived === 0) {
      setImmediate(() => {
        this.#arrived = 0
      })
    }
    this.#arrived++
    if (this.#arrived === chunksPerTurn) this.#restAll(connection)
  }

  /** All rest in this turn: others have been found readable in it, too, and may bring as many chunks. */
  #restAll(last: Connection): void {
    const resting = Array.from(this.#table).filter(({ isRead }) => isRead)
    for (const connection of resting) rest(connection)
    resting.sort(fewestFirst)
    setImmediate(() => {
      for (const connection of resting) if (connection !== last) readOn(connection)
      if (last.isResting && this.#queue.push(last) === 1) this.#goOn()
    })
  }

  #goOn(): void {
    setImmediate(() => {
      if (this.#arrived < chunksPerTurn && !this.#burst.isUnderWay)
        for (const connection of this.#queue.splice(0, 1)) readOn(connection)
      if (this.#queue.length > 0) this.#goOn()
    })
  }
}
