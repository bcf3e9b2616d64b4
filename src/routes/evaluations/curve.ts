import type { FastifyInstance } from 'fastify'
import type { z } from 'zod'
import { sendJson } from '../../http/send-json.ts'
import { answerOf, problemAnswers } from '../answers.ts'
import { curveAnswerExample, noEvaluationAnswer, wrongPoints } from './examples.ts'
import type { EvaluationRouteOptions } from './found.ts'
import { foundEvaluation, timeOf } from './found.ts'
import { curveAnswer, curveQuery, evaluationParams } from './schema.ts'

export async function curveRoute(app: FastifyInstance, { evaluations }: EvaluationRouteOptions): Promise<void> {
  app.get<{ Params: z.infer<typeof evaluationParams>; Querystring: z.infer<typeof curveQuery> }>(
    '/v1/evaluations/:evaluation/curve',
    {
      schema: {
        operationId: 'learningCurve',
        tags: ['Evaluations'],
        summary: 'Get the learning curve of an evaluation',
        description:
          'Consecutive batches in groups of equal size, as many as `points` allows: the size is a power of two, and the last group may be smaller. Each point has the figures of its group, and those of all batches up to its end.',
        params: evaluationParams,
        querystring: curveQuery,
        response: {
          200: answerOf(curveAnswer),
          ...problemAnswers('not-found', 'invalid-content', 'store-unavailable'),
        },
      },
      config: { examples: { answers: { 200: curveAnswerExample, 404: noEvaluationAnswer, 422: wrongPoints } } },
    },
    async ({ params: { evaluation: name }, query: { points }, owner, work, id }, reply) => {
      const found = await foundEvaluation(evaluations, owner, name)
      work.task.start()
      const curve = await evaluations.curve(found, points, work.task)
      return sendJson(reply, work.task, {
        points: curve.map((point) => ({ ...point, createdAt: timeOf(point.createdAt) })),
        requestId: id,
      })
    },
  )
}
