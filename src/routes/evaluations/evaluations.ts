import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Difference } from '../../evaluations/declaration.ts'
import type { Metadata } from '../../evaluations/metadata.ts'
import { patched } from '../../evaluations/metadata.ts'
import type { OpenEvaluation } from '../../evaluations/open-evaluation.ts'
import type { ParsedBody } from '../../formats/parsed-body.ts'
import { fixedLimits } from '../../http/limits.ts'
import { Problem } from '../../http/problem.ts'
import type { RequestContext } from '../../http/request-context.ts'
import { sendJson } from '../../http/send-json.ts'
import { namesTag } from '../../http/tags.ts'
import { validBody } from '../../http/validation.ts'
import { answerBytesOf, answerOf as answerOfState, groupAnswerBytesOf } from '../../loss/evaluation.ts'
import { LimitExceeded, refuse } from '../../loss/validation-errors.ts'
import type { Requirement } from '../../loss/verdict.ts'
import { answerOf, bodyProblems, problemAnswers, verdictAnswers } from '../answers.ts'
import { judge, requirementsIn } from '../require/check.ts'
import { checkFailStatus, setStatus } from '../require/status.ts'
import { audit } from './audit.ts'
import { declaredIn } from './declared.ts'
import {
  changeExamples,
  conflictAnswer,
  declarationExamples,
  declaredAnswer,
  noEvaluationAnswer,
  reportAnswer,
  sealedAnswer,
  wrongDeclaration,
  wrongName,
  wrongStatus,
} from './examples.ts'
import type { EvaluationRouteOptions } from './found.ts'
import { foundEvaluation, joinedOf, listed, noEvaluation, said, stateOf, tagOf, tallyOf } from './found.ts'
import type { Period } from './period.ts'
import { reportPeriod } from './report-period.ts'
import { changeRequest, declaration, evaluationAnswer, evaluationParams, reportQuery } from './schema.ts'

const { maxEvaluations, maxMetadataEntries, maxShownEvaluations } = fixedLimits

interface Named {
  Params: { evaluation: string }
}

