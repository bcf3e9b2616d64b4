import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Connection } from '../connections/table.ts'
import { clientOf } from '../connections/table.ts'
import type { Limits } from '../limits.ts'
import type { Problem } from '../problem.ts'
import { overloaded } from '../problem.ts'
import { whenClosed } from '../when-closed.ts'

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

/**
 * Bounds the requests that are answered at one time, in all and of one address, and refuses those on excess connections.
 *
 * @param isBehindProxies whether the address is that of the request, since that of the connection is a proxy's
 */
export function requestsInFlight(
  app: FastifyInstance,
  { maxRequestsInFlight }: Pick<Limits, 'maxRequestsInFlight'>,
  isBehindProxies = false,
): void {
  const { connections } = app
  const inFlight = { count: 0 }
  const forwarded = new Map<string, Requests>()
  /** Those that are being answered, of each address. */
  const byAddress = new Map<Requests, Set<FastifyRequest>>()
  /** The requests that one address may have, alone and while others are there: the first of another always finds room. */
  const mostAlone = Math.ceil((3 * maxRequestsInFlight) / 4)
  const mostShared = Math.ceil(maxRequestsInFlight / 2)
  app.decorate('requestsInFlight', inFlight)
  app.addHook('onRequest', (request, reply, done) => {
    const connection = connections.of(request.raw.socket)
    if (connection?.turn !== undefined) connection.turn.reply = reply
    const address = isBehindProxies ? clientOf(request.ip) : ''
    const share = isBehindProxies ? (forwarded.get(address) ?? { requests: 0 }) : connection?.share
    const lack = lackOf(connection, share)
    const refusal = lack === undefined || isAlwaysAnswered(request) ? undefined : lack
    if (refusal === undefined) {
      inFlight.count++
      if (share !== undefined) begin(share, request)
      if (isBehindProxies && share !== undefined) forwarded.set(address, share)
      whenClosed(reply.raw, () => {
        inFlight.count--
        if (share !== undefined) end(share, request)
        if (share?.requests === 0) forwarded.delete(address)
      })
    }
    done(refusal)
  })

  function lackOf(connection: Connection | undefined, share: Requests | undefined): Problem | undefined {
    if (connection?.isExcess) return overloaded('Too many connections are open.', 1, 'maxConnections')
    if (inFlight.count >= maxRequestsInFlight && !makesRoom(share)) return tooMany()
    const addresses = isBehindProxies ? forwarded.size : connections.addresses
    if (share === undefined || share.requests < (addresses <= 1 ? mostAlone : mostShared)) return undefined
    return overloaded('Too many requests of this address are in flight.', 1, 'maxRequestsInFlight')
  }

  function begin(share: Requests, request: FastifyRequest): void {
    share.requests++
    const all = byAddress.get(share) ?? new Set()
    byAddress.set(share, all.add(request))
  }

  function end(share: Requests, request: FastifyRequest): void {
    share.requests--
    const all = byAddress.get(share)
    all?.delete(request)
    if (all?.size === 0) byAddress.delete(share)
  }

  /**
   * Ends a request in favour of an address that has far fewer: of the address that has most the newest that only waits for its
   * client. So a few addresses cannot keep all others out with bodies that never end, or answers that they do not take.
   */
  function makesRoom(share: Requests | undefined): boolean {
    let most: ReadonlySet<FastifyRequest> = new Set()
    for (const requests of byAddress.values()) if (requests.size > most.size) most = requests
    if (share === undefined || 2 * (share.requests + 1) > most.size) return false
    const waiting = Array.from(most).findLast(({ work }) => work.isWaiting || work.isStalled)
    waiting?.work.giveWay(tooMany())
    return waiting !== undefined
  }
}

function tooMany(): Problem {
  return overloaded('Too many requests are in flight.', 1, 'maxRequestsInFlight')
}

/** How many requests one address has in flight. */
interface Requests {
  requests: number
}

function isAlwaysAnswered({ routeOptions: { config } }: FastifyRequest): boolean {
  return config.isAlwaysAnswered === true
}
