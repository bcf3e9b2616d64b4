import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { StoreProbe } from '../evaluations/probe.ts'
import { closingProblem } from '../http/closing-problem.ts'
import { Problem } from '../http/problem.ts'
import type { TurnLoad } from '../runtime/turns.ts'
import { answerOf, problemAnswers } from './answers.ts'
import { problemExample } from './problem-examples.ts'

const alive = z.object({ status: z.literal('alive') }).meta({ id: 'Alive', description: 'The process is running.' })
const count = (description: string) => z.int().min(0).meta({ description })
const ready = z
  .object({
    status: z.literal('ready'),
    load: z.object({
      requestsInFlight: count('Requests in progress; the limit is `maxRequestsInFlight`.'),
      bytesInFlight: count('Bytes of memory these requests hold; the limit is `maxInFlightBytes`.'),
      connections: count('Open connections; the limit is `maxConnections`.'),
      storeWaiting: count('Operations on the evaluation store that are waiting for their turn.'),
      storeWaitMs: count('Milliseconds for which the first of them has waited.'),
      storeRefused: count(
        'Operations on the evaluation store that were refused since the service started, because too many waited.',
      ),
    }),
    store: z.enum(['ready', 'unavailable']).meta({
      description:
        'State of the evaluation store. `ready`: it can be written to. `unavailable`: it cannot be reached; everything except evaluations still works.',
    }),
  })
  .meta({
    id: 'Ready',
    description:
      'The service accepts requests; `load` shows how busy it is (with several workers, how busy the worker is that answers).',
  })
const example = {
  status: 'ready',
  store: 'ready',
  load: {
    requestsInFlight: 3,
    bytesInFlight: 1_572_864,
    connections: 12,
    storeWaiting: 0,
    storeWaitMs: 0,
    storeRefused: 0,
  },
}

export interface HealthOptions {
  isClosing(): boolean
  readonly store: StoreProbe
  load(): TurnLoad
}

const neverReached = 'The evaluation store has not been reached since the service started.'

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
        summary: 'Check that the process is alive',
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
        summary: 'Check that the service accepts requests',
        description:
          'Returns 200 while the service accepts requests, however busy it is; `load` shows how busy. If every busy instance reported failure, the load balancer would drop all of them at once. The same applies to the evaluation store; its state is in `store`. Returns 503 while the service is shutting down, and until the store has been reached once, so that a roll-out with a wrong database URL does not replace running instances.',
        response: { 200: answerOf(ready), ...problemAnswers('overloaded', 'store-unavailable') },
      },
      config: {
        isAlwaysAnswered: true,
        examples: { answers: { 200: example, 503: problemExample('overloaded', [closingProblem.message]) } },
      },
    },
    async () => {
      const isStoreReady = await checkReady(probes)
      const { waiting, waitMilliseconds, refused } = probes.load()
      return {
        status: 'ready',
        store: isStoreReady ? 'ready' : 'unavailable',
        load: {
          requestsInFlight: app.requestsInFlight.count,
          bytesInFlight: app.resources.budget.held,
          connections: app.connections.size,
          storeWaiting: waiting,
          storeWaitMs: Math.round(waitMilliseconds),
          storeRefused: refused,
        },
      }
    },
  )
}
