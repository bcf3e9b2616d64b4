import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { connect } from 'node:net'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import Fastify, { LogController } from 'fastify'
import fp from 'fastify-plugin'

export interface Scope {
  after(release: () => unknown): unknown
}

/** An application without anything of the service. */
export function bare(t: Scope, logger?: FastifyBaseLogger): FastifyInstance {
  const app = Fastify({
    ...(logger === undefined ? {} : { loggerInstance: logger }),
    logController: new LogController({ disableRequestLogging: true }),
    http: { requireHostHeader: false },
  })
  t.after(() => app.close())
  return app
}

/** Registers empty plugins in place of those that a plugin depends on. */
export async function standIns(app: FastifyInstance, ...names: readonly string[]): Promise<void> {
  for (const name of names) await app.register(fp(async () => undefined, { name }))
}

/** The port on which it listens from now on. */
export async function portOf(app: FastifyInstance): Promise<number> {
  await app.listen({ host: '127.0.0.1', port: 0 })
  return (app.server.address() as AddressInfo).port
}

/** A connection, closed when the test ends, whose errors do not matter. */
export async function connected(t: Scope, port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  socket.on('error', () => undefined)
  t.after(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

/** Everything that the other side says until it closes the connection. */
export async function saidOn(socket: Socket): Promise<string> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  await Promise.race([once(socket, 'end'), once(socket, 'close')]).catch(() => undefined)
  return Buffer.concat(chunks).toString()
}
