import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { EvaluationGone, StoreUnavailable } from '../../database/errors.ts'
import type { Head } from '../../database/history.ts'
import type { Difference } from '../../evaluations/declaration.ts'
import { writeDeclaration } from '../../evaluations/declaration.ts'
import type { OpenEvaluation } from '../../evaluations/open-evaluation.ts'
import type { ParsedBody } from '../../formats/parsed-body.ts'
import { fixedLimits } from '../../http/limits.ts'
import { Problem, pointerOf } from '../../http/problem.ts'
import type { RequestContext } from '../../http/request-context.ts'
import { sendJson } from '../../http/send-json.ts'
import { namesTag } from '../../http/tags.ts'
import { validBody } from '../../http/validation.ts'
import { answerBytesOf, answerOf as answerOfState, groupAnswerBytesOf } from '../../loss/evaluation.ts'
import { refuseForStreams, resolve } from '../../loss/resolve.ts'
import { describe, LimitExceeded } from '../../loss/validation-errors.ts'
import { checkOutputOptions } from '../../loss/weights.ts'
import { inWords } from '../../loss/words.ts'
import { answerOf, bodyProblems, problemAnswers } from '../answers.ts'
import { coreOptions } from '../loss/schema.ts'
import {
  conflictAnswer,
  declarationExamples,
  declaredAnswer,
  listAnswer,
  noEvaluationAnswer,
  reportAnswer,
  sealedAnswer,
  wrongDeclaration,
  wrongLimit,
  wrongName,
  wrongStatus,
} from './examples.ts'
import type { EvaluationRouteOptions } from './found.ts'
import { figuresOf, foundEvaluation, noEvaluation, stateOf, tallyOf } from './found.ts'
import type { Declaration } from './schema.ts'
import { declaration, evaluationAnswer, evaluationList, evaluationParams, listQuery, sealRequest } from './schema.ts'

const { maxDeclarationBytes, maxEvaluations } = fixedLimits

interface Named {
  Params: { evaluation: string }
}

