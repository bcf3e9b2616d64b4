import type { FastifyInstance } from 'fastify'
import type { Declared } from '../../evaluations/declaration.ts'
import type { Report } from '../../evaluations/roll-up.ts'
import { NotMergeable, rollUp } from '../../evaluations/roll-up.ts'
import { fixedLimits } from '../../http/limits.ts'
import { Problem } from '../../http/problem.ts'
import type { RequestContext } from '../../http/request-context.ts'
import { sendJson } from '../../http/send-json.ts'
import { namesTag } from '../../http/tags.ts'
import { answerBytesOf, answerOf as answerOfState, groupAnswerBytesOf } from '../../loss/evaluation.ts'
import { columnsIn } from '../../loss/groups/columns.ts'
import { checkGroupCount } from '../../loss/groups/partition.ts'
import { quoted } from '../../loss/words.ts'
import { verdictAnswers } from '../answers.ts'
import { judge, requirementsIn } from '../require/check.ts'
import { checkFailStatus, setStatus } from '../require/status.ts'
import { noTotalAnswer, notMergeableAnswer, totalAnswerExample, wrongPrefix } from './examples.ts'
import type { EvaluationRouteOptions } from './found.ts'
import { listed, said, tallyOf } from './found.ts'
import { reportPeriod } from './report-period.ts'
import type { TotalQuery } from './selection-schema.ts'
import { metadataIn, metadataParameter, totalAnswer, totalQuery } from './selection-schema.ts'

/** GET /v1/evaluations-total: many evaluations as one. */
export async function totalRoute(app: FastifyInstance, { evaluations }: EvaluationRouteOptions): Promise<void> {
  app.get<{ Querystring: TotalQuery }>(
    '/v1/evaluations-total',
    {
      schema: {
        operationId: 'totalEvaluations',
        tags: ['Evaluations'],
        summary: 'Merge evaluations',
        description,
        querystring: totalQuery,
        response: verdictAnswers(
          totalAnswer,
          'not-found',
          'invalid-content',
          'not-mergeable',
          'limit-exceeded',
          'store-unavailable',
        ),
      },
      config: {
        examples: {
          parameters: [metadataParameter],
          answers: { 200: totalAnswerExample, 404: noTotalAnswer, 409: notMergeableAnswer, 422: wrongPrefix },
        },
      },
    },
    async ({ query, headers, owner, work, id }, reply) => {
      const { task } = work
      checkFailStatus(query, query.require)
      const selection = { prefix: query.prefix, metadata: metadataIn(query) }
      const report: Report = (found, use) => reportPeriod(evaluations, found, query, task, use)
      const total = await rollUp(evaluations, owner, selection, task, memoryFor(work), report).catch(refuseDifferences)
      if (total === undefined) throw new Problem('not-found', 'No evaluation fits.')
      const tag = `W/"${total.digest.slice(0, 32)}"`
      reply.header('etag', tag)
      const seen = headers['if-none-match']
      const { state, declared, batches } = total
      const require = query.require === undefined ? undefined : requirementsIn(query.require, declared.spec)
      // a status of 304 would not show the verdict
      if (seen !== undefined && query.failStatus === undefined && namesTag(seen, tag)) return reply.code(304).send()
      const { spec, sections, groups } = state
      const all = { spec, sections, groups, tally: tallyOf(state.tally, declared.outputs) }
      const answer = await task.run(answerOfState(all))
      const verdict = require && judge(require, answer, spec)
      if (verdict !== undefined) setStatus(reply, query, verdict)
      return sendJson(reply, task, { ...answer, evaluations: total.evaluations, batches, verdict, requestId: id })
    },
  )
}

const description = `Merges all evaluations whose names begin with \`prefix\` and whose \`metadata\` match the query. The results equal those of POST /v1/loss for all their rows at once, to the last bit, including groups and every part that their \`include\` lists. \`evaluations\`, \`batches\` and \`samples\` show what the answer covers.

They must be declared with the same loss, options and \`outputs\`; only expectations and metadata may differ. Otherwise nothing is merged: 409 names the evaluation and the options that differ. With \`from\` or \`to\` only the windows of that period are merged; then each must have been declared with \`window\`, and no window may be cut. None that fits is 404. \`require\` judges the total as it judges a report. \`ETag\` and \`If-None-Match\` save an answer that the client has already.`

/** Reserves what a total takes as it grows. @throws LimitExceeded for too many groups */
function memoryFor({ memory }: RequestContext): (declared: Declared, groups: readonly number[]) => void {
  let reserved = 0
  return ({ spec, outputs }, groups) => {
    if (groups.length === 0) memory.reserve(answerBytesOf(spec, { samples: 0, outputs }, fixedLimits))
    const groupings = (spec.groupBy ?? []).map((grouping) => ({ by: columnsIn(grouping) }))
    checkGroupCount(groupings, groups, fixedLimits.maxGroups)
    const count = groups.reduce((sum, size) => sum + size, 0)
    if (count <= reserved) return
    memory.reserve((count - reserved) * groupAnswerBytesOf(spec, outputs, count, fixedLimits))
    reserved = count
  }
}

function refuseDifferences(error: unknown): never {
  if (!(error instanceof NotMergeable)) throw error
  const [first, other] = [error.first.stored.name, error.other.stored.name]
  const differences = error.differences.map((difference) => ({
    ...difference,
    detail: `${quoted(other)} was declared with ${difference.path.join('.')} ${said(difference.received)}, and ${quoted(first)} with ${said(difference.kept)}`,
    received: other,
  }))
  const names = error.differences.map(({ path }) => path[0]).join(', ')
  const detail = `The evaluations ${quoted(first)} and ${quoted(other)} were declared differently: ${names}.`
  throw new Problem('not-mergeable', detail, listed(differences))
}
