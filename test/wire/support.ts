import { EventEmitter, once } from 'node:events'
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Test } from 'tap'
import type { Limits } from '../../src/http/limits.ts'
import { Connections } from '../../src/wire/server.ts'
import type { Exchange } from '../../src/wire/table.ts'
import { Connection } from '../../src/wire/table.ts'
import type { Tls } from '../../src/wire/tls.ts'
import { eventually } from '../eventually.ts'
import type { Scope } from '../formats/support.ts'
import { limits } from '../formats/support.ts'

export type { Scope }
export { limits }

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

export interface ClientOptions {
  readonly allowHalfOpen?: boolean
  /** Where it connects from. */
  readonly localAddress?: string
  /** The certificate of a server that speaks TLS. */
  readonly ca?: string | undefined
}

/** A client that says bytes as they are and keeps what it hears. */
export class Client {
  readonly socket: Socket
  text = ''
  isEnded = false
  error: string | undefined

  constructor(t: Scope, port: number, { allowHalfOpen = false, localAddress = '127.0.0.1', ca }: ClientOptions = {}) {
    const options = { port, host: '127.0.0.1', allowHalfOpen, localAddress }
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

  /** Whether so many answers came in time. */
  async answered(count = 1): Promise<boolean> {
    return eventually(() => this.statuses.length >= count)
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

/** From here to the end of the test, time passes only when it is told to. @returns lets milliseconds pass */
export function stopClock(t: Test): (milliseconds: number) => void {
  let now = 1000
  Object.defineProperty(performance, 'now', { configurable: true, value: () => now })
  t.intercept(process, 'threadCpuUsage', { value: () => ({ user: 1000 * now, system: 0 }) })
  t.teardown(() => Reflect.deleteProperty(performance, 'now'))
  return (milliseconds) => {
    now += milliseconds
  }
}

/** What of a socket is looked at and done where there is none. */
class FakeSocket extends EventEmitter {
  readonly did: string[] = []

  /** As what it is taken for. */
  get socket(): Socket {
    return this as unknown as Socket
  }

  pause(): void {
    this.did.push('pause')
  }

  destroySoon(): void {
    this.did.push('destroySoon')
  }
}

/** A connection over a fake socket. */
export function fakeConnection(address = '192.0.2.1'): { connection: Connection; socket: FakeSocket } {
  const socket = new FakeSocket()
  const usage = { address, connections: 1, answering: [], handshakes: 0 }
  return { connection: new Connection(socket.socket, usage), socket }
}

export function fakeExchange(complete = true): { exchange: Exchange } {
  const request = Object.assign(new EventEmitter(), { complete }) as unknown as IncomingMessage
  const response = new EventEmitter() as unknown as ServerResponse
  return { exchange: { request, response, since: 0, reply: undefined } }
}

/** The connections of an application whose requests are all injected. */
export const noConnections = { of: () => undefined } as unknown as Connections
