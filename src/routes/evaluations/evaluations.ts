import { hash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Head } from '../../database/history.ts'
import type { Difference } from '../../evaluations/declaration.ts'
import { writeDeclaration } from '../../evaluations/declaration.ts'
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
import { refuseForStreams, resolve } from '../../loss/resolve.ts'
import { LimitExceeded, refuse } from '../../loss/validation-errors.ts'
import type { Requirement } from '../../loss/verdict.ts'
import { checkOutputOptions } from '../../loss/weights.ts'
import { answerOf, bodyProblems, problemAnswers, verdictAnswers } from '../answers.ts'
import { coreOptions } from '../loss/schema.ts'
import { judge, requirementsIn } from '../require/check.ts'
import { checkFailStatus, setStatus } from '../require/status.ts'
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
import { foundEvaluation, listed, noEvaluation, said, stateOf, tallyOf } from './found.ts'
import type { Declaration } from './schema.ts'
import { changeRequest, declaration, evaluationAnswer, evaluationParams, reportQuery } from './schema.ts'

const { maxDeclarationBytes, maxEvaluations, maxMetadataEntries } = fixedLimits

interface Named {
  Params: { evaluation: string }
}

/** /v1/evaluations/{evaluation}: declare, report, change, delete. */
export async function evaluationRoutes(
  app: FastifyInstance,
  { evaluations, retentionDays }: EvaluationRouteOptions,
): Promise<void> {
  const reportOf = (
    found: OpenEvaluation,
    { task, memory }: RequestContext,
    requestId: string,
    require?: readonly Requirement[],
  ) => {
    const { spec, outputs } = found.declared
    memory.reserve(answerBytesOf(spec, { samples: 0, outputs }, fixedLimits))
    return evaluations.report(found, task, async (total, head) => {
      const { sections, groups } = total
      const count = groups.reduce((sum, states) => sum + states.size, 0)
      if (count > 0) memory.reserve(count * groupAnswerBytesOf(spec, outputs, count, fixedLimits))
      const state = { spec, sections, groups, tally: tallyOf(total.tally, outputs) }
      const answer = await task.run(answerOfState(state))
      const report = { ...answer, ...stateOf(found, retentionDays), batches: head.batches, requestId }
      const verdict = require && judge(require, report, spec)
      return { report: { ...report, verdict }, tag: tagOf(found, head), verdict }
    })
  }

  app.put<Named & { Body: ParsedBody }>(
    '/v1/evaluations/:evaluation',
    {
      schema: {
        operationId: 'declareEvaluation',
        tags: ['Evaluations'],
        summary: 'Declare an evaluation',
        description:
          'Says once how all batches are to be evaluated. `outputs` is required: nothing is inferred from the first batch. The same declaration again changes nothing and is answered with 200; one that spells out defaults is the same.',
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
    async ({ body, params: { evaluation: name }, owner, work, id }, reply) => {
      const { declared, text } = declaredOf(validBody(body, declaration))
      const result = await evaluations.declare(owner, name, declared, text)
      if (result.outcome === 'full') {
        const detail = `There are as many evaluations as maxEvaluations, ${maxEvaluations}, allows.`
        throw new LimitExceeded('maxEvaluations', maxEvaluations, [], detail)
      }
      if (result.outcome === 'conflict') throw conflict(name, result.differences)
      if (result.outcome === 'created') reply.code(201).header('location', `/v1/evaluations/${name}`)
      return sendJson(reply, work.task, (await reportOf(result.evaluation, work, id)).report)
    },
  )

  app.get<Named & { Querystring: z.output<typeof reportQuery> }>(
    '/v1/evaluations/:evaluation',
    {
      schema: {
        operationId: 'reportEvaluation',
        tags: ['Evaluations'],
        summary: 'Report what all batches add up to',
        description:
          'Every batch that was acknowledged before the request is in the answer, whichever replica took it. The figures are those of POST /v1/loss for all rows at once, to the last bit. `ETag` and `If-None-Match` save an answer that the client has already, except with `failStatus`, where a status of 304 would say nothing of the verdict.',
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
      const { report, tag, verdict } = await reportOf(found, work, id, require)
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
          '`status` seals it: it takes no more batches, though those that it has may still be sent again, and are answered as replays. `metadata` is merged as RFC 7396 says: a string is set, null removes one, the others stay, and null instead of the object removes all. All that is asked is done, or nothing. With `If-Match`, only if it has this `ETag`. The declaration stays as it was: the same one sent again is still answered with 200, and leaves the changed metadata as they are.',
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
    async ({ body, params: { evaluation: name }, headers, owner, work, id }, reply) => {
      const { status, metadata: patch } = validBody(body, changeRequest)
      const merge = patch === undefined ? undefined : (metadata: Metadata) => checkedMetadata(patched(metadata, patch))
      const result = await evaluations.change(owner, name, { seals: status !== undefined, merge }, (found) =>
        checkMatch(headers['if-match'], found),
      )
      if (result === undefined) throw noEvaluation(name)
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
          'Its name can be declared anew, and counts from 1 again. With `If-Match`, it is deleted only if it has this `ETag`.',
        params: evaluationParams,
        response: {
          204: z.null().describe('It is deleted.'),
          ...problemAnswers('not-found', 'invalid-content', 'precondition-failed', 'store-unavailable'),
        },
      },
      config: { examples: { answers: { 404: noEvaluationAnswer, 422: wrongName } } },
    },
    async ({ params: { evaluation: name }, headers, owner }, reply) => {
      const match = headers['if-match']
      if (match !== undefined) checkMatch(match, await foundEvaluation(evaluations, owner, name))
      if (!(await evaluations.delete(owner, name))) throw noEvaluation(name)
      return reply.code(204).send()
    },
  )
}

function declaredOf({ outputs, expectedBatches, expectedSamples, metadata = {}, ...received }: Declaration) {
  const options = coreOptions(received)
  refuseForStreams(options)
  const spec = resolve(options)
  const layout = { samples: 1, outputs }
  checkOutputOptions(spec, layout)
  answerBytesOf(spec, layout, fixedLimits)
  const declared = { spec, outputs, expectedBatches, expectedSamples, metadata }
  const text = writeDeclaration(declared)
  if (text.length > maxDeclarationBytes) {
    const detail = `The declaration takes more than maxDeclarationBytes, ${maxDeclarationBytes} bytes.`
    throw new LimitExceeded('maxDeclarationBytes', maxDeclarationBytes, [], detail)
  }
  return { declared, text }
}

/** @throws Problem `precondition-failed` */
function checkMatch(match: string | undefined, found: OpenEvaluation): void {
  const tag = tagOf(found, found.stored)
  if (match === undefined || namesTag(match, tag)) return
  const detail = `The evaluation "${found.stored.name}" is not as If-Match says: it has the ETag ${tag}.`
  throw new Problem('precondition-failed', detail, {}, { etag: tag })
}

/** @throws InvalidContent for too many strings after a change */
function checkedMetadata(metadata: Metadata): Metadata {
  const count = Object.keys(metadata).length
  if (count <= maxMetadataEntries) return metadata
  const detail = `metadata would have ${count} entries; at most ${maxMetadataEntries} are kept`
  return refuse(['metadata'], detail, count, 'out-of-range')
}

function tagOf({ stored: { incarnation, status, metadata } }: OpenEvaluation, { batches, digest }: Head): string {
  const changed = metadata === null ? '' : `-${hash('sha256', metadata).slice(0, 16)}`
  return `W/"${(digest ?? incarnation).slice(0, 32)}-${batches}-${status}${changed}"`
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
