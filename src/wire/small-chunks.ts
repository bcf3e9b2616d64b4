import { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import type { Arrivals } from './accept-burst.ts'
import { readOn, rest } from './pipeline.ts'
import type { Connection, ConnectionTable } from './table.ts'
import { fewestFirst } from './table.ts'

/** Chunks of bodies after which nothing more is read in a turn of the event loop; what is read at once may have 10,000 of them. */
const chunksPerTurn = 2048

const { push: pushAsIs } = IncomingMessage.prototype

/** A chunk of so many bytes is put together with those that come in the same read. */
const smallBytes = 64
/** Where small chunks lie until the read is over; only those of one body at a time. */
const staging = new Uint8Array(2 ** 16)

/** The small chunks of a body. */
interface SmallChunks {
  readonly body: IncomingMessage
  count: number
  /** Whether more may be read, as far as the body is concerned. */
  mayGoOn: boolean
}

const smallChunks = new WeakMap<Readable, SmallChunks>()

/** How many chunks of a body have been put together with others. */
export function smallChunksOf(body: Readable): number {
  return smallChunks.get(body)?.count ?? 0
}

/** Keeps turns of the event loop short when bodies come in chunks of few bytes: each chunk takes its time, however small it is. */
export class Chunks {
  readonly #table: ConnectionTable
  readonly #arrivals: Pick<Arrivals, 'isComing'>
  #taken = 0
  /** The body whose small chunks are staged, and how many bytes of them. */
  #staged: SmallChunks | undefined
  #stagedBytes = 0
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
    const small: SmallChunks = { body: request, count: 0, mayGoOn: true }
    smallChunks.set(request, small)
    request.push = (chunk: Uint8Array | null, encoding) => {
      this.#take(connection)
      if (chunk !== null && chunk.length <= smallBytes) {
        this.#stage(small, chunk)
        return small.mayGoOn
      }
      this.#pushStaged()
      return pushAsIs.call(request, chunk, encoding)
    }
  }

  #stage(small: SmallChunks, chunk: Uint8Array): void {
    if (this.#staged !== small || this.#stagedBytes + chunk.length > staging.length) {
      this.#pushStaged()
      this.#staged = small
      // after all that was read in this turn of the event loop: there are ticks after each chunk
      setImmediate(() => this.#pushStaged())
    }
    for (let at = 0; at < chunk.length; at++) staging[this.#stagedBytes + at] = chunk[at]
    this.#stagedBytes += chunk.length
    small.count++
  }

  #pushStaged(): void {
    const small = this.#staged
    if (small === undefined) return
    this.#staged = undefined
    const bytes = Buffer.allocUnsafeSlow(this.#stagedBytes)
    bytes.set(staging.subarray(0, this.#stagedBytes))
    this.#stagedBytes = 0
    small.mayGoOn = pushAsIs.call(small.body, bytes)
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
    const resting = Array.from(this.#table).filter(({ isRead }) => isRead)
    for (const connection of resting) rest(connection)
    // those of clients with few connections are read first, and so come before the next that may bring many chunks
    resting.sort(fewestFirst)
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
