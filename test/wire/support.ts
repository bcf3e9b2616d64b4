import { EventEmitter, once } from 'node:events'
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { parseConfig } from '../../src/config.ts'
import type { Limits } from '../../src/http/limits.ts'
import { limitsOf } from '../../src/http/limits.ts'
import { Connections } from '../../src/wire/server.ts'
import type { Turn } from '../../src/wire/table.ts'
import { Connection } from '../../src/wire/table.ts'
import type { Tls } from '../../src/wire/tls.ts'
import { eventually } from '../eventually.ts'

export interface Scope {
  after(release: () => unknown): unknown
}

/** The limits in force by default, and others. */
export function limits(other: Partial<Limits> = {}): Limits {
  return { ...limitsOf(parseConfig({})), ...other }
}

export interface Served {
  readonly connections: Connections
  readonly server: Server
  readonly port: number
}

/** A server of these connections on a port of its own. */
export async function served(
  t: Scope,
  listener: RequestListener,
  other: Partial<Limits> = {},
  tls?: Pick<Tls, 'options'>,
): Promise<Served> {
  const connections = new Connections(limits(other), 72_000, tls)
  const server = connections.serve(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return { connections, server, port: (server.address() as AddressInfo).port }
}

/** A client that says bytes as they are and keeps what it hears. */
export class Client {
  readonly socket: Socket
  text = ''
  isEnded = false
  error: string | undefined

  /** @param ca the certificate of a server that speaks TLS */
  constructor(t: Scope, port: number, allowHalfOpen = false, ca?: string) {
    const options = { port, host: '127.0.0.1', allowHalfOpen }
    this.socket = ca === undefined ? connect(options) : connectTls({ ...options, ca, rejectUnauthorized: true })
    this.socket.setNoDelay()
    this.socket.on('data', (chunk) => {
      this.text += chunk.toString('latin1')
    })
    this.socket.on('error', (error: NodeJS.ErrnoException) => {
      this.error = error.code
    })
    for (const event of ['end', 'close'] as const) {
      this.socket.on(event, () => {
        this.isEnded = true
      })
    }
    t.after(() => this.socket.destroy())
  }

  /** The statuses of the answers so far. */
  get statuses(): number[] {
    return Array.from(this.text.matchAll(/HTTP\/1\.1 (\d+)/g), ([, status]) => Number(status))
  }

  say(bytes: string | Uint8Array): void {
    this.socket.write(bytes)
  }

  /** Whether the other side ended the connection in time. */
  async ended(): Promise<boolean> {
    return eventually(() => this.isEnded)
  }
}

/** A request as bytes. */
export function get(path: string, headers: readonly string[] = [], version = '1.1'): string {
  return `${[`GET ${path} HTTP/${version}`, 'Host: a', ...headers].join('\r\n')}\r\n\r\n`
}

/** What of a socket is looked at and done where there is none. */
export class FakeSocket extends EventEmitter {
  readonly remoteAddress: string | undefined
  readonly remotePort: number
  readonly did: string[] = []
  destroyed = false
  writableLength = 0
  bytesWritten = 0
  writable = true
  said = ''

  constructor(remoteAddress?: string, remotePort = 50_000) {
    super()
    this.remoteAddress = remoteAddress
    this.remotePort = remotePort
  }

  /** As what it is taken for. */
  get socket(): Socket {
    return this as unknown as Socket
  }

  pause(): void {
    this.did.push('pause')
  }

  resume(): void {
    this.did.push('resume')
  }

  isPaused(): boolean {
    return this.did.findLast((did) => did === 'pause' || did === 'resume') === 'pause'
  }

  write(bytes: string): void {
    this.said += bytes
  }

  destroySoon(): void {
    this.did.push('destroySoon')
  }

  destroy(): void {
    this.did.push('destroy')
    this.destroyed = true
    this.emit('close')
  }
}

/** A connection over a fake socket. */
export function fakeConnection(address = '192.0.2.1'): { connection: Connection; socket: FakeSocket } {
  const socket = new FakeSocket(address)
  return {
    connection: new Connection(socket.socket, { address, connections: 1, answering: [], handshakes: 0 }),
    socket,
  }
}

/** A response that is closed by hand, and what it is looked at for. */
export class FakeResponse extends EventEmitter {
  headersSent = false
  shouldKeepAlive = true
  writableLength = 0
  continued = 0

  writeContinue(): void {
    this.continued++
  }
}

export function fakeTurn(complete = true, httpVersion = '1.1'): { turn: Turn; response: FakeResponse } {
  const response = new FakeResponse()
  const request = Object.assign(new EventEmitter(), { complete, httpVersion }) as unknown as IncomingMessage
  return { turn: { request, response: response as unknown as ServerResponse, since: 0, reply: undefined }, response }
}

/** The connections of an application whose requests are all injected. */
export const noConnections = { of: () => undefined } as unknown as Connections
