import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Limits } from '../http/limits.ts'
import { describedLimits } from '../http/limits.ts'
import { answerOf, problemAnswers } from './answers.ts'

const limitsAnswer = z
  .object(
    Object.fromEntries(
      Object.entries(describedLimits).map(([name, description]) => [name, z.int().meta({ description })]),
    ),
  )
  .meta({
    id: 'Limits',
    description:
      'Every limit in force. With several workers, the limits of memory, concurrent requests and connections are the share of one worker, and the limit of event streams applies to each worker.',
  })

/** GET /v1/limits: every limit in force, by the name that a `limit-exceeded` problem gives it. */
export async function limitsRoute(app: FastifyInstance, { limits }: { limits: Limits }): Promise<void> {
  app.get(
    '/v1/limits',
    {
      schema: {
        operationId: 'listLimits',
        tags: ['Service'],
        summary: 'List the limits in force',
        description: 'Every limit, under the name that a `limit-exceeded` problem gives it.',
        response: { 200: answerOf(limitsAnswer), ...problemAnswers() },
      },
      config: { examples: { answers: { 200: limits } } },
    },
    async () => limits,
  )
}
