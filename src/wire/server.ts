import type { RequestListener, Server } from 'node:http'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { Limits } from '../http/limits.ts'
import type { Scheduler } from '../runtime/scheduler.ts'
import { Arrivals } from './accept-burst.ts'
import { Admission } from './admission.ts'
import { Patience } from './answer-timeouts.ts'
import type { Closing } from './closing.ts'
import { closeConnections } from './closing.ts'
import { probeWhenHalfClosed } from './half-closed.ts'
import { Handshakes } from './handshakes.ts'
import { lingerAtEnd } from './lingering-close.ts'
import { makeLast, readInTurn, Turns } from './pipeline.ts'
import { Chunks } from './small-chunks.ts'
import type { Connection, Share } from './table.ts'
import { ConnectionTable } from './table.ts'
import type { Tls } from './tls.ts'

declare module 'fastify' {
  interface FastifyInstance {
    connections: Connections
  }
}

/** The HTTP server, and all that is known and decided about its connections. */
export class Connections {
  readonly #table = new ConnectionTable()
  readonly #limits: Limits
  readonly #keepAliveTimeoutMs: number
  readonly #tls: Pick<Tls, 'options'> | undefined
  readonly #ending = new AbortController()
  #isCrowded = () => false
  #close: (closing: Closing) => Promise<void> = () => Promise.resolve()

  /** @param tls for a service that is reached by HTTPS alone */
  constructor(limits: Limits, keepAliveTimeoutMs: number, tls?: Pick<Tls, 'options'>) {
    this.#tls = tls
    this.#limits = limits
    this.#keepAliveTimeoutMs = keepAliveTimeoutMs
  }

  /** How many are open. */
  get size(): number {
    return this.#table.size
  }

  /** From how many addresses. */
  get addresses(): number {
    return this.#table.addresses
  }

  /** Aborted when they begin to be closed: an answer that has no end of its own has to end. */
  get ending(): AbortSignal {
    return this.#ending.signal
  }

  /** What each of these has. */
  get shares(): Iterable<Share> {
    return this.#table.shares
  }

  /** The connection of a socket; undefined where there is none, as for an injected request. */
  of(socket: Socket | null | undefined): Connection | undefined {
    return this.#table.of(socket)
  }

  /** Lets requests wait before they begin while the scheduler has enough to do. */
  waitFor(scheduler: Pick<Scheduler, 'isCrowded'>): void {
    this.#isCrowded = () => scheduler.isCrowded
  }

  /** Makes the server, whose requests go to the listener one at a time for each connection. */
  serve(listener: RequestListener): Server {
    const table = this.#table
    const limits = this.#limits
    const admission = new Admission(table, limits)
    const arrivals = new Arrivals(this.#tls === undefined)
    const turns = new Turns(
      listener,
      () => this.#isCrowded(),
      () => arrivals.spread(Array.from(table).filter(({ isRead }) => isRead)),
    )
    const chunks = new Chunks(table, arrivals)
    const patience = new Patience(table, limits.answerTimeoutMs)
    const server = this.#create()
    const begin = (connection: Connection) => {
      readInTurn(connection)
      lingerAtEnd(connection, limits)
      probeWhenHalfClosed(connection)
      connection.socket.once('end', () => turns.count())
    }
    const beginSecured = speakerOf(server, 'secureConnection')
    const handshakes =
      this.#tls &&
      new Handshakes(table, {
        speak: speakerOf(server, 'connection'),
        use: (connection) => {
          beginSecured(connection.socket)
          keepOrder(connection.socket)
          begin(connection)
        },
        timeoutMs: limits.headersTimeoutMs,
        maxPerAddress: Math.ceil(limits.maxConnectionsPerAddress / 4),
        arrivals,
      })
    server.on('connection', (socket) => {
      const connection = table.add(socket)
      if (this.ending.aborted) makeLast(connection)
      if (handshakes === undefined) begin(connection)
      else handshakes.begin(connection)
      arrivals.take(connection)
      admission.admit(connection)
      socket.once('close', () => {
        turns.drop(connection)
        turns.count()
      })
    })
    if (handshakes !== undefined) server.on('secureConnection', (socket: Socket) => handshakes.end(socket))
    server.on('request', (request, response) => {
      const connection = table.of(request.socket)
      if (connection === undefined) return
      chunks.watch(connection, request)
      turns.take(connection, request, response)
    })
    server.on('listening', () => {
      const timer = setInterval(() => patience.look(), patience.intervalMs).unref()
      server.once('close', () => clearInterval(timer))
    })
    this.#close = (closing) => closeConnections(server, table, turns, closing)
    return server
  }

  #create(): Server {
    const { headersTimeoutMs } = this.#limits
    const options = {
      headersTimeout: headersTimeoutMs,
      // the time for a body is kept where it is read
      requestTimeout: 0,
      connectionsCheckingInterval: 500,
      keepAliveTimeout: this.#keepAliveTimeoutMs,
      // its refusal would be no problem document
      requireHostHeader: false,
    }
    if (this.#tls === undefined) return Object.assign(createServer(options), { httpAllowHalfOpen: true })
    const server = createTlsServer({
      ...options,
      ...this.#tls.options,
      handshakeTimeout: headersTimeoutMs,
      // as servers without TLS have it
      noDelay: true,
    })
    // who does not speak TLS could not read a refusal
    server.removeAllListeners('tlsClientError')
    server.on('tlsClientError', (_error, socket) => socket.destroy())
    return Object.assign(server, { httpAllowHalfOpen: true })
  }

  /** Ends the service for all clients in good order; resolves when no connection is left. */
  async close(closing: Closing): Promise<void> {
    this.#ending.abort()
    await this.#close(closing)
  }
}

/** What a server does with a new connection, or one that is encrypted, and will now do only when it is told to. */
function speakerOf(server: Server, event: 'connection' | 'secureConnection'): (socket: Socket) => void {
  const listeners = server.listeners(event)
  server.removeAllListeners(event)
  return (socket) => {
    for (const listener of listeners) listener.call(server, socket)
  }
}

/**
 * Where bytes came before HTTP was spoken, those that follow must not overtake them while the connection rests: node:http reads
 * past the stream of a socket as long as nobody else listens to it.
 */
function keepOrder(socket: Socket): void {
  if (socket.readableLength > 0) socket.on('data', () => undefined)
}
