import type { WireLimits } from './limits.ts'
import type { AddressUsage, Connection, ConnectionTable } from './table.ts'

/** Connections over the limits that are kept until their request has been refused. */
const maxExcess = 128
const excessMs = 5000

type AdmissionLimits = Pick<WireLimits, 'maxConnections' | 'maxConnectionsPerAddress'>

export class Admission {
  readonly #table: ConnectionTable
  readonly #limits: AdmissionLimits
  #excess = 0

  constructor(table: ConnectionTable, limits: AdmissionLimits) {
    this.#table = table
    this.#limits = limits
  }

  admit(connection: Connection): void {
    const { maxConnections, maxConnectionsPerAddress } = this.#limits
    const { socket, usage } = connection
    const hasRoom = () => this.#table.size <= maxConnections || this.#makesRoom(usage)
    if (usage.connections <= maxConnectionsPerAddress && hasRoom()) return
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

  /** Closes the newest idle connection of the address that has most, in favour of one that has at most half as many. */
  #makesRoom(usage: AddressUsage): boolean {
    const all = Array.from(this.#table)
    let most = usage
    for (const each of all) if (each.usage.connections > most.connections) most = each.usage
    if (2 * usage.connections > most.connections) return false
    const idle = all.findLast((each) => each.usage === most && each.isIdle && !each.socket.destroyed)
    idle?.socket.destroy()
    return idle !== undefined
  }
}
