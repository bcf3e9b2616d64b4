import type { FastifyInstance } from 'fastify'
import { locatedError, withLocation } from '../../formats/errors.ts'
import type { SingleBatch } from '../../formats/parsed-body.ts'
import { freeLargeTensors, freeTensors } from '../../formats/parsed-body.ts'
import { validated } from '../../formats/schema.ts'
import { batchMediaTypes, registerComparisonBodies } from '../../http/bodies.ts'
import { fixedLimits } from '../../http/limits.ts'
import type { RequestContext } from '../../http/request-context.ts'
import { sendJson } from '../../http/send-json.ts'
import { validOptions } from '../../http/validation.ts'
import type { Comparison } from '../../loss/comparison.ts'
import { compare } from '../../loss/comparison.ts'
import { resolve } from '../../loss/resolve.ts'
import { uniformIntegers } from '../../runtime/random.ts'
import { answerOf, bodyProblems, problemAnswers } from '../answers.ts'
import { binaryHeaders, comparisonBodyDescription } from '../loss/examples.ts'
import { comparisonRequest, coreOptions, optionsSchema, pairSchema } from '../loss/schema.ts'
import { comparisonAnswer } from './answer.ts'
import { comparisonAnswers, comparisonExamples, comparisonMediaTypes } from './examples.ts'

const { maxAnswerNumbers, maxGroups, maxMiniBatchNumbers } = fixedLimits
const context = { maxAnswerNumbers, maxGroups, maxMiniBatchNumbers, uniformIntegers }

/** POST /v1/comparisons: two models over the same labels. */
export async function comparisonRoute(app: FastifyInstance): Promise<void> {
  registerComparisonBodies(app)
  app.post<{ Body: SingleBatch }>(
    '/v1/comparisons',
    {
      schema: {
        operationId: 'compareModels',
        tags: ['Loss'],
        summary: 'Compare two models over the same labels',
        description,
        body: comparisonRequest,
        response: { 200: answerOf(comparisonAnswer), ...problemAnswers(...bodyProblems) },
      },
      config: {
        accepts: batchMediaTypes,
        examples: {
          body: comparisonBodyDescription,
          requests: comparisonExamples,
          answers: comparisonAnswers,
          mediaTypes: comparisonMediaTypes,
          parameters: binaryHeaders,
        },
      },
    },
    async ({ body, id, work }, reply) => {
      const comparison = await compared(body, work)
      return sendJson(reply, work.task, { ...comparison, requestId: id })
    },
  )
}

const description = `Takes what POST /v1/loss takes, and as \`baseline\` the predictions of another model for the same samples. Every option applies to both models: labels, weights, \`ignoreIndex\` and the rows of a mini-batch are the same.

\`predictions\` and \`baseline\` in the answer are what POST /v1/loss answers for each of them, to the last bit. \`difference\` says how far apart they are, and its standard error is that of the paired differences, sample by sample: it is far smaller than the two standard errors suggest, because both models find the same samples hard. \`agreement\` counts how often both, one or none of them are right, with the exact p-value of McNemar's test.

A part of the answer that \`include\` or reduction \`none\` asks for comes twice, and its numbers count twice against \`maxAnswerNumbers\`.`

async function compared(body: SingleBatch, work: RequestContext): Promise<Comparison> {
  const { task, memory } = work
  const { only, location } = body
  const received = validOptions(body, { options: optionsSchema, batch: pairSchema })
  const spec = withLocation(location, () => resolve(coreOptions(received)))
  const steps = withLocation(location, () => compare(spec, validated(pairSchema, only), { ...context, memory }))
  const comparison = await work
    .during('fold', () => task.run(steps))
    .catch((error) => {
      throw locatedError(location, error)
    })
  work.evaluates(spec, comparison.predictions.samples)
  await task.run(freeLargeTensors(only, memory))
  freeTensors(only, memory)
  return comparison
}
