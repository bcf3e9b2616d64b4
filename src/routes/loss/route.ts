import type { FastifyInstance } from 'fastify'
import type { Content } from '../../http/body/json.ts'
import type { Line } from '../../http/body/ndjson.ts'
import { at } from '../../http/body/ndjson.ts'
import { lossMediaTypes, registerLossBodies } from '../../http/body/register.ts'
import { fixedLimits } from '../../http/limits.ts'
import { AtLine } from '../../http/problem.ts'
import { validated } from '../../http/validation.ts'
import type { Tensors } from '../../loss/batch.ts'
import { Evaluation } from '../../loss/evaluation.ts'
import { resolve } from '../../loss/spec.ts'
import { uniformIntegers } from '../../runtime/random.ts'
import { inSlices, TimeSlicer } from '../../runtime/time-slices.ts'
import { answerOf, bodyProblems, problemAnswers } from '../answers.ts'
import { lossAnswer } from './answer.ts'
import { lossAnswers, lossBodyDescription, lossExamples, lossHeaders, lossMediaTypeDocuments } from './examples.ts'
import type { LossRequest, StreamOptions } from './schema.ts'
import { lossRequest, streamBatch, streamOptions } from './schema.ts'

const context = { maxAnswerNumbers: fixedLimits.maxAnswerNumbers, uniformIntegers }

/** POST /v1/loss: evaluates one batch, or a stream of batches as one, and keeps nothing. */
export async function lossRoute(app: FastifyInstance): Promise<void> {
  registerLossBodies(app)
  app.post<{ Body: Content }>(
    '/v1/loss',
    {
      schema: {
        operationId: 'evaluateLoss',
        tags: ['Loss'],
        summary: 'Evaluate a loss function over one batch',
        description,
        body: {
          content: {
            'application/json': { schema: lossRequest },
            'application/octet-stream': { schema: lossRequest },
            'application/x-ndjson': { schema: streamOptions },
          },
        },
        response: { 200: answerOf(lossAnswer), ...problemAnswers(...bodyProblems) },
      },
      config: {
        accepts: lossMediaTypes,
        examples: {
          body: lossBodyDescription,
          requests: lossExamples,
          answers: lossAnswers,
          mediaTypes: lossMediaTypeDocuments,
          parameters: lossHeaders,
        },
      },
    },
    async (request) => {
      const { lines, body, id } = request
      const evaluation =
        lines === null
          ? await ofBatch(body as unknown as LossRequest)
          : await ofLines(body as unknown as StreamOptions, lines)
      return { ...evaluation.report(), requestId: id }
    },
  )
}

const description = `Predictions and labels in, the loss and the accuracy out. Nothing is inferred: \`labelFormat\` says how labels are written, and data that contradict a declaration are refused with the place, the value and the declaration that would fit.

The same numbers give the same answer to the last bit in each of three bodies, which may be compressed (\`Content-Encoding: gzip\` or \`zstd\`):
- \`application/json\`: one object.
- \`application/octet-stream\` with the header \`Inference-Header-Content-Length: n\`: n bytes of JSON (schema BinaryHeader), then the raw little-endian row-major tensors, as the Open Inference Protocol has it.
- \`application/x-ndjson\`: the options in the first line, then one mini-batch \`{"predictions": ..., "labels": ...}\` a line, folded into one answer in constant memory.`

async function ofBatch(body: LossRequest): Promise<Evaluation> {
  const evaluation = evaluationOf(body)
  try {
    await inSlices(evaluation.add(body))
  } finally {
    free(body)
  }
  return evaluation
}

const largeBytes = 2 ** 16

/** Gives back the memory of large tensors at once; a collector that has to find it stops everything meanwhile. */
function free({ predictions, labels, sampleWeights }: Tensors): void {
  for (const tensor of [predictions, labels, sampleWeights]) {
    const buffer = tensor?.data.buffer
    if (buffer instanceof ArrayBuffer && buffer.byteLength >= largeBytes) buffer.transfer(0)
  }
}

async function ofLines(options: StreamOptions, lines: AsyncGenerator<Line, void>): Promise<Evaluation> {
  const evaluation = evaluationOf(options)
  const slicer = new TimeSlicer()
  for await (const { number, content } of lines) {
    const batch = at(number, () => validated(streamBatch, content))
    try {
      await inSlices(evaluation.add(batch), slicer)
    } catch (error) {
      throw new AtLine(number, error as Error)
    } finally {
      free(batch)
    }
  }
  return evaluation
}

function evaluationOf({ classWeights, ...options }: StreamOptions): Evaluation {
  return new Evaluation(resolve({ ...options, classWeights: classWeights?.data }), context)
}