/** /v1/evaluations/{evaluation}: declare, report, change, delete. */
export async function evaluationRoutes(
  app: FastifyInstance,
  { evaluations, retentionDays }: EvaluationRouteOptions,
): Promise<void> {
  const reportOf = async (
    found: OpenEvaluation,
    { task, memory }: RequestContext,
    requestId: string,
    require?: readonly Requirement[],
    period: Period = {},
  ) => {
    const { spec, outputs } = found.declared
    memory.reserve(answerBytesOf(spec, { samples: 0, outputs }, fixedLimits))
    const { report, tag, verdict, samples } = await reportPeriod(
      evaluations,
      found,
      period,
      task,
      async (total, head, of) => {
        const { sections, groups } = total
        const count = groups.reduce((sum, states) => sum + states.size, 0)
        if (count > 0) memory.reserve(count * groupAnswerBytesOf(spec, outputs, count, fixedLimits))
        const state = { spec, sections, groups, tally: tallyOf(total.tally, outputs) }
        const answer = await task.run(answerOfState(state))
        const report = { ...answer, ...stateOf(found, retentionDays), batches: head.batches, ...of }
        const verdict = require && judge(require, report, spec)
        const samples = 'from' in of || 'to' in of ? found.stored.samples : total.tally.samples
        return { report: { ...report, verdict }, tag: tagOf(found, head), verdict, samples }
      },
    )
    return { report: { ...report, joined: await joinedOf(evaluations, found, samples), requestId }, tag, verdict }
  }

  app.put<Named & { Body: ParsedBody }>(
    '/v1/evaluations/:evaluation',
    {
      schema: {
        operationId: 'declareEvaluation',
        tags: ['Evaluations'],
        summary: 'Declare an evaluation',
        description:
          'Declares once how all batches will be evaluated. `outputs` is required, because nothing is inferred from the first batch. Repeating the same declaration changes nothing and returns 200; spelling out defaults does not make it a different declaration.',
        params: evaluationParams,
        body: declaration,
        response: {
          200: answerOf(evaluationAnswer),
          201: answerOf(evaluationAnswer),
          ...problemAnswers(...bodyProblems, 'conflict', 'store-unavailable'),
        },
      },
      config: {
        examples: {
          requests: declarationExamples,
          answers: { 200: declaredAnswer, 201: declaredAnswer, 409: conflictAnswer, 422: wrongDeclaration },
        },
      },
    },
    async (request, reply) => {
      const { body, params, owner, work, id } = request
      const { evaluation: name } = params
      const { declared, text } = await declaredIn(body, work)
      const result = await evaluations.declare(owner, name, declared, text)
      if (result.outcome === 'full') {
        const detail = `The limit of maxEvaluations, ${maxEvaluations}, evaluations is reached.`
        throw new LimitExceeded('maxEvaluations', maxEvaluations, [], detail)
      }
      if (result.outcome === 'crowded') {
        const detail = `The limit of maxShownEvaluations, ${maxShownEvaluations}, evaluations with metrics is reached.`
        throw new LimitExceeded('maxShownEvaluations', maxShownEvaluations, ['metrics'], detail)
      }
      if (result.outcome === 'conflict') throw conflict(name, result.differences)
      if (result.outcome === 'created') {
        audit('declare', name, request)
        reply.code(201).header('location', `/v1/evaluations/${name}`)
      }
      return sendJson(reply, work.task, (await reportOf(result.evaluation, work, id)).report)
    },
  )

  app.get<Named & { Querystring: z.output<typeof reportQuery> }>(
    '/v1/evaluations/:evaluation',
    {
      schema: {
        operationId: 'reportEvaluation',
        tags: ['Evaluations'],
        summary: 'Report the results over all batches',
        description:
          'The answer includes every batch that was acknowledged before the request, by any replica. The results equal those of POST /v1/loss for all rows at once, to the last bit. With `from` or `to`, it is the report of the windows of that period, and `batches` counts theirs. With `ETag` and `If-None-Match`, an unchanged report is not sent again (304), except with `failStatus`, because a status of 304 would not show the verdict.',
        params: evaluationParams,
        querystring: reportQuery,
        response: verdictAnswers(evaluationAnswer, 'not-found', 'invalid-content', 'store-unavailable'),
      },
      config: { examples: { answers: { 200: reportAnswer, 404: noEvaluationAnswer, 422: wrongName } } },
    },
    async ({ params: { evaluation: name }, query, headers, owner, work, id }, reply) => {
      checkFailStatus(query, query.require)
      const found = await foundEvaluation(evaluations, owner, name)
      const require = query.require === undefined ? undefined : requirementsIn(query.require, found.declared.spec)
      const known = tagOf(found, found.stored)
      reply.header('etag', known)
      const seen = headers['if-none-match']
      if (seen !== undefined && query.failStatus === undefined && namesTag(seen, known)) return reply.code(304).send()
      const { report, tag, verdict } = await reportOf(found, work, id, require, query)
      if (verdict !== undefined) setStatus(reply, query, verdict)
      // batches may have come since it was found
      reply.header('etag', tag)
      return sendJson(reply, work.task, report)
    },
  )

  app.patch<Named & { Body: ParsedBody }>(
    '/v1/evaluations/:evaluation',
    {
      schema: {
        operationId: 'changeEvaluation',
        tags: ['Evaluations'],
        summary: 'Seal an evaluation, or change its metadata',
        description:
          '`status` seals the evaluation: it accepts no new batches, but batches that it already has can still be resent, and are answered as replays. `metadata` is a merge patch (RFC 7396): a string is set, null removes an entry, and other entries stay; null instead of the object removes all entries. Either all changes are made or none. With `If-Match`, they are made only if the evaluation has this `ETag`. The declaration does not change: sending the same declaration again still returns 200, and keeps the changed metadata.',
        params: evaluationParams,
        body: changeRequest,
        response: {
          200: answerOf(evaluationAnswer),
          ...problemAnswers(...bodyProblems, 'not-found', 'incomplete', 'precondition-failed', 'store-unavailable'),
        },
      },
      config: {
        examples: {
          requests: changeExamples,
          answers: { 200: sealedAnswer, 404: noEvaluationAnswer, 422: wrongStatus },
        },
      },
    },
    async (request, reply) => {
      const { body, params, headers, owner, work, id } = request
      const { evaluation: name } = params
      const { status, metadata: patch } = validBody(body, changeRequest)
      const merge = patch === undefined ? undefined : (metadata: Metadata) => checkedMetadata(patched(metadata, patch))
      const asked = { seals: status !== undefined, merge }
      const result = await evaluations.change(owner, name, asked, matching(headers['if-match']))
      if (result === undefined) throw noEvaluation(name)
      for (const change of result.changed) audit(change, name, request)
      if (result.outcome === 'incomplete') throw incomplete(result.evaluation.stored)
      return sendJson(reply, work.task, (await reportOf(result.evaluation, work, id)).report)
    },
  )

  app.delete<Named>(
    '/v1/evaluations/:evaluation',
    {
      schema: {
        operationId: 'deleteEvaluation',
        tags: ['Evaluations'],
        summary: 'Delete an evaluation',
        description:
          'The name can then be declared again; its sequence restarts at 1. With `If-Match`, the evaluation is deleted only if it has this `ETag`.',
        params: evaluationParams,
        response: {
          204: z.null().describe('The evaluation was deleted.'),
          ...problemAnswers('not-found', 'invalid-content', 'precondition-failed', 'store-unavailable'),
        },
      },
      config: { examples: { answers: { 404: noEvaluationAnswer, 422: wrongName } } },
    },
    async (request, reply) => {
      const { params, headers, owner } = request
      const { evaluation: name } = params
      if (!(await evaluations.delete(owner, name, matching(headers['if-match'])))) throw noEvaluation(name)
      audit('delete', name, request)
      return reply.code(204).send()
    },
  )
}

