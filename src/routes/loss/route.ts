import type { FastifyInstance } from 'fastify'
import { isAboutContent, locatedError, withLocation } from '../../formats/errors.ts'
import type { BatchStream, Fields, GroupedBatch, ParsedBatch, ParsedBody } from '../../formats/parsed-body.ts'
import { freeLargeTensors, freeTensors, SingleBatch, singleBatch } from '../../formats/parsed-body.ts'
import { validated } from '../../formats/schema.ts'
import { lossMediaTypes, registerLossBodies } from '../../http/bodies.ts'
import { fixedLimits } from '../../http/limits.ts'
import type { RequestContext } from '../../http/request-context.ts'
import { jsonText, payloadOf, sendPayload } from '../../http/send-json.ts'
import type { Tensors } from '../../loss/batch.ts'
import { batchTensors } from '../../loss/batch.ts'
import { answerBytesOf, Evaluation } from '../../loss/evaluation.ts'
import { GroupColumns } from '../../loss/groups/columns.ts'
import { asksForSections } from '../../loss/report/sections.ts'
import { membersOf } from '../../loss/report/statistics.ts'
import type { Layout } from '../../loss/shape.ts'
import type { Spec } from '../../loss/spec.ts'
import { describeSpec } from '../../loss/spec.ts'
import { isTensor } from '../../loss/tensor.ts'
import type { Verdict } from '../../loss/verdict.ts'
import { uniformIntegers } from '../../runtime/random.ts'
import { bodyProblems, verdictAnswers } from '../answers.ts'
import { judge } from '../require/check.ts'
import type { VerdictQuery } from '../require/schema.ts'
import { verdictQuery } from '../require/schema.ts'
import { checkFailStatus, setStatus } from '../require/status.ts'
import { lossAnswer } from './answer.ts'
import { lossExamples } from './example-requests.ts'
import { binaryHeaders, lossAnswers, lossBodyDescription, lossMediaTypeDocuments } from './examples.ts'
import type { FieldCheck } from './option-hints.ts'
import { refuseOptions } from './option-hints.ts'
import { batchSchema, lossRequest } from './schema.ts'
import type { SentSpec } from './sent-spec.ts'
import { specOf } from './sent-spec.ts'

const { maxAnswerNumbers, maxGroups, maxMiniBatchNumbers } = fixedLimits
export const context = { maxAnswerNumbers, maxGroups, maxMiniBatchNumbers, uniformIntegers }

