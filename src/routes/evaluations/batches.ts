import type { FastifyInstance } from 'fastify'
import type { z } from 'zod'
import type { Batch, PutResult } from '../../database/store.ts'
import { evaluateBatch } from '../../evaluations/evaluate.ts'
import type { DeclaredEvaluation } from '../../evaluations/open-evaluation.ts'
import { locatedError } from '../../formats/errors.ts'
import type { ParsedBody } from '../../formats/parsed-body.ts'
import { freeLargeTensors, freeTensors } from '../../formats/parsed-body.ts'
import { batchMediaTypes, registerBatchBodies } from '../../http/bodies.ts'
import { fixedLimits } from '../../http/limits.ts'
import { Problem } from '../../http/problem.ts'
import type { RequestContext } from '../../http/request-context.ts'
import { sendJson } from '../../http/send-json.ts'
import { validBody } from '../../http/validation.ts'
import { answerOf as answerOfState } from '../../loss/evaluation.ts'
import { quoted } from '../../loss/words.ts'
import { uniformIntegers } from '../../runtime/random.ts'
import { answerOf, bodyProblems, problemAnswers } from '../answers.ts'
import { binaryHeaders } from '../loss/examples.ts'
import {
  batchAnswerExample,
  batchExamples,
  batchListAnswer,
  batchMediaTypeDocuments,
  noEvaluationAnswer,
  wrongBatch,
  wrongLimit,
} from './examples.ts'
import type { EvaluationRouteOptions } from './found.ts'
import { foundEvaluation, noEvaluation, noMoreBatches, notDeclared, timeOf } from './found.ts'
import { batchAnswer, batchContent, batchesQuery, batchList, batchParams, evaluationParams } from './schema.ts'

const { maxAnswerNumbers, maxGroups, maxMiniBatchNumbers, maxStateBytes } = fixedLimits

/** /v1/evaluations/{evaluation}/batches: one batch in, and the batches listed. */
export async function batchRoutes(app: FastifyInstance, { evaluations }: EvaluationRouteOptions): Promise<void> {
  registerBatchBodies(app)
  app.put<{ Params: z.infer<typeof batchParams>; Body: ParsedBody }>(
    '/v1/evaluations/:evaluation/batches/:batch',
    {
      schema: {
        operationId: 'putBatch',
        tags: ['Evaluations'],
        summary: 'Add a batch to an evaluation, once',
        description:
          'The service answers once the batch is durable. Resending the same content, in any format, returns the same answer and is counted only once, so after a broken connection simply send it again. Different content under an existing name is rejected (409).',
        params: batchParams,
        body: batchContent,
        response: {
          200: answerOf(batchAnswer),
          201: answerOf(batchAnswer),
          ...problemAnswers(
            ...bodyProblems,
            'not-found',
            'conflict',
            'not-joined',
            'sealed',
            'digest-mismatch',
            'store-unavailable',
          ),
        },
      },
      config: {
        accepts: batchMediaTypes,
        examples: {
          requests: batchExamples,
          mediaTypes: batchMediaTypeDocuments,
          parameters: binaryHeaders,
          answers: {
            200: { ...batchAnswerExample, replayed: true },
            201: batchAnswerExample,
            422: wrongBatch,
            404: noEvaluationAnswer,
          },
        },
      },
    },
    async ({ body, params: { evaluation: name, batch }, owner, work, id }, reply) => {
      const { task } = work
      task.stop()
      const isLarge = work.memory.charged > 0
      const add = async (evaluation: DeclaredEvaluation) => {
        refuseJoined(name, evaluation)
        const steps = evaluateBody(evaluation, batch, body, work, isLarge)
        const evaluated = await work.during('fold', () => work.task.runNow(steps))
        work.evaluates(evaluation.declared.spec, evaluated.batch.samples)
        const { state: added } = evaluated
        if (added.groups.length > 0) await evaluations.checkGroups(owner, name, evaluation, added, maxGroups, task)
        task.stop()
        const [result] = await evaluations.put(evaluation, [evaluated.batch])
        const stored = storedBatch(name, batch, result)
        const replayed = result.outcome === 'replayed'
        const state = replayed ? await evaluations.stateOf(evaluation, stored, task) : evaluated.state
        return { state, sequence: stored.sequence, window: windowOf(stored.window), replayed }
      }
      // a large batch is freed before its commit and cannot be evaluated again, so the name is looked up first
      const put = isLarge
        ? await evaluations.find(owner, name).then((found) => found && add(found))
        : await evaluations.withRemembered(owner, name, add)
      if (put === undefined) throw notDeclared(name)
      const { state, sequence, window, replayed } = put
      const answer = await task.run(answerOfState(state))
      reply.code(replayed ? 200 : 201)
      const { dropped } = body
      const place = { evaluation: name, batch, sequence, window }
      return sendJson(reply, task, { ...answer, ...place, replayed, dropped, requestId: id })
    },
  )

  app.get<{ Params: z.infer<typeof evaluationParams>; Querystring: z.infer<typeof batchesQuery> }>(
    '/v1/evaluations/:evaluation/batches',
    {
      schema: {
        operationId: 'listBatches',
        tags: ['Evaluations'],
        summary: 'List the batches of an evaluation',
        description: 'Batches in the order of their sequence.',
        params: evaluationParams,
        querystring: batchesQuery,
        response: {
          200: answerOf(batchList),
          ...problemAnswers('not-found', 'invalid-content', 'store-unavailable'),
        },
      },
      config: { examples: { answers: { 200: batchListAnswer, 404: noEvaluationAnswer, 422: wrongLimit } } },
    },
    async ({ params: { evaluation: name }, query: { after, limit }, owner, work, id }, reply) => {
      const found = await foundEvaluation(evaluations, owner, name)
      const page = await evaluations.listBatches(found, { after, limit: limit + 1 })
      const batches = page.slice(0, limit).map(entryOf)
      const next = page.length > limit ? page[limit - 1].sequence : undefined
      return sendJson(reply, work.task, { batches, next, requestId: id })
    },
  )
}

