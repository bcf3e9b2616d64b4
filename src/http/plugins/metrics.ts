import type { FastifyInstance } from 'fastify'
import { Metrics } from '../../operation/metrics.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** What happens is counted here; undefined where nobody asks. */
    metrics?: Metrics
  }
}

/** Has the service counted. What a request is and took is told by `accessLog`, which measures it anyway. */
export function metrics(app: FastifyInstance): Metrics {
  const { limits } = app.resources
  const counted = new Metrics(
    () => ({
      requests: app.requestsInFlight.count,
      bytes: app.resources.budget.held,
      connections: app.connections.size,
    }),
    { requests: limits.maxRequestsInFlight, bytes: limits.maxInFlightBytes, connections: limits.maxConnections },
  )
  app.decorate('metrics', counted)
  return counted
}
