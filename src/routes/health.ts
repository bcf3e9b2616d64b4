import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { StoreProbe } from '../evaluations/probe.ts'
import { closingProblem } from '../http/closing-problem.ts'
import { Problem } from '../http/problem.ts'
import { answerOf, problemAnswers } from './answers.ts'
import { problemExample } from './problem-examples.ts'

const alive = z.object({ status: z.literal('alive') }).meta({ id: 'Alive', description: 'The process answers.' })
const count = (description: string) => z.int().min(0).meta({ description })
const ready = z
  .object({
    status: z.literal('ready'),
    load: z.object({
      requestsInFlight: count('Requests that are being answered; the limit is `maxRequestsInFlight`.'),
      bytesInFlight: count('Bytes of memory that they take; the limit is `maxInFlightBytes`.'),
      connections: count('Connections that are open; the limit is `maxConnections`.'),
    }),
    store: z
      .enum(['ready', 'unavailable'])
      .meta({ description: 'Whether the store of evaluations can be written to. Everything else does without it.' }),
  })
  .meta({
    id: 'Ready',
    description:
      'Requests are welcome; `load` tells how full the service is, or of several workers the one that answers.',
  })
const example = {
  status: 'ready',
  store: 'ready',
  load: { requestsInFlight: 3, bytesInFlight: 1_572_864, connections: 12 },
}

export interface HealthOptions {
  isClosing(): boolean
  readonly store: StoreProbe
}

const neverReached = 'The store of evaluations has not been reached since the service started.'

/** Whether the store can be written to. @throws Problem where requests are not welcome */
export async function checkReady({ isClosing, store }: HealthOptions): Promise<boolean> {
  if (isClosing()) throw closingProblem
  const isReady = await store.isReady()
  if (!isReady && !store.wasReady) throw new Problem('store-unavailable', neverReached, {}, { 'retry-after': '1' })
  return isReady
}

/** GET /livez and GET /readyz. */
export async function healthRoutes(app: FastifyInstance, probes: HealthOptions): Promise<void> {
  app.get(
    '/livez',
    {
      logLevel: 'warn',
      config: { isAlwaysAnswered: true, examples: { answers: { 200: { status: 'alive' } } } },
      schema: {
        operationId: 'isAlive',
        tags: ['Service'],
        summary: 'Check that the process answers',
        description: 'Always 200, whatever the load.',
        response: { 200: answerOf(alive), ...problemAnswers() },
      },
    },
    async () => ({ status: 'alive' }),
  )
  app.get(
    '/readyz',
    {
      logLevel: 'warn',
      schema: {
        operationId: 'isReady',
        tags: ['Service'],
        summary: 'Check that requests are welcome',
        description:
          '200 while requests are welcome, however full the service is, which `load` tells: if every instance that is full failed, all of them would leave the balancer at once. The same goes for the store of evaluations, of which `store` tells. 503 while the service is shutting down, and until the store was reached once, so that a roll-out with a wrong address replaces nothing.',
        response: { 200: answerOf(ready), ...problemAnswers('overloaded', 'store-unavailable') },
      },
      config: {
        isAlwaysAnswered: true,
        examples: { answers: { 200: example, 503: problemExample('overloaded', [closingProblem.message]) } },
      },
    },
    async () => {
      const isStoreReady = await checkReady(probes)
      return {
        status: 'ready',
        store: isStoreReady ? 'ready' : 'unavailable',
        load: {
          requestsInFlight: app.requestsInFlight.count,
          bytesInFlight: app.resources.budget.held,
          connections: app.connections.size,
        },
      }
    },
  )
}
