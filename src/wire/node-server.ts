import type { Server } from 'node:http'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { SecureContextOptions } from 'node:tls'

export interface ServerTimeouts {
  readonly headersTimeoutMs: number
  readonly keepAliveTimeoutMs: number
}

/** A server of node:http, or with TLS of node:https, that leaves all decisions about connections to its caller. */
export function createNodeServer(
  { headersTimeoutMs, keepAliveTimeoutMs }: ServerTimeouts,
  tls: SecureContextOptions | undefined,
): Server {
  const options = {
    headersTimeout: headersTimeoutMs,
    requestTimeout: 0,
    connectionsCheckingInterval: 500,
    keepAliveTimeout: keepAliveTimeoutMs,
    requireHostHeader: false,
  }
  if (tls === undefined) return Object.assign(createServer(options), { httpAllowHalfOpen: true })
  // noDelay is the default of node:http, but not of node:https
  const server = createTlsServer({ ...options, ...tls, handshakeTimeout: headersTimeoutMs, noDelay: true })
  server.removeAllListeners('tlsClientError')
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  return Object.assign(server, { httpAllowHalfOpen: true })
}

/** Takes from a server what it does with a new connection, or one that is encrypted. @returns does so with a socket */
export function takeListeners(server: Server, event: 'connection' | 'secureConnection'): (socket: Socket) => void {
  const listeners = server.listeners(event)
  server.removeAllListeners(event)
  return (socket) => {
    for (const listener of listeners) listener.call(server, socket)
  }
}

/**
 * Where bytes came before HTTP was spoken, those that follow must not overtake them while the connection rests: node:http reads
 * past the stream of a socket as long as nothing else listens to it.
 */
export function keepOrder(socket: Socket): void {
  if (socket.readableLength > 0) socket.on('data', () => undefined)
}
