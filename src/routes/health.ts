import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { Problem } from '../http/problem.ts'
import { answerOf, problemAnswers } from './answers.ts'
import { problemExample } from './problem-examples.ts'

const alive = z.object({ status: z.literal('alive') }).meta({ id: 'Alive', description: 'The process answers.' })
const ready = z.object({ status: z.literal('ready') }).meta({ id: 'Ready', description: 'Requests are welcome.' })

const closing = 'The service is shutting down.'

/** GET /livez and GET /readyz. `isClosing` tells whether the service is about to stop. */
export async function healthRoutes(app: FastifyInstance, { isClosing }: { isClosing: () => boolean }): Promise<void> {
  app.get(
    '/livez',
    {
      logLevel: 'warn',
      schema: {
        operationId: 'isAlive',
        tags: ['Service'],
        summary: 'Check that the process answers',
        description: 'Always 200, whatever the load.',
        response: { 200: answerOf(alive), ...problemAnswers() },
      },
      config: { examples: { answers: { 200: { status: 'alive' } } } },
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
        description: '200 while requests are welcome, 503 while the service is shutting down.',
        response: { 200: answerOf(ready), ...problemAnswers('overloaded') },
      },
      config: { examples: { answers: { 200: { status: 'ready' }, 503: problemExample('overloaded', [closing]) } } },
    },
    async () => {
      if (isClosing()) throw new Problem('overloaded', closing, {}, { 'retry-after': '5' })
      return { status: 'ready' }
    },
  )
}
