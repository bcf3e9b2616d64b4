import type { FastifyInstance } from 'fastify'
import type { z } from 'zod'
import type { GroupOfRows } from '../../evaluations/curve.ts'
import { sendJson } from '../../http/send-json.ts'
import type { GroupValue } from '../../loss/groups/columns.ts'
import { columnsIn } from '../../loss/groups/columns.ts'
import type { Spec } from '../../loss/spec.ts'
import { refuse } from '../../loss/validation-errors.ts'
import { answerOf, problemAnswers } from '../answers.ts'
import { groupKey } from '../loss/answer.ts'
import { curveAnswerExample, noEvaluationAnswer, wrongPoints } from './examples.ts'
import type { EvaluationRouteOptions } from './found.ts'
import { foundEvaluation, timeOf } from './found.ts'
import { curveAnswer, curveQuery, evaluationParams } from './schema.ts'

/** @throws InvalidContent unless the text is the key of a group of one grouping */
export function groupOf(text: string, { groupBy = [] }: Spec): GroupOfRows {
  const needs = `the key of a group as JSON, with the columns of one of ${JSON.stringify(groupBy)}`
  const named = parsed(text)
  const found = groupBy.findIndex((by) => {
    const columns = columnsIn(by)
    return named !== undefined && named.size === columns.length && columns.every((column) => named.has(column))
  })
  if (groupBy.length === 0)
    refuse(['group'], 'group has no effect: the evaluation was declared without groupBy', text, 'no-effect')
  if (named === undefined || found < 0) return refuse(['group'], `group must be ${needs}`, text, 'unknown-value')
  return { grouping: found, key: columnsIn(groupBy[found]).map((column) => named.get(column) ?? null) }
}

function parsed(text: string): Map<string, GroupValue> | undefined {
  try {
    const { data } = groupKey.safeParse(JSON.parse(text))
    return data && new Map(Object.entries(data))
  } catch {
    return undefined
  }
}

export async function curveRoute(app: FastifyInstance, { evaluations }: EvaluationRouteOptions): Promise<void> {
  app.get<{ Params: z.infer<typeof evaluationParams>; Querystring: z.infer<typeof curveQuery> }>(
    '/v1/evaluations/:evaluation/curve',
    {
      schema: {
        operationId: 'learningCurve',
        tags: ['Evaluations'],
        summary: 'Get the learning curve of an evaluation',
        description:
          'Consecutive batches in groups of equal size, as many groups as `points` allows. The size is a power of two, and the last group can be smaller. Each point has the results of its group, and the results of all batches up to the end of the group.',
        params: evaluationParams,
        querystring: curveQuery,
        response: {
          200: answerOf(curveAnswer),
          ...problemAnswers('not-found', 'invalid-content', 'store-unavailable'),
        },
      },
      config: { examples: { answers: { 200: curveAnswerExample, 404: noEvaluationAnswer, 422: wrongPoints } } },
    },
    async ({ params: { evaluation: name }, query: { points, group }, owner, work, id }, reply) => {
      const found = await foundEvaluation(evaluations, owner, name)
      work.task.start()
      const curve = await evaluations.curve(
        found,
        points,
        work.task,
        group === undefined ? undefined : groupOf(group, found.declared.spec),
      )
      return sendJson(reply, work.task, {
        points: curve.map((point) => ({ ...point, createdAt: timeOf(point.createdAt) })),
        requestId: id,
      })
    },
  )
}
