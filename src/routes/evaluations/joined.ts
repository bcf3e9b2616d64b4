import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { Half } from '../../database/halves.ts'
import type { HalfContent, HalfRows } from '../../evaluations/half-rows.ts'
import { readHalf } from '../../evaluations/half-rows.ts'
import type { WaitingEntry } from '../../evaluations/joins.ts'
import type { OpenEvaluation } from '../../evaluations/open-evaluation.ts'
import { isAboutContent, LocatedError, locatedError } from '../../formats/errors.ts'
import type { ParsedLine } from '../../formats/ndjson.ts'
import type { ParsedBody } from '../../formats/parsed-body.ts'
import { freeLargeTensors, freeTensors } from '../../formats/parsed-body.ts'
import { validated } from '../../formats/schema.ts'
import { batchMediaTypes, registerHalfBodies } from '../../http/bodies.ts'
import { problemOf } from '../../http/error-handler.ts'
import { fixedLimits } from '../../http/limits.ts'
import { Problem } from '../../http/problem.ts'
import type { RequestContext } from '../../http/request-context.ts'
import { sendJson } from '../../http/send-json.ts'
import { validBody } from '../../http/validation.ts'
import type { EvaluationState } from '../../loss/state.ts'
import { refuse } from '../../loss/validation-errors.ts'
import { elementOfKey, keyOf } from '../../loss/value-list.ts'
import { quoted } from '../../loss/words.ts'
import { answerOf, bodyProblems, problemAnswers } from '../answers.ts'
import { binaryHeaders } from '../loss/examples.ts'
import { contextOf } from './batches.ts'
import { noEvaluationAnswer, wrongName } from './examples.ts'
import type { EvaluationRouteOptions } from './found.ts'
import { foundEvaluation, notDeclared, timeOf } from './found.ts'
import { HalfQueue } from './half-queue.ts'
import {
  labelsAnswer,
  labelsExamples,
  labelsMediaTypes,
  notJoinedAnswer,
  predictionsAnswer,
  predictionsExamples,
  predictionsMediaTypes,
  waitingAnswer,
} from './joined-examples.ts'
import { halvesAnswer, labelsContent, predictionsContent, waitingList } from './joined-schema.ts'
import { evaluationParams, waitingQuery } from './schema.ts'

const { maxGroups, maxJoinRows, maxWaitingRows } = fixedLimits

interface Post {
  Params: z.infer<typeof evaluationParams>
  Body: ParsedBody | AsyncIterable<ParsedLine>
}

const kinds = {
  predictions: {
    content: predictionsContent,
    operationId: 'postPredictions',
    summary: 'Send predictions, to be joined with their labels',
    first:
      'For an evaluation that was declared with `join`. Each row has an id. Its predictions wait for its label, for at most `join.within`.',
    requests: predictionsExamples,
    mediaTypes: predictionsMediaTypes,
    answer: predictionsAnswer,
  },
  labels: {
    content: labelsContent,
    operationId: 'postLabels',
    summary: 'Send labels, to be joined with their predictions',
    first:
      'For an evaluation that was declared with `join`. A label whose predictions have arrived counts at once: every report requested after the answer includes it. Any other label waits for its predictions.',
    requests: labelsExamples,
    mediaTypes: labelsMediaTypes,
    answer: labelsAnswer,
  },
} as const

const onceEach = `Each row counts once, however often, in whatever order and to whichever replica it is sent. Resending the same content is a replay. Different content for a known id is a conflict: \`errors\` lists it, and the other rows are stored. Everything that does not depend on the other half is checked immediately; if one row is wrong, the whole body is refused and nothing is stored. In NDJSON each line is a body of its own. A body of more than 4,096 rows is stored in several transactions: after an error other than 422, send it again. The service answers once everything is durable.`

/** POST /v1/evaluations/{evaluation}/predictions and /labels: the halves of rows, which join. */
export async function joinedRoutes(app: FastifyInstance, options: EvaluationRouteOptions): Promise<void> {
  registerHalfBodies(app)
  for (const half of ['predictions', 'labels'] as const) halfRoute(app, half, options)
}

function halfRoute(app: FastifyInstance, half: Half, { evaluations }: EvaluationRouteOptions): void {
  const { content, operationId, summary, first, requests, mediaTypes, answer } = kinds[half]
  app.post<Post>(
    `/v1/evaluations/:evaluation/${half}`,
    {
      schema: {
        operationId,
        tags: ['Evaluations'],
        summary,
        description: `${first} ${onceEach}`,
        params: evaluationParams,
        body: content,
        response: {
          200: answerOf(halvesAnswer),
          ...problemAnswers(
            ...bodyProblems,
            'not-found',
            'not-joined',
            'sealed',
            'digest-mismatch',
            'store-unavailable',
          ),
        },
      },
      config: {
        accepts: [...batchMediaTypes, 'application/x-ndjson'],
        examples: {
          requests,
          mediaTypes,
          parameters: binaryHeaders,
          answers: { 200: answer, 404: noEvaluationAnswer, 422: wrongName },
          problems: { 409: { 'not-joined': { summary: 'Declared without join', value: notJoinedAnswer } } },
        },
      },
    },
    async (request, reply) => {
      const { body, params, owner, work, id } = request
      const name = params.evaluation
      work.task.stop()
      const found = await foundEvaluation(evaluations, owner, name, notDeclared)
      if (found.declared.join === undefined) throw notJoined(name)
      const checkGroups = (state: EvaluationState) =>
        evaluations.checkGroups(owner, name, found, state, maxGroups, work.task)
      const context = { ...contextOf(work), maxJoinRows, maxWaitingRows, task: work.task }
      const isOfLines = Symbol.asyncIterator in body
      const queue = new HalfQueue(name, (rows) => evaluations.joins.take(found, rows, context, checkGroups), isOfLines)
      await work.during('fold', async () => {
        for await (const part of isOfLines ? body : [body]) {
          const read = await readPart(part, half, found, request, checkGroups)
          if ('error' in read) queue.refuse(read.line, problemOf(read.error, request).message)
          else queue.add(read.rows, 'line' in part ? part.line : undefined)
          if (queue.isFull) await queue.flush()
        }
        await queue.flush()
      })
      const dropped = isOfLines ? undefined : body.dropped
      return sendJson(reply, work.task, { ...queue.answer, dropped, requestId: id })
    },
  )
}