/** What throws a Problem `precondition-failed` for an evaluation that If-Match does not name, if there is one. */
function matching(match: string | undefined): ((found: OpenEvaluation) => void) | undefined {
  if (match === undefined) return undefined
  return (found) => {
    const tag = tagOf(found, found.stored)
    if (namesTag(match, tag)) return
    const detail = `The evaluation "${found.stored.name}" does not match If-Match: its ETag is ${tag}.`
    throw new Problem('precondition-failed', detail, {}, { etag: tag })
  }
}

/** @throws InvalidContent for too many strings after a change */
function checkedMetadata(metadata: Metadata): Metadata {
  const count = Object.keys(metadata).length
  if (count <= maxMetadataEntries) return metadata
  const detail = `metadata would have ${count} entries; at most ${maxMetadataEntries} are allowed`
  return refuse(['metadata'], detail, count, 'out-of-range')
}

function conflict(name: string, differences: readonly Difference[]): Problem {
  const errors = differences.map((difference) => ({
    ...difference,
    detail: `${difference.path.join('.')} is ${said(difference.received)}; the evaluation was declared with ${said(difference.kept)}`,
  }))
  const detail = `The evaluation "${name}" already exists with different options: ${differences.map(({ path }) => path[0]).join(', ')}.`
  return new Problem('conflict', detail, listed(errors))
}

function incomplete({
  name,
  batches,
  samples,
  expectedBatches,
  expectedSamples,
}: {
  readonly name: string
  readonly batches: number
  readonly samples: number
  readonly expectedBatches: number | null
  readonly expectedSamples: number | null
}): Problem {
  const missing = [
    expectedBatches === null || expectedBatches === batches ? '' : `${batches} of ${expectedBatches} batches`,
    expectedSamples === null || expectedSamples === samples ? '' : `${samples} of ${expectedSamples} samples`,
  ].filter(Boolean)
  return new Problem('incomplete', `The evaluation "${name}" has ${missing.join(' and ')}.`)
}
