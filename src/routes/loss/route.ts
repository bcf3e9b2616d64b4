import type { FastifyInstance } from 'fastify'
import type { ParsedBody } from '../../http/body/parsed-body.ts'
import { freeTensors, placed, placedError } from '../../http/body/parsed-body.ts'
import { lossMediaTypes, registerLossBodies } from '../../http/body/register.ts'
import { fixedLimits } from '../../http/limits.ts'
import type { RequestWork } from '../../http/request-work.ts'
import { sendJson } from '../../http/send-json.ts'
import { validated, validOptions } from '../../http/validation.ts'
import { Evaluation } from '../../loss/evaluation.ts'
import type { Spec } from '../../loss/spec.ts'
import { refuseForStreams, resolve } from '../../loss/spec.ts'
import { uniformIntegers } from '../../runtime/random.ts'
import { answerOf, bodyProblems, problemAnswers } from '../answers.ts'
import { lossAnswer } from './answer.ts'
import { binaryHeaders, lossAnswers, lossBodyDescription, lossExamples, lossMediaTypeDocuments } from './examples.ts'
import { batchSchema, coreOptions, lossRequest, optionsSchema } from './schema.ts'

const { maxAnswerNumbers, maxMiniBatchNumbers } = fixedLimits
const context = { maxAnswerNumbers, maxMiniBatchNumbers, uniformIntegers }

/** POST /v1/loss: evaluates one batch, or a stream of batches as one, and keeps nothing. */
export async function lossRoute(app: FastifyInstance): Promise<void> {
  registerLossBodies(app)
  app.post<{ Body: ParsedBody }>(
    '/v1/loss',
    {
      schema: {
        operationId: 'evaluateLoss',
        tags: ['Loss'],
        summary: 'Evaluate a loss function over one batch',
        description,
        body: lossRequest,
        response: { 200: answerOf(lossAnswer), ...problemAnswers(...bodyProblems) },
      },
      config: {
        accepts: lossMediaTypes,
        examples: {
          body: lossBodyDescription,
          requests: lossExamples,
          answers: lossAnswers,
          mediaTypes: lossMediaTypeDocuments,
          parameters: binaryHeaders,
        },
      },
    },
    async ({ body, id, work }, reply) => {
      const evaluation = await evaluate(body, work)
      const answer = await work.task.run(evaluation.report())
      return sendJson(reply, work.task, { ...answer, requestId: id })
    },
  )
}

const description = `Takes predictions and labels, and returns the loss and the accuracy. Nothing is inferred: \`labelFormat\` says how labels are written. Data that contradict a declaration are refused, and the error names the place, the value and the declaration that would fit.

There are four kinds of body, and the same numbers give the same answer in each, to the last bit. All of them may be compressed (\`Content-Encoding: gzip\`, \`deflate\` or \`zstd\`):
- \`application/json\`: one object.
- \`application/octet-stream\` with the header \`Inference-Header-Content-Length: n\`: n bytes of JSON (schema BinaryHeader), then the raw tensors, little-endian and row-major, as in the Open Inference Protocol.
- \`multipart/form-data\`: predictions and labels as .npy files of any numbers and in either order, or as JSON or CSV by the Content-Type of the part; each option a part of text.
- \`application/x-ndjson\`: the options on the first line, then one mini-batch \`{"predictions": ..., "labels": ...}\` per line, all folded into one answer in constant memory.`

/**
 * Folds the batches of a body into one evaluation.
 *
 * @param isRaw whether the numbers of rows are taken as they are
 */
export async function evaluate(body: ParsedBody, { task, memory }: RequestWork, isRaw = false): Promise<Evaluation> {
  const spec = specOf(body)
  const evaluation = new Evaluation(spec, { ...context, memory, isRaw })
  for await (const { fields, place } of body.batches) {
    const batch = placed(place, () => validated(batchSchema, fields))
    try {
      await task.run(evaluation.add(batch))
    } catch (error) {
      throw placedError(place, error)
    } finally {
      freeTensors(fields, memory)
    }
  }
  return evaluation
}

function specOf(body: ParsedBody): Spec {
  const received = validOptions(body, { options: optionsSchema, batch: batchSchema })
  return placed(body.place, () => {
    const options = coreOptions(received)
    if (body.only === undefined) refuseForStreams(options)
    return resolve(options)
  })
}
