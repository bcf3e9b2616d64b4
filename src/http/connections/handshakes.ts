import type { Socket } from 'node:net'
import type { Connection, ConnectionTable } from './table.ts'

/** Connections whose clients have not yet shown that they speak TLS. They count as any other, and are cut after a time. */
export class Handshakes {
  readonly #table: ConnectionTable
  readonly #byPeer = new Map<string, Connection>()

  constructor(table: ConnectionTable) {
    this.#table = table
  }

  /** How many are under way. */
  get size(): number {
    return this.#byPeer.size
  }

  begin(connection: Connection): void {
    const peer = peerOf(connection.socket)
    this.#byPeer.set(peer, connection)
    connection.socket.once('close', () => {
      if (this.#byPeer.get(peer) === connection) this.#byPeer.delete(peer)
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
}

/** Node:tls does not tell which connection it has encrypted, but both have the same other end. */
function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}