/** POST /v1/loss: evaluates one batch, or a stream of batches as one, and keeps nothing. */
export async function lossRoute(app: FastifyInstance): Promise<void> {
  registerLossBodies(app)
  app.post<{ Body: ParsedBody; Querystring: VerdictQuery }>(
    '/v1/loss',
    {
      schema: {
        operationId: 'evaluateLoss',
        tags: ['Loss'],
        summary: 'Evaluate a loss function over one batch',
        description,
        querystring: verdictQuery,
        body: lossRequest,
        response: verdictAnswers(lossAnswer, ...bodyProblems),
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
    ({ body, id, query, work }, reply) => {
      let sent: SentSpec
      try {
        sent = specOf(body)
      } catch (error) {
        return refuseOptions(error, body, lossFields, work)
      }
      checkFailStatus(query, sent.require)
      const evaluation = new Evaluation(sent.spec, { ...context, memory: work.memory })
      const asked = { id, tell: (verdict: Verdict) => setStatus(reply, query, verdict) }
      const payload =
        body.batches === undefined
          ? work.during('fold', () => work.task.runNow(answerTo(body, evaluation, sent, work, asked)))
          : work
              .during('fold', () => addAll(body, evaluation, sent.spec.decision === 'class', work))
              .then(() => work.task.runNow(answerTo(undefined, evaluation, sent, work, asked)))
      if (payload instanceof Promise) return payload.then((written) => sendPayload(reply, written))
      sendPayload(reply, payload)
    },
  )
}

const description = `Takes predictions and labels, and returns the loss and the accuracy. Nothing is inferred: \`labelFormat\` declares how labels are written. Data that contradict a declaration are rejected; the error gives the location, the value and the declaration that would fit.

A request body can take four forms. The same numbers give the same answer in all four, to the last bit. Each of them can be compressed (\`Content-Encoding: gzip\`, \`deflate\` or \`zstd\`):
- \`application/json\`: one object.
- \`application/octet-stream\` with the header \`Inference-Header-Content-Length: n\`: n bytes of JSON (schema BinaryHeader), then the raw tensors, little-endian and row-major, as in the Open Inference Protocol.
- \`multipart/form-data\`: predictions and labels as .npy files (of any numeric type, in C or Fortran order), or as JSON or CSV, according to the Content-Type of the part; each option is a text part.
- \`application/x-ndjson\`: the options on the first line, then one mini-batch \`{"predictions": ..., "labels": ...}\` per line, all combined into one answer, in constant memory.`

/** What is checked of one batch before its numbers. */
export const lossFields: FieldCheck = {
  tensorNames: batchTensors,
  check: (options, tensors) => {
    const { spec } = specOf(singleBatch(options, tensors))
    const checkAnswer = (changed: Spec, layout: Layout) => answerBytesOf(changed, layout, context)
    return { spec, tensors: validated(batchSchema, tensors), checkAnswer }
  },
}

async function addAll(
  { batches }: BatchStream,
  evaluation: Evaluation,
  isByClass: boolean,
  work: RequestContext,
): Promise<void> {
  const tryAll = async (group: GroupedBatch) => {
    if (group.isOfSingles && !isByClass) {
      freeTensors(group.fields, work.memory)
      return false
    }
    try {
      await work.task.runNow(add(group, evaluation, work))
      return true
    } catch (error) {
      if (isAboutContent(error)) return false
      throw error
    }
  }
  for await (const batch of batches(tryAll)) await work.task.runNow(add(batch, evaluation, work))
}

export function* add(
  { fields, location }: ParsedBatch,
  evaluation: Evaluation,
  { memory }: RequestContext,
): Generator<void, void> {
  try {
    yield* evaluation.add(areTensors(fields) ? fields : validated(batchSchema, fields))
    yield* freeLargeTensors(fields, memory)
  } catch (error) {
    throw locatedError(location, error)
  } finally {
    freeTensors(fields, memory)
  }
}

function areTensors(fields: Fields): fields is Fields & Tensors {
  for (const name in fields) {
    const value = fields[name]
    if (name === 'groups' ? !(value instanceof GroupColumns) : !names.has(name) || !isTensor(value)) return false
  }
  return 'predictions' in fields && 'labels' in fields
}

const names: ReadonlySet<string> = new Set(batchTensors)

function* answerTo(
  batch: ParsedBatch | undefined,
  evaluation: Evaluation,
  { spec, text, require }: SentSpec,
  work: RequestContext,
  { id, tell }: Asked,
): Generator<void, string | Buffer> {
  if (batch !== undefined) yield* add(batch, evaluation, work)
  work.evaluates(spec, evaluation.tally.samples)
  // the id is a word that needs no escapes
  const dropped = batch instanceof SingleBatch && batch.dropped !== undefined ? `,"dropped":${batch.dropped}` : ''
  const end = (specText: string) => `${dropped},"spec":${specText},"requestId":"${id}"}`
  if (text !== undefined && require === undefined && isOfFigures(spec))
    return `{${membersOf(evaluation.figures())}${end(text)}`
  const findings = yield* evaluation.findings()
  const verdict = require && withLocation(batch?.location ?? {}, () => judge(require, findings, spec))
  if (verdict !== undefined) tell(verdict)
  const found = yield* jsonText(verdict === undefined ? findings : { ...findings, verdict })
  return yield* payloadOf(found.slice(0, -1) + end(text ?? (yield* jsonText(describeSpec(spec)))))
}

/** The id of a request, and who hears of a verdict. */
interface Asked {
  readonly id: string
  readonly tell: (verdict: Verdict) => void
}

function isOfFigures(spec: Spec): boolean {
  const { groupBy, miniBatch, reduction } = spec
  return !asksForSections(spec) && groupBy === undefined && miniBatch === undefined && reduction !== 'none'
}