/** The rows of a body, or of a line, whose numbers are freed. @returns the error of a line about what was sent */
async function readPart(
  part: ParsedBody | ParsedLine,
  half: Half,
  found: OpenEvaluation,
  { work }: FastifyRequest,
  checkGroups: (state: EvaluationState) => Promise<void>,
): Promise<{ readonly rows: HalfRows } | { readonly line: number; readonly error: Error }> {
  try {
    if ('error' in part) throw part.error
    const rows = await work.task.run(
      'line' in part ? lineRows(part, half, found, work) : bodyRows(part, half, found, work),
    )
    work.evaluates(found.declared.spec, rows.keys.length)
    if (rows.state !== undefined) await checkGroups(rows.state)
    return { rows }
  } catch (error) {
    if (!('line' in part) || !isAboutContent(error)) throw error
    return { line: part.line, error: new LocatedError({ line: part.line }, error) }
  } finally {
    if ('line' in part && 'fields' in part) freeTensors(part.fields, work.memory)
  }
}

function lineRows(
  line: ParsedLine & { readonly fields: object },
  half: Half,
  found: OpenEvaluation,
  work: RequestContext,
) {
  return readHalf(found.declared, half, validated<HalfContent>(kinds[half].content, line.fields), halfContextOf(work))
}

function* bodyRows(
  body: ParsedBody,
  half: Half,
  found: OpenEvaluation,
  work: RequestContext,
): Generator<void, HalfRows> {
  try {
    const content = validBody<HalfContent>(body, kinds[half].content)
    const rows = yield* readHalf(found.declared, half, content, halfContextOf(work))
    yield* freeLargeTensors({ ...content }, work.memory)
    freeTensors({ ...content }, work.memory)
    return rows
  } catch (error) {
    throw locatedError(body.location, error)
  }
}

function halfContextOf(work: RequestContext) {
  return { ...contextOf(work), maxJoinRows }
}

/** @throws Problem `not-joined` for an evaluation that takes batches */
function notJoined(name: string): Problem {
  return new Problem(
    'not-joined',
    `The evaluation ${quoted(name)} was declared without join, and takes batches: PUT .../batches/NAME. One that takes predictions and labels apart is declared with join, such as {"within": "P30D"}.`,
  )
}

/** GET /v1/evaluations/{evaluation}/waiting: the ids of rows of which one half is missing. */
export async function waitingRoute(app: FastifyInstance, { evaluations }: EvaluationRouteOptions): Promise<void> {
  app.get<{ Params: z.infer<typeof evaluationParams>; Querystring: z.infer<typeof waitingQuery> }>(
    '/v1/evaluations/:evaluation/waiting',
    {
      schema: {
        operationId: 'listWaiting',
        tags: ['Evaluations'],
        summary: 'List the rows of a joined evaluation that wait for their other half',
        description:
          'For an evaluation that was declared with `join`: the ids whose predictions have no label yet, or whose label has no predictions, the oldest first.',
        params: evaluationParams,
        querystring: waitingQuery,
        response: {
          200: answerOf(waitingList),
          ...problemAnswers('not-found', 'not-joined', 'invalid-content', 'store-unavailable'),
        },
      },
      config: { examples: { answers: { 200: waitingAnswer, 404: noEvaluationAnswer, 422: wrongName } } },
    },
    async ({ params: { evaluation: name }, query: { half, after, limit }, owner, work, id }, reply) => {
      const found = await foundEvaluation(evaluations, owner, name)
      if (found.declared.join === undefined) throw notJoined(name)
      const page = await evaluations.joins.waiting(
        found,
        half,
        after === undefined ? undefined : entryOf(after),
        limit + 1,
      )
      const shown = page.slice(0, limit)
      const next = page.length > limit ? cursorOf(shown[limit - 1]) : undefined
      const waiting = shown.map(({ id: row, since, expiresAt }) => ({
        id: row,
        since: timeOf(since),
        expiresAt: timeOf(expiresAt),
      }))
      return sendJson(reply, work.task, { waiting, next, requestId: id })
    },
  )
}

/** Where a page ends: the time of an entry and its id. */
function cursorOf({ id, expiresAt }: WaitingEntry): string {
  return Buffer.from(`${expiresAt} ${keyOf(id)}`).toString('base64url')
}

function entryOf(cursor: string): WaitingEntry {
  const [, time, key] = /^(\d{1,15}) ([is][\s\S]+)$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? []
  if (key === undefined || key.includes('\0')) {
    refuse(['after'], 'after must be the next of the page before', cursor, 'malformed')
  }
  return { id: elementOfKey(key), expiresAt: Number(time), since: 0 }
}
