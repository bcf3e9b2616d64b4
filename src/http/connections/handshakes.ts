import type { Socket } from 'node:net'
import type { Connection, ConnectionTable } from './table.ts'

/** Handshakes that begin in one turn of the event loop: each takes about a millisecond, and a thousand clients may come at once. */
const maxBegun = 2

/** How handshakes begin, and how long they may take to. */
export interface HandshakeOptions {
  /** Begins to speak TLS with a socket from which nothing was taken. */
  readonly speak: (socket: Socket) => void
  /** Milliseconds in which the first bytes must come. */
  readonly timeoutMs: number
}

/** Connections whose clients have not yet shown that they speak TLS. They count as any other, and are cut after a time. */
export class Handshakes {
  readonly #table: ConnectionTable
  readonly #options: HandshakeOptions
  readonly #byPeer = new Map<string, Connection>()
  /** Those whose clients have asked for it, and that have not begun. */
  readonly #asking: Connection[] = []

  constructor(table: ConnectionTable, options: HandshakeOptions) {
    this.#table = table
    this.#options = options
  }

  /** How many are under way. */
  get size(): number {
    return this.#byPeer.size
  }

  /** Begins one in its turn, when its client has sent something. */
  begin(connection: Connection): void {
    const { socket } = connection
    const peer = peerOf(socket)
    this.#byPeer.set(peer, connection)
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
      if (socket.readableLength === 0) socket.destroy()
      else if (this.#asking.push(connection) === 1) this.#goOn()
    })
  }

  /** An encrypted socket is there; `use` gets its connection, which is known by it from now on, unless the client has left. */
  end(encrypted: Socket, use: (connection: Connection) => void): void {
    const peer = peerOf(encrypted)
    const connection = this.#byPeer.get(peer)
    if (connection === undefined) {
      encrypted.destroy()
      return
    }
    this.#byPeer.delete(peer)
    this.#table.secure(connection, encrypted)
    // as without TLS; before the handshake has ended, whoever closes its side has left
    encrypted.allowHalfOpen = true
    use(connection)
  }

  #goOn(): void {
    setImmediate(() => {
      for (let begun = 0; begun < maxBegun && this.#asking.length > 0; begun++) {
        const { socket } = this.#takeNext()
        if (!socket.destroyed) this.#options.speak(socket)
      }
      if (this.#asking.length > 0) this.#goOn()
    })
  }

  /** Of a client with few connections before that of one with many. */
  #takeNext(): Connection {
    let least = 0
    for (let at = 1; at < this.#asking.length; at++) {
      if (this.#asking[at].share.connections < this.#asking[least].share.connections) least = at
    }
    return this.#asking.splice(least, 1)[0]
  }
}

/** Node:tls does not tell which connection it has encrypted, but both have the same other end. */
function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}
