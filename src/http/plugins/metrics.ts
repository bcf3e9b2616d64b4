import fp from 'fastify-plugin'
import { Metrics } from '../../operation/metrics.ts'

declare module 'fastify' {
  interface FastifyInstance {
    metrics?: Metrics
  }
}

/** Makes the metrics of the service; `accessLog` counts requests and their durations. */
export const metrics = fp(
  async (app) => {
    const { limits } = app.resources
    const load = () => ({
      requests: app.requestsInFlight.count,
      bytes: app.resources.budget.held,
      connections: app.connections.size,
    })
    const { maxRequestsInFlight: requests, maxInFlightBytes: bytes, maxConnections: connections } = limits
    app.decorate('metrics', new Metrics(load, { requests, bytes, connections }))
  },
  { name: 'metrics', dependencies: ['requests-in-flight'] },
)
