import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { CommitQueue } from '../../evaluations/commit-queue.ts'
import { evaluateBatch } from '../../evaluations/evaluate.ts'
import type { OpenEvaluation } from '../../evaluations/open-evaluation.ts'
import { isAboutContent, LocatedError } from '../../formats/errors.ts'
import type { ParsedLine } from '../../formats/ndjson.ts'
import type { Fields } from '../../formats/parsed-body.ts'
import { freeTensors } from '../../formats/parsed-body.ts'
import { validated } from '../../formats/schema.ts'
import { registerLineBodies } from '../../http/bodies.ts'
import { problemOf } from '../../http/error-handler.ts'
import { fixedLimits } from '../../http/limits.ts'
import { pathOf } from '../../http/path-of.ts'
import { baseOf, Problem, problemBody } from '../../http/problem.ts'
import type { RequestContext } from '../../http/request-context.ts'
import { sendJson } from '../../http/send-json.ts'
import type { EvaluationState } from '../../loss/state.ts'
import { answerOf, bodyProblems, problemAnswers } from '../answers.ts'
import { bodyHeaders } from '../loss/examples.ts'
import { contextOf, refuseJoined, storedBatch } from './batches.ts'
import { linesAnswer, linesDocument, noEvaluationAnswer, wrongName } from './examples.ts'
import type { EvaluationRouteOptions } from './found.ts'
import { foundEvaluation, notDeclared } from './found.ts'
import type { NamedBatch } from './schema.ts'
import { batchesAnswer, evaluationParams, namedBatch } from './schema.ts'

const { maxGroups, maxListedErrors } = fixedLimits

interface Post {
  Params: z.infer<typeof evaluationParams>
  Body: AsyncIterable<ParsedLine>
}

/** POST /v1/evaluations/{evaluation}/batches: a stream of batches, each line for itself. */
export async function lineRoutes(app: FastifyInstance, { evaluations }: EvaluationRouteOptions): Promise<void> {
  registerLineBodies(app)
  app.post<Post>(
    '/v1/evaluations/:evaluation/batches',
    {
      schema: {
        operationId: 'postBatches',
        tags: ['Evaluations'],
        summary: 'Add many batches to an evaluation, each once',
        description:
          'NDJSON with one batch per line: `{"batch": "step-1", "predictions": ..., "labels": ...}`. Each line is independent: an invalid line is refused and counted, and the others are stored. If all lines are refused, the answer is 422. The service answers once all of them are durable. After a broken connection, send the body again: no batch is counted twice.',
        params: evaluationParams,
        body: namedBatch,
        response: {
          200: answerOf(batchesAnswer),
          ...problemAnswers(...bodyProblems, 'not-found', 'not-joined', 'digest-mismatch', 'store-unavailable'),
        },
      },
      config: {
        accepts: ['application/x-ndjson'],
        examples: {
          mediaTypes: linesDocument,
          parameters: bodyHeaders,
          answers: { 200: linesAnswer, 404: noEvaluationAnswer, 422: wrongName },
        },
      },
    },
    async (request, reply) => {
      const { body, params, owner, work, id } = request
      const found = await foundEvaluation(evaluations, owner, params.evaluation, notDeclared)
      refuseJoined(params.evaluation, found)
      const tally = new LineTally(request)
      const queue = new CommitQueue<number>(evaluations, found, (line, { name }, result) => {
        tally.add(line, name, () => storedBatch(params.evaluation, name, result) && result.outcome)
      })
      await work.during('fold', async () => {
        for await (const line of body) {
          if (queue.isFull) {
            work.task.stop()
            await queue.flush()
            work.task.start()
          }
          const evaluated = await evaluatedLine(line, found, request, (state) =>
            evaluations.checkGroups(owner, params.evaluation, found, state, maxGroups, work.task, () => queue.flush()),
          )
          if ('fields' in line) freeTensors(line.fields, work.memory)
          if ('error' in evaluated) tally.refuse(line.line, evaluated.name, evaluated.error)
          else queue.add(line.line, evaluated.batch)
        }
      })
      work.task.stop()
      await queue.flush()
      return sendJson(reply, work.task, { ...tally.answer, requestId: id })
    },
  )
}

async function evaluatedLine(
  line: ParsedLine,
  found: OpenEvaluation,
  { work }: FastifyRequest,
  check: (state: EvaluationState) => Promise<void>,
) {
  let name: string | undefined
  try {
    if ('error' in line) throw line.error
    if (typeof line.fields.batch === 'string') name = line.fields.batch
    const evaluated = await work.task.run(evaluateFields(line.fields, found, work))
    work.evaluates(found.declared.spec, evaluated.batch.samples)
    if (evaluated.state.groups.length > 0) await check(evaluated.state)
    return { batch: evaluated.batch }
  } catch (error) {
    if (!isAboutContent(error)) throw error
    return { name, error }
  }
}

function* evaluateFields(fields: Fields, found: OpenEvaluation, work: RequestContext) {
  const { batch, at, ...tensors } = validated(namedBatch, fields) as NamedBatch
  return yield* evaluateBatch(found, batch, tensors, contextOf(work), at)
}

interface RefusedLine {
  readonly line: number
  readonly batch: string | undefined
  readonly problem: Record<string, unknown>
}

class LineTally {
  readonly #request: FastifyRequest
  readonly #counts = { committed: 0, replayed: 0, refused: 0 }
  #errors: RefusedLine[] = []

  constructor(request: FastifyRequest) {
    this.#request = request
  }

  add(line: number, batch: string, outcome: () => string): void {
    try {
      this.#counts[outcome() === 'committed' ? 'committed' : 'replayed']++
    } catch (error) {
      this.refuse(line, batch, error as Error)
    }
  }

  refuse(line: number, batch: string | undefined, error: Error): void {
    this.#counts.refused++
    const last = this.#errors.at(-1)
    if (this.#errors.length === maxListedErrors && last !== undefined && last.line < line) return
    const problem = problemOf(new LocatedError({ line }, error), this.#request)
    const body = problemBody(problem, pathOf(this.#request.originalUrl), this.#request.id, baseOf(this.#request))
    this.#errors.push({ line, batch, problem: body })
    // batches are refused at their commit, later than malformed lines
    this.#errors = this.#errors.sort((a, b) => a.line - b.line).slice(0, maxListedErrors)
  }

  /** @throws Problem if no line was kept */
  get answer() {
    const { committed, replayed, refused } = this.#counts
    if (refused > 0 && committed + replayed === 0) throw this.#nothingKept(refused)
    return { ...this.#counts, errors: this.#errors }
  }

  #nothingKept(refused: number): Problem {
    const [{ line, problem }] = this.#errors
    const { detail, errors, errorCount } = problem
    const all = refused === 1 ? 'The only line was refused:' : `All ${refused} lines were refused; the first:`
    return new Problem('invalid-content', `${all} ${detail}`, {
      line,
      refused,
      ...(errors !== undefined && { errors, errorCount }),
    })
  }
}
