import type { Limits } from '../http/limits.ts'
import type { Connection, ConnectionTable, Share } from './table.ts'

/** Connections over the limits that are kept until they have been told so. */
const maxExcess = 128
/** The time in which such a connection has to send its request. */
const excessMs = 5000

export type AdmissionLimits = Pick<Limits, 'maxConnections' | 'maxConnectionsPerAddress'>

/** Marks the connections that are too many, and cuts those that are too many to be told. */
export class Admission {
  readonly #table: ConnectionTable
  readonly #limits: AdmissionLimits
  #excess = 0

  constructor(table: ConnectionTable, limits: AdmissionLimits) {
    this.#table = table
    this.#limits = limits
  }

  /** Decides over a connection that has just been added to the table. */
  admit(connection: Connection): void {
    const { maxConnections, maxConnectionsPerAddress } = this.#limits
    const { socket, share } = connection
    const hasRoom = () => this.#table.size <= maxConnections || this.#makesRoom(share)
    if (share.connections <= maxConnectionsPerAddress && hasRoom()) return
    connection.isExcess = true
    connection.isLast = true
    if (this.#excess === maxExcess) {
      socket.destroy()
      return
    }
    this.#excess++
    const cut = setTimeout(() => socket.destroy(), excessMs)
    socket.once('close', () => {
      this.#excess--
      clearTimeout(cut)
    })
  }

  /**
   * Closes a connection in favour of an address that has far fewer: of the address that has most the newest on which nothing is
   * answered. So a few addresses cannot keep all others out with connections that they do not use.
   */
  #makesRoom(share: Share): boolean {
    const all = Array.from(this.#table)
    let most = share
    for (const each of all) if (each.share.connections > most.connections) most = each.share
    if (2 * share.connections > most.connections) return false
    const idle = all.findLast((each) => each.share === most && each.isIdle && !each.socket.destroyed)
    idle?.socket.destroy()
    return idle !== undefined
  }
}
