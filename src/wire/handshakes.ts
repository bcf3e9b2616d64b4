import type { Socket } from 'node:net'
import type { AcceptBurst } from './accept-burst.ts'
import type { Connection, ConnectionTable } from './table.ts'

const maxBegun = 2

export interface HandshakeOptions {
  readonly speak: (socket: Socket) => void
  readonly use: (connection: Connection) => void
  readonly timeoutMs: number
  readonly maxPerAddress: number
  readonly burst: Pick<AcceptBurst, 'isUnderWay'>
}

/** Connections whose clients have not yet shown that they speak TLS. They count as any other, and are cut after a time. */
export class Handshakes {
  readonly #table: ConnectionTable
  readonly #options: HandshakeOptions
  readonly #byPeer = new Map<string, Connection>()
  readonly #asking: Connection[] = []
  readonly #ended: Connection[] = []
  readonly #underWay = new Set<Connection>()
  #isScheduled = false

  constructor(table: ConnectionTable, options: HandshakeOptions) {
    this.#table = table
    this.#options = options
  }

  begin(connection: Connection): void {
    const { socket } = connection
    const peer = peerOf(socket)
    this.#byPeer.set(peer, connection)
    connection.isSecuring = true
    const cut = setTimeout(() => socket.destroy(), this.#options.timeoutMs)
    socket.once('close', () => {
      clearTimeout(cut)
      if (this.#byPeer.get(peer) === connection) this.#byPeer.delete(peer)
    })
    socket.on('error', () => socket.destroy())
    socket.once('readable', () => {
      clearTimeout(cut)
      if (socket.readableLength === 0) {
        socket.destroy()
        return
      }
      this.#asking.push(connection)
      this.#beginLater()
    })
  }

  /** An encrypted socket is there. Its connection is known by it from now on, and used in its turn, unless the client has left. */
  end(encrypted: Socket): void {
    const peer = peerOf(encrypted)
    const connection = this.#byPeer.get(peer)
    if (connection === undefined) {
      encrypted.destroy()
      return
    }
    this.#byPeer.delete(peer)
    this.#isOver(connection)
    this.#table.secure(connection, encrypted)
    // as without TLS; a client that closes its side before the handshake has ended has left
    encrypted.allowHalfOpen = true
    encrypted.on('error', () => encrypted.destroy())
    if (this.#ended.push(connection) === 1) this.#useNext()
  }

  #beginLater(): void {
    if (this.#isScheduled || this.#asking.length === 0) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      for (let begun = 0; begun < maxBegun && !this.#options.burst.isUnderWay; begun++) {
        const connection = takeNext(this.#asking, ({ usage }) => usage.handshakes < this.#options.maxPerAddress)
        if (connection === undefined) return
        this.#speak(connection)
      }
      this.#beginLater()
    })
  }

  /** One in each turn of the event loop: many may end in one, each with thousands of chunks of a body behind it. */
  #useNext(): void {
    setImmediate(() => {
      const connection = takeNext(this.#ended) as Connection
      connection.isSecuring = false
      if (!connection.socket.destroyed) this.#options.use(connection)
      if (this.#ended.length > 0) this.#useNext()
    })
  }

  #speak(connection: Connection): void {
    const { socket, usage } = connection
    if (socket.destroyed) return
    usage.handshakes++
    this.#underWay.add(connection)
    socket.once('close', () => this.#isOver(connection))
    this.#options.speak(socket)
  }

  #isOver(connection: Connection): void {
    if (!this.#underWay.delete(connection)) return
    connection.usage.handshakes--
    this.#beginLater()
  }
}

function takeNext(
  connections: Connection[],
  mayBe: (connection: Connection) => boolean = () => true,
): Connection | undefined {
  let next = -1
  for (const [at, connection] of connections.entries()) {
    if (!mayBe(connection)) continue
    if (next < 0 || connection.usage.connections < connections[next].usage.connections) next = at
  }
  return next < 0 ? undefined : connections.splice(next, 1)[0]
}

/** node:tls does not tell which connection it has encrypted, but both have the same other end. */
function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}
