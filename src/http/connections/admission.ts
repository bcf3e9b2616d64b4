import type { Limits } from '../limits.ts'
import type { Connection, ConnectionTable } from './table.ts'

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
    if (this.#table.size <= maxConnections && share.connections <= maxConnectionsPerAddress) return
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
}