/** @throws Problem for a batch of an evaluation whose rows come in halves */
export function refuseJoined(name: string, { declared: { join } }: DeclaredEvaluation): void {
  if (join === undefined) return
  const detail = `The evaluation ${quoted(name)} was declared with join, and takes no batches: send the predictions of its rows to POST .../predictions, and their labels to POST .../labels.`
  throw new Problem('not-joined', detail)
}

/** A batch in a list, and in the events of an evaluation. */
export function entryOf({ name, sequence, samples, loss, lossStatus, accuracy, window, createdAt }: Batch) {
  const figures = { batch: name, sequence, samples, loss, lossStatus, accuracy }
  return { ...figures, window: windowOf(window), createdAt: timeOf(createdAt) }
}

function windowOf(window: number | null): string | undefined {
  return window === null ? undefined : timeOf(window)
}

export function contextOf({ memory }: RequestContext) {
  return {
    maxAnswerNumbers,
    maxGroups,
    maxMiniBatchNumbers,
    maxStateBytes,
    uniformIntegers,
    memory,
    isDeclared: true,
  }
}

/** @throws Problem, LimitExceeded unless the batch is stored */
export function storedBatch(evaluation: string, name: string, result: PutResult): Batch {
  switch (result.outcome) {
    case 'committed':
    case 'replayed':
      return result.batch
    case 'conflict':
      throw new Problem('conflict', `The batch ${quoted(name)} was sent before with different content.`)
    case 'sealed':
      throw new Problem('sealed', `The evaluation ${quoted(evaluation)} is sealed.`)
    case 'full':
      throw noMoreBatches()
    case 'gone':
      throw noEvaluation(evaluation)
  }
}

/** Evaluates the only batch of a body, step by step; errors name their places in it. */
function* evaluateBody(
  evaluation: DeclaredEvaluation,
  name: string,
  body: ParsedBody,
  work: RequestContext,
  isLarge: boolean,
) {
  try {
    const { at, ...tensors } = validBody(body, batchContent)
    const evaluated = yield* evaluateBatch(evaluation, name, tensors, contextOf(work), at)
    if (isLarge) {
      yield* freeLargeTensors({ ...tensors }, work.memory)
      freeTensors({ ...tensors }, work.memory)
    }
    return evaluated
  } catch (error) {
    throw locatedError(body.location, error)
  }
}
