import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Connection } from '../connections/table.ts'
import type { Limits } from '../limits.ts'
import type { Problem } from '../problem.ts'
import { overloaded } from '../problem.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether requests are answered whatever the load. */
    isAlwaysAnswered?: boolean
  }
  interface FastifyInstance {
    /** How many requests are being answered. */
    requestsInFlight: { count: number }
  }
}

/** Bounds the requests that are answered at one time, in all and of one address, and refuses those on excess connections. */
export function requestsInFlight(
  app: FastifyInstance,
  { maxRequestsInFlight }: Pick<Limits, 'maxRequestsInFlight'>,
): void {
  const { connections } = app
  const inFlight = { count: 0 }
  /** The requests that one address may have, alone and while others are there: the first of another always finds room. */
  const mostAlone = Math.ceil((3 * maxRequestsInFlight) / 4)
  const mostShared = Math.ceil(maxRequestsInFlight / 2)
  app.decorate('requestsInFlight', inFlight)
  app.addHook('onRequest', (request, reply, done) => {
    const connection = connections.of(request.raw.socket)
    if (connection?.turn !== undefined) connection.turn.reply = reply
    const refusal = isAlwaysAnswered(request) ? undefined : refusalOf(connection)
    if (refusal === undefined) {
      inFlight.count++
      if (connection !== undefined) connection.share.requests++
      reply.raw.on('close', () => {
        inFlight.count--
        if (connection !== undefined) connection.share.requests--
      })
    }
    done(refusal)
  })

  function refusalOf(connection: Connection | undefined): Problem | undefined {
    if (connection?.isExcess) return overloaded('Too many connections are open.')
    if (inFlight.count >= maxRequestsInFlight) return overloaded('Too many requests are in flight.')
    const most = connections.addresses === 1 ? mostAlone : mostShared
    if (connection === undefined || connection.share.requests < most) return undefined
    return overloaded('Too many requests of this address are in flight.')
  }
}

function isAlwaysAnswered({ routeOptions: { config } }: FastifyRequest): boolean {
  return config.isAlwaysAnswered === true
}
