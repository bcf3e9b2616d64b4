import type { Socket } from 'node:net'
import type { Arrivals } from './accept-burst.ts'
import type { Connection, ConnectionTable } from './table.ts'

/** Handshakes that begin in one turn of the event loop: each takes about a millisecond, and a thousand clients may come at once. */
const maxBegun = 2

/** How handshakes begin, and how long they may take to. */
export interface HandshakeOptions {
  /** Begins to speak TLS with a socket from which nothing was taken. */
  readonly speak: (socket: Socket) => void
  /** Uses a connection that is encrypted, and from which nothing was taken. */
  readonly use: (connection: Connection) => void
  /** Milliseconds in which the first bytes must come. */
  readonly timeoutMs: number
  /** How many of one address may be under way: what ends them may come in one turn, too. */
  readonly maxPerAddress: number
  /** None begins while connections come one after the other. */
  readonly arrivals: Pick<Arrivals, 'isComing'>
}

/** Connections whose clients have not yet shown that they speak TLS. They count as any other, and are cut after a time. */
export class Handshakes {
  readonly #table: ConnectionTable
  readonly #options: HandshakeOptions
  readonly #byPeer = new Map<string, Connection>()
  /** Those whose clients have asked for it, and that have not begun. */
  readonly #asking: Connection[] = []
  /** Those that have ended, and are not in use. */
  readonly #ended: Connection[] = []
  /** Those that have begun. */
  readonly #underWay = new Set<Connection>()
  #isGoing = false

  constructor(table: ConnectionTable, options: HandshakeOptions) {
    this.#table = table
    this.#options = options
  }

  /** How many have not ended, whether they have begun or not. */
  get size(): number {
    return this.#byPeer.size
  }

  /** Begins one in its turn, when its client has sent something. */
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
    // nobody else listens before TLS is spoken
    socket.on('error', () => socket.destroy())
    socket.once('readable', () => {
      clearTimeout(cut)
      // its client has left
      if (socket.readableLength === 0) {
        socket.destroy()
        return
      }
      this.#asking.push(connection)
      this.#goOn()
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
    // as without TLS; before the handshake has ended, whoever closes its side has left
    encrypted.allowHalfOpen = true
    // nobody else listens before HTTP is spoken
    encrypted.on('error', () => encrypted.destroy())
    if (this.#ended.push(connection) === 1) this.#useNext()
  }

  #goOn(): void {
    if (this.#isGoing || this.#asking.length === 0) return
    this.#isGoing = true
    setImmediate(() => {
      this.#isGoing = false
      for (let begun = 0; begun < maxBegun && !this.#options.arrivals.isComing; begun++) {
        const connection = takeNext(this.#asking, ({ share }) => share.handshakes < this.#options.maxPerAddress)
        // those under way go on with it when they end
        if (connection === undefined) return
        this.#speak(connection)
      }
      this.#goOn()
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
    const { socket, share } = connection
    if (socket.destroyed) return
    share.handshakes++
    this.#underWay.add(connection)
    socket.once('close', () => this.#isOver(connection))
    this.#options.speak(socket)
  }

  /** Another of its address may begin. */
  #isOver(connection: Connection): void {
    if (!this.#underWay.delete(connection)) return
    connection.share.handshakes--
    this.#goOn()
  }
}

/** Takes that of a client with few connections before that of one with many. */
function takeNext(
  connections: Connection[],
  mayBe: (connection: Connection) => boolean = () => true,
): Connection | undefined {
  let next = -1
  for (const [at, connection] of connections.entries()) {
    if (!mayBe(connection)) continue
    if (next < 0 || connection.share.connections < connections[next].share.connections) next = at
  }
  return next < 0 ? undefined : connections.splice(next, 1)[0]
}

/** Node:tls does not tell which connection it has encrypted, but both have the same other end. */
function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}
