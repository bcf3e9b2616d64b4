import type { FastifyInstance } from 'fastify'
import { locatedError, withLocation } from '../../formats/errors.ts'
import type { SingleBatch } from '../../formats/parsed-body.ts'
import { freeLargeTensors, freeTensors, singleBatch } from '../../formats/parsed-body.ts'
import { validated } from '../../formats/schema.ts'
import { batchMediaTypes, registerComparisonBodies } from '../../http/bodies.ts'
import { fixedLimits } from '../../http/limits.ts'
import type { RequestContext } from '../../http/request-context.ts'
import { sendJson } from '../../http/send-json.ts'
import { validOptions } from '../../http/validation.ts'
import { comparisonTensors } from '../../loss/batch.ts'
import type { Comparison } from '../../loss/comparison.ts'
import { compare } from '../../loss/comparison.ts'
import { answerBytesOf } from '../../loss/evaluation.ts'
import { resolve } from '../../loss/resolve.ts'
import type { Spec } from '../../loss/spec.ts'
import type { MarginRequirement } from '../../loss/verdict.ts'
import { uniformIntegers } from '../../runtime/random.ts'
import { bodyProblems, verdictAnswers } from '../answers.ts'
import { binaryHeaders, comparisonBodyDescription } from '../loss/examples.ts'
import type { FieldCheck } from '../loss/option-hints.ts'
import { refuseOptions } from '../loss/option-hints.ts'
import { comparisonOptions, comparisonRequest, coreOptions, pairSchema } from '../loss/schema.ts'
import { checkMargins, judgeComparison } from '../require/check.ts'
import type { VerdictQuery } from '../require/schema.ts'
import { verdictQuery } from '../require/schema.ts'
import { checkFailStatus, setStatus } from '../require/status.ts'
import { comparisonAnswer } from './answer.ts'
import { comparisonAnswers, comparisonExamples, comparisonMediaTypes } from './examples.ts'

const { maxAnswerNumbers, maxGroups, maxMiniBatchNumbers } = fixedLimits
const context = { maxAnswerNumbers, maxGroups, maxMiniBatchNumbers, uniformIntegers }

export async function comparisonRoute(app: FastifyInstance): Promise<void> {
  registerComparisonBodies(app)
  app.post<{ Body: SingleBatch; Querystring: VerdictQuery }>(
    '/v1/comparisons',
    {
      schema: {
        operationId: 'compareModels',
        tags: ['Loss'],
        summary: 'Compare two models over the same labels',
        description,
        querystring: verdictQuery,
        body: comparisonRequest,
        response: verdictAnswers(comparisonAnswer, ...bodyProblems),
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
    async ({ body, id, query, work }, reply) => {
      let sent: SentComparison
      try {
        sent = specOf(body)
      } catch (error) {
        return refuseOptions(error, body, comparisonFields, work)
      }
      const { spec, require } = sent
      checkFailStatus(query, require)
      const comparison = await compared(body, spec, work)
      const verdict = require && withLocation(body.location, () => judgeComparison(require, comparison))
      if (verdict !== undefined) setStatus(reply, query, verdict)
      return sendJson(reply, work.task, { ...comparison, verdict, dropped: body.dropped, requestId: id })
    },
  )
}

const description = `Accepts what POST /v1/loss accepts and, as \`baseline\`, the predictions of another model for the same samples. Every option applies to both models, and both use the same labels, weights, \`ignoreIndex\` and mini-batch.

In the answer, \`predictions\` and \`baseline\` are what POST /v1/loss returns for each of them, to the last bit. \`difference\` is the difference of the two losses. Its standard error is computed from the differences per sample, and is far smaller than the two separate standard errors suggest, because both models tend to fail on the same samples. \`agreement\` counts how often both models, one of them or neither is correct, with the exact p-value of McNemar's test. With \`include\` \`["metrics", "intervals"]\`, \`difference.metrics\` has the difference of each figure of \`metrics\` with its paired interval.

Every part requested with \`include\` or reduction \`none\` appears once per model, so its numbers count twice towards \`maxAnswerNumbers\`.`

interface SentComparison {
  readonly spec: Spec
  readonly require: readonly MarginRequirement[] | undefined
}

function specOf(body: SingleBatch): SentComparison {
  const { require, ...received } = validOptions(body, { options: comparisonOptions, batch: pairSchema })
  return withLocation(body.location, () => {
    const spec = resolve(coreOptions(received))
    if (require !== undefined) checkMargins(require, spec, 'batch')
    return { spec, require }
  })
}

const comparisonFields: FieldCheck = {
  tensorNames: comparisonTensors,
  check: (options, tensors) => ({
    spec: specOf(singleBatch(options, tensors)).spec,
    tensors: validated(pairSchema, tensors),
    checkAnswer: (changed, layout) => answerBytesOf(changed, layout, context, 2),
  }),
}

async function compared({ only, location }: SingleBatch, spec: Spec, work: RequestContext): Promise<Comparison> {
  const { task, memory } = work
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
