import type { RequestListener, Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Scheduler } from '../runtime/scheduler.ts'
import { AcceptBurst } from './accept-burst.ts'
import { Admission } from './admission.ts'
import { AnswerTimeouts } from './answer-timeouts.ts'
import type { Closing } from './closing.ts'
import { closeConnections } from './closing.ts'
import { probeWhenHalfClosed } from './half-closed.ts'
import { Handshakes } from './handshakes.ts'
import type { WireLimits } from './limits.ts'
import { lingerAtEnd } from './lingering-close.ts'
import { createNodeServer, keepOrder, takeListeners } from './node-server.ts'
import { makeLast, Pipelines } from './pipeline.ts'
import { controlReading } from './reading.ts'
import { SmallChunks } from './small-chunks.ts'
import type { AddressUsage, Connection } from './table.ts'
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
  readonly #limits: WireLimits
  readonly #keepAliveTimeoutMs: number
  readonly #tls: Pick<Tls, 'options'> | undefined
  readonly #ending = new AbortController()
  #isCrowded = () => false
  #close: (closing: Closing) => Promise<void> = () => Promise.resolve()

  constructor(limits: WireLimits, keepAliveTimeoutMs: number, tls?: Pick<Tls, 'options'>) {
    this.#tls = tls
    this.#limits = limits
    this.#keepAliveTimeoutMs = keepAliveTimeoutMs
  }

  get size(): number {
    return this.#table.size
  }

  get addresses(): number {
    return this.#table.addresses
  }

  get usages(): Iterable<AddressUsage> {
    return this.#table.usages
  }

  /** Aborted when they begin to be closed: an answer that has no end of its own has to end. */
  get ending(): AbortSignal {
    return this.#ending.signal
  }

  /** Undefined where there is no connection, as for an injected request. */
  of(socket: Socket | null | undefined): Connection | undefined {
    return this.#table.of(socket)
  }

  waitFor(scheduler: Pick<Scheduler, 'isCrowded'>): void {
    this.#isCrowded = () => scheduler.isCrowded
  }

  serve(listener: RequestListener): Server {
    const table = this.#table
    const limits = this.#limits
    const { headersTimeoutMs } = limits
    const admission = new Admission(table, limits)
    const burst = new AcceptBurst(this.#tls === undefined)
    const pipelines = new Pipelines(
      listener,
      () => this.#isCrowded(),
      () => burst.spread(Array.from(table).filter(({ isRead }) => isRead)),
    )
    const chunks = new SmallChunks(table, burst)
    const timeouts = new AnswerTimeouts(table, limits.answerTimeoutMs)
    const server = createNodeServer(
      { headersTimeoutMs, keepAliveTimeoutMs: this.#keepAliveTimeoutMs },
      this.#tls?.options,
    )
    const begin = (connection: Connection) => {
      controlReading(connection)
      lingerAtEnd(connection, limits)
      probeWhenHalfClosed(connection)
      connection.socket.once('end', () => pipelines.count())
    }
    const beginSecured = takeListeners(server, 'secureConnection')
    const handshakes =
      this.#tls &&
      new Handshakes(table, {
        speak: takeListeners(server, 'connection'),
        use: (connection) => {
          beginSecured(connection.socket)
          keepOrder(connection.socket)
          begin(connection)
        },
        timeoutMs: headersTimeoutMs,
        maxPerAddress: Math.ceil(limits.maxConnectionsPerAddress / 4),
        burst,
      })
    server.on('connection', (socket) => {
      const connection = table.add(socket)
      if (this.ending.aborted) makeLast(connection)
      if (handshakes === undefined) begin(connection)
      else handshakes.begin(connection)
      burst.add(connection)
      admission.admit(connection)
      socket.once('close', () => {
        pipelines.drop(connection)
        pipelines.count()
      })
    })
    if (handshakes !== undefined) server.on('secureConnection', (socket: Socket) => handshakes.end(socket))
    server.on('request', (request, response) => {
      const connection = table.of(request.socket)
      if (connection === undefined) return
      chunks.watch(connection, request)
      pipelines.take(connection, request, response)
    })
    server.on('listening', () => {
      const timer = setInterval(() => timeouts.check(), timeouts.intervalMs).unref()
      server.once('close', () => clearInterval(timer))
    })
    this.#close = (closing) => closeConnections(server, table, pipelines, closing)
    return server
  }

  /** Ends the service for all clients in good order; resolves when no connection is left. */
  async close(closing: Closing): Promise<void> {
    this.#ending.abort()
    await this.#close(closing)
  }
}