/** /v1/evaluations and /v1/evaluations/{evaluation}: declare, report, list, seal, delete. */
export async function evaluationRoutes(
  app: FastifyInstance,
  { evaluations, retentionDays }: EvaluationRouteOptions,
): Promise<void> {
  const reportOf = (found: OpenEvaluation, { task, memory }: RequestContext, requestId: string) => {
    const { spec, outputs } = found.declared
    memory.reserve(answerBytesOf(spec, { samples: 0, outputs }, fixedLimits))
    return evaluations.report(found, task, async (total, head) => {
      const { sections, groups } = total
      const count = groups.reduce((sum, states) => sum + states.size, 0)
      if (count > 0) memory.reserve(count * groupAnswerBytesOf(spec, outputs, count, fixedLimits))
      const state = { spec, sections, groups, tally: tallyOf(total.tally, outputs) }
      const answer = await task.run(answerOfState(state))
      const report = { ...answer, ...stateOf(found, retentionDays), batches: head.batches, requestId }
      return { report, tag: tagOf(found, head) }
    })
  }

  const checkMatch = async (match: string | undefined, owner: string, name: string) => {
    if (match === undefined) return
    const found = await foundEvaluation(evaluations, owner, name)
    const tag = tagOf(found, found.stored)
    if (namesTag(match, tag)) return
    const detail = `The evaluation "${name}" is not as If-Match says: it has the ETag ${tag}.`
    throw new Problem('precondition-failed', detail, {}, { etag: tag })
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

  app.get<Named>(
    '/v1/evaluations/:evaluation',
    {
      schema: {
        operationId: 'reportEvaluation',
        tags: ['Evaluations'],
        summary: 'Report what all batches add up to',
        description:
          'Every batch that was acknowledged before the request is in the answer, whichever replica took it. The figures are those of POST /v1/loss for all rows at once, to the last bit. `ETag` and `If-None-Match` save an answer that the client has already.',
        params: evaluationParams,
        response: {
          200: answerOf(evaluationAnswer),
          ...problemAnswers('not-found', 'invalid-content', 'store-unavailable'),
        },
      },
      config: { examples: { answers: { 200: reportAnswer, 404: noEvaluationAnswer, 422: wrongName } } },
    },
    async ({ params: { evaluation: name }, headers, owner, work, id }, reply) => {
      const found = await foundEvaluation(evaluations, owner, name)
      const known = tagOf(found, found.stored)
      reply.header('etag', known)
      const seen = headers['if-none-match']
      if (seen !== undefined && namesTag(seen, known)) return reply.code(304).send()
      const { report, tag } = await reportOf(found, work, id)
      // batches may have come since it was found
      reply.header('etag', tag)
      return sendJson(reply, work.task, report)
    },
  )

  app.get<{ Querystring: z.infer<typeof listQuery> }>(
    '/v1/evaluations',
    {
      schema: {
        operationId: 'listEvaluations',
        tags: ['Evaluations'],
        summary: 'List evaluations',
        description:
          'The newest first, each with its figures. One that cannot be read does not hide the others: it is named apart.',
        querystring: listQuery,
        response: { 200: answerOf(evaluationList), ...problemAnswers('invalid-content', 'store-unavailable') },
      },
      config: { examples: { answers: { 200: listAnswer, 422: wrongLimit } } },
    },
    async ({ query: { prefix, after, limit }, owner, work, id }, reply) => {
      const page = await evaluations.list(owner, { prefix, after, limit: limit + 1 })
      const shown = page.slice(0, limit)
      const entries: object[] = []
      const unreadable: object[] = []
      for (const stored of shown) {
        if (work.task.isDue) await work.task.pause()
        try {
          const found = evaluations.open(stored)
          entries.push({ ...stateOf(found, retentionDays), ...(await figuresOf(evaluations, found, work)) })
        } catch (error) {
          if (error instanceof EvaluationGone) continue
          if (!(error instanceof StoreUnavailable) || !error.isOfOne) throw error
          unreadable.push({ evaluation: stored.name, detail: error.message })
        }
      }
      const next = page.length > limit ? String(shown[limit - 1].id) : undefined
      const answer = unreadable.length > 0 ? { evaluations: entries, unreadable } : { evaluations: entries }
      return sendJson(reply, work.task, { ...answer, next, requestId: id })
    },
  )

  app.patch<Named & { Body: ParsedBody }>(
    '/v1/evaluations/:evaluation',
    {
      schema: {
        operationId: 'sealEvaluation',
        tags: ['Evaluations'],
        summary: 'Seal an evaluation: no more batches',
        description:
          'Batches that it has may still be sent again, and are answered as replays. With `If-Match`, it is sealed only if it has this `ETag`.',
        params: evaluationParams,
        body: sealRequest,
        response: {
          200: answerOf(evaluationAnswer),
          ...problemAnswers(...bodyProblems, 'not-found', 'incomplete', 'precondition-failed', 'store-unavailable'),
        },
      },
      config: {
        examples: {
          requests: { sealed: { summary: 'No more batches', value: { status: 'sealed' } } },
          answers: { 200: sealedAnswer, 404: noEvaluationAnswer, 422: wrongStatus },
        },
      },
    },
    async ({ body, params: { evaluation: name }, headers, owner, work, id }, reply) => {
      validBody(body, sealRequest)
      await checkMatch(headers['if-match'], owner, name)
      const result = await evaluations.seal(owner, name)
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
      await checkMatch(headers['if-match'], owner, name)
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

function tagOf({ stored: { incarnation, status } }: OpenEvaluation, { batches, digest }: Head): string {
  return `W/"${(digest ?? incarnation).slice(0, 32)}-${batches}-${status}"`
}

function conflict(name: string, differences: readonly Difference[]): Problem {
  const errors = differences.slice(0, fixedLimits.maxListedErrors).map(({ path, kept, received }) => ({
    pointer: pointerOf(path),
    code: 'differs' as const,
    detail: `${path.join('.')} is ${said(received)}; the evaluation was declared with ${said(kept)}`,
    received: describe(received),
  }))
  const detail = `The evaluation "${name}" already exists with different options: ${differences.map(({ path }) => path[0]).join(', ')}.`
  return new Problem('conflict', detail, { errors, errorCount: differences.length })
}

function said(value: unknown): string {
  return value === undefined ? 'not given' : inWords(value)
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
