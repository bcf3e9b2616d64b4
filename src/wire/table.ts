import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { isIPv4, isIPv6, SocketAddress } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** A request and its answer, on a connection where the others wait for it. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly since: number
  reply: FastifyReply | undefined
}

export interface AddressUsage {
  readonly address: string
  connections: number
  readonly answering: FastifyRequest[]
  handshakes: number
}

export class Connection {
  /** Under TLS that of the network until the client has shown itself to speak it, then the one that is encrypted. */
  socket: Socket
  readonly usage: AddressUsage
  isExcess = false
  isLast = false
  /** Whether its last answer was given: what still comes is not read. */
  isEnding = false
  isResting = false
  isSecuring = false
  exchange: Exchange | undefined
  /** The request that was answered last, or is being answered: its body may still come. */
  request: IncomingMessage | undefined
  /** Requests that came before the one in front of them was answered. */
  waiting: Exchange[] = []
  /** Refuses what cannot be read, once the requests before it have been answered. */
  refuseSocket: (() => void) | undefined

  constructor(socket: Socket, usage: AddressUsage) {
    this.socket = socket
    this.usage = usage
  }

  /** The client's address; of IPv6 its /64 network, which is one client's. */
  get address(): string {
    return this.usage.address
  }

  /** Whether its bytes are taken as they come; those that begin a handshake are not read here, and would be lost. */
  get isRead(): boolean {
    return !this.isSecuring && !this.socket.isPaused()
  }

  get isIdle(): boolean {
    return this.exchange === undefined && this.waiting.length === 0
  }
}

export class ConnectionTable {
  readonly #connections = new Map<Socket, Connection>()
  readonly #usages = new Map<string, AddressUsage>()

  get size(): number {
    return this.#connections.size
  }

  get addresses(): number {
    return this.#usages.size
  }

  get usages(): Iterable<AddressUsage> {
    return this.#usages.values()
  }

  of(socket: Socket | null | undefined): Connection | undefined {
    return this.#connections.get(socket as Socket)
  }

  add(socket: Socket): Connection {
    const address = clientOf(socket.remoteAddress)
    const usage = this.#usages.get(address) ?? { address, connections: 0, answering: [], handshakes: 0 }
    usage.connections++
    this.#usages.set(address, usage)
    const connection = new Connection(socket, usage)
    this.#connections.set(socket, connection)
    socket.once('close', () => {
      this.#connections.delete(connection.socket)
      usage.connections--
      if (usage.connections === 0) this.#usages.delete(address)
    })
    return connection
  }

  /** From now on a connection is known by its encrypted socket; that of the network below ends with it. */
  secure(connection: Connection, encrypted: Socket): void {
    this.#connections.delete(connection.socket)
    this.#connections.set(encrypted, connection)
    connection.socket = encrypted
  }

  [Symbol.iterator](): IterableIterator<Connection> {
    return this.#connections.values()
  }
}

export function fewestFirst(a: Connection, b: Connection): number {
  return a.usage.connections - b.usage.connections
}

/** An address that a proxy forwards with a port, in brackets or with leading zeros, as others spell it; undefined for none. */
function spelled(forwarded: string): string | undefined {
  const decimal = forwarded.trim().replace(/(?<![\da-f:.])0+(?=\d)|(?<=\.)0+(?=\d)/gi, '')
  return SocketAddress.parse(decimal)?.address
}

/** The client that an address stands for: an IPv4 address, or the /64 network of an IPv6 one; '' where there is none. */
export function clientOf(address: string | undefined): string {
  if (address === undefined || isIPv4(address)) return address ?? ''
  if (!isIPv6(address)) return clientOf(spelled(address))
  const [, ipv4] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? []
  if (ipv4 !== undefined) return ipv4
  const [left, right] = address
    .split('%')[0]
    .split('::')
    .map((half) => half.split(':').filter((group) => group !== ''))
  const zeros = Array(8 - left.length - (right?.length ?? 0)).fill('0')
  const groups = [...left, ...zeros, ...(right ?? [])]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
  return `${groups.join(':')}::/64`
}
