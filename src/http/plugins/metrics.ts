import fp from 'fastify-plugin'
import type { Refusal } from '../../operation/metrics.ts'
import { Metrics } from '../../operation/metrics.ts'
import { capacityLimits } from '../problem.ts'
import { problems } from '../problems.ts'

declare module 'fastify' {
  interface FastifyInstance {
    metrics?: Metrics
  }
}

const refusals: readonly Refusal[] = [
  ...Object.keys(problems).map((name): Refusal => [name]),
  ...capacityLimits.map((limit): Refusal => ['overloaded', limit]),
]

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
    app.decorate('metrics', new Metrics(load, { requests, bytes, connections }, refusals))
  },
  { name: 'metrics', dependencies: ['requests-in-flight'] },
)
