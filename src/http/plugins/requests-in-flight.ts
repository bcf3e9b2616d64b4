import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { AddressUsage, Connection } from '../../wire/table.ts'
import { clientOf } from '../../wire/table.ts'
import { whenClosed } from '../../wire/when-closed.ts'
import type { Limits } from '../limits.ts'
import type { Problem } from '../problem.ts'
import { overloaded } from '../problem.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    isAlwaysAnswered?: boolean
  }
  interface FastifyInstance {
    requestsInFlight: { count: number }
  }
}

interface Options {
  readonly limits: Pick<Limits, 'maxRequestsInFlight'>
  /** Whether the address is that of the request, since that of the connection is a proxy's. */
  readonly isBehindProxies?: boolean
}

/**
 * Bounds the requests that are answered at one time, in all and of one address, and refuses those on excess connections. What
 * refuses requests comes after what every answer needs, and after this, so that they are counted.
 */
export const requestsInFlight = fp(async (app, options: Options) => boundRequestsInFlight(app, options), {
  name: 'requests-in-flight',
  dependencies: ['access-log', 'request-context', 'request-id', 'security-headers'],
  decorators: { fastify: ['connections'] },
})

function boundRequestsInFlight(app: FastifyInstance, { limits, isBehindProxies = false }: Options): void {
  const { connections } = app
  const { maxRequestsInFlight } = limits
  const inFlight = { count: 0 }
  const forwarded = new Map<string, Requests>()
  /** The most requests of one address, alone and among others; the first request of another address always finds room. */
  const mostAlone = Math.ceil((3 * maxRequestsInFlight) / 4)
  const mostShared = Math.ceil(maxRequestsInFlight / 2)
  app.decorate('requestsInFlight', inFlight)
  app.addHook('onRequest', (request, reply, done) => {
    const connection = connections.of(request.raw.socket)
    if (connection?.exchange !== undefined) connection.exchange.reply = reply
    const address = isBehindProxies ? clientOf(request.ip) : ''
    const share = isBehindProxies ? (forwarded.get(address) ?? { answering: [] }) : connection?.usage
    const lack = lackOf(connection, share)
    const refusal = lack === undefined || isAlwaysAnswered(request) ? undefined : lack
    if (refusal === undefined) {
      inFlight.count++
      share?.answering.push(request)
      if (isBehindProxies && share !== undefined) forwarded.set(address, share)
      whenClosed(reply.raw, () => {
        inFlight.count--
        share?.answering.splice(share.answering.indexOf(request), 1)
        if (isBehindProxies && share?.answering.length === 0) forwarded.delete(address)
      })
    }
    done(refusal)
  })

  function lackOf(connection: Connection | undefined, share: Requests | undefined): Problem | undefined {
    if (connection?.isExcess) return overloaded('Too many connections are open.', 1, 'maxConnections')
    if (inFlight.count >= maxRequestsInFlight && !makesRoom(share)) return tooMany()
    const addresses = isBehindProxies ? forwarded.size : connections.addresses
    if (share === undefined || share.answering.length < (addresses <= 1 ? mostAlone : mostShared)) return undefined
    return overloaded('Too many requests of this address are in flight.', 1, 'maxRequestsInFlight')
  }

  /**
   * Ends a request of the address that has most, if this one has less than half as many: the newest that waits for its client.
   * So a few addresses cannot keep others out with slow bodies, or answers that they do not take.
   */
  function makesRoom(share: Requests | undefined): boolean {
    let most: readonly FastifyRequest[] = []
    for (const { answering } of isBehindProxies ? forwarded.values() : connections.usages)
      if (answering.length > most.length) most = answering
    if (share === undefined || 2 * (share.answering.length + 1) > most.length) return false
    const waiting = most.findLast(({ work }) => work.isWaiting || work.isStalled)
    waiting?.work.giveWay(tooMany())
    return waiting !== undefined
  }
}

function tooMany(): Problem {
  return overloaded('Too many requests are in flight.', 1, 'maxRequestsInFlight')
}

type Requests = Pick<AddressUsage, 'answering'>

function isAlwaysAnswered({ routeOptions: { config } }: FastifyRequest): boolean {
  return config.isAlwaysAnswered === true
}
