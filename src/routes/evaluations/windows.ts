import type { FastifyInstance } from 'fastify'
import type { z } from 'zod'
import type { OpenEvaluation } from '../../evaluations/open-evaluation.ts'
import type { Evaluations } from '../../evaluations/service.ts'
import { lengthOf } from '../../evaluations/window.ts'
import { fixedLimits } from '../../http/limits.ts'
import type { RequestContext } from '../../http/request-context.ts'
import { sendJson } from '../../http/send-json.ts'
import { answerBytesOf, answerOf as answerOfState, groupAnswerBytesOf } from '../../loss/evaluation.ts'
import type { EvaluationState } from '../../loss/state.ts'
import { refuse } from '../../loss/validation-errors.ts'
import { answerOf, problemAnswers } from '../answers.ts'
import { noEvaluationAnswer, windowsAnswerExample, wrongFrom } from './examples.ts'
import type { EvaluationRouteOptions } from './found.ts'
import { foundEvaluation, tallyOf, timeOf } from './found.ts'
import { rangeOf } from './period.ts'
import { evaluationParams } from './schema.ts'
import { windowsAnswer, windowsQuery } from './windows-schema.ts'

type Query = z.output<typeof windowsQuery>

/** A page with more is cut. */
const mostAnswerBytes = 2 ** 23

/** GET /v1/evaluations/{evaluation}/windows. */
export async function windowsRoute(app: FastifyInstance, { evaluations }: EvaluationRouteOptions): Promise<void> {
  app.get<{ Params: z.infer<typeof evaluationParams>; Querystring: Query }>(
    '/v1/evaluations/:evaluation/windows',
    {
      schema: {
        operationId: 'listWindows',
        tags: ['Evaluations'],
        summary: 'Report window by window',
        description,
        params: evaluationParams,
        querystring: windowsQuery,
        response: {
          200: answerOf(windowsAnswer),
          ...problemAnswers('not-found', 'invalid-content', 'limit-exceeded', 'store-unavailable'),
        },
      },
      config: { examples: { answers: { 200: windowsAnswerExample, 404: noEvaluationAnswer, 422: wrongFrom } } },
    },
    async ({ params: { evaluation: name }, query, owner, work, id }, reply) => {
      const found = await foundEvaluation(evaluations, owner, name)
      const page = await pageOf(evaluations, found, query, work)
      return sendJson(reply, work.task, { ...page, requestId: id })
    },
  )
}

const description = `One report per window, in chronological order. The results equal those of POST /v1/loss for the rows of the window, to the last bit, including groups and every part that \`include\` lists. A batch with \`at\` belongs to the window of that time, however late it arrives; a batch without \`at\` belongs to the window of its arrival. Windows without batches are omitted.

\`every\` merges this many consecutive windows into one, counted from \`from\` or else from the first window. A page of large reports may end early; if there is more, the answer has \`next\`.`

interface Page {
  readonly windows: readonly object[]
  readonly next: string | undefined
}

async function pageOf(
  evaluations: Evaluations,
  found: OpenEvaluation,
  { from, to, every, after, limit }: Query,
  work: RequestContext,
): Promise<Page> {
  const { window } = found.declared
  if (window === undefined) {
    const detail =
      'the evaluation was declared without window. Declare another one with window hour, day or week to have its batches by time'
    return refuse(['evaluation'], detail, found.stored.name, 'not-available')
  }
  rangeOf({ from: after }, found.declared)
  const range = rangeOf({ from, to }, found.declared, limit * every + 1)
  const joining = { base: after ?? from, length: every * lengthOf(window) }
  const parts: object[] = []
  let bytes = 0
  let end = 0
  const rest = { ...range, from: Math.max(range.from, after ?? range.from) }
  for await (const each of evaluations.joinedWindows(found, window, rest, joining, work.task)) {
    if (parts.length === limit || bytes > mostAnswerBytes) return { windows: parts, next: timeOf(end) }
    end = each.start + joining.length
    parts.push({
      from: timeOf(each.start),
      to: timeOf(Math.min(end, range.to)),
      ...(await reported({ batches: each.batches, total: each.state }, found, work)),
    })
    bytes += bytesOf(each.state, found)
  }
  return { windows: parts, next: undefined }
}

function bytesOf({ groups }: EvaluationState, { declared: { spec, outputs } }: OpenEvaluation): number {
  const count = groups.reduce((sum, states) => sum + states.size, 0)
  const own = answerBytesOf(spec, { samples: 0, outputs }, fixedLimits) + ownBytes
  return count === 0 ? own : own + count * groupAnswerBytesOf(spec, outputs, count, fixedLimits)
}

/** The figures of a window. */
const ownBytes = 4096

/** @returns the report of some batches; the memory that it takes is reserved */
async function reported(
  { batches, total }: { readonly batches: number; readonly total: EvaluationState },
  found: OpenEvaluation,
  { task, memory }: RequestContext,
): Promise<object> {
  memory.reserve(bytesOf(total, found))
  const { spec, sections, groups } = total
  const state = { spec, sections, groups, tally: tallyOf(total.tally, found.declared.outputs) }
  const { spec: _, ...answer } = await task.run(answerOfState(state))
  return { batches, ...answer }
}
