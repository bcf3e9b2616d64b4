import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import packageJson from '../../../package.json' with { type: 'json' }
import { didYouMean } from '../../formats/did-you-mean.ts'
import type { Fields, SingleBatch } from '../../formats/parsed-body.ts'
import { singleBatch } from '../../formats/parsed-body.ts'
import { inferenceMediaTypes, registerInferenceBodies } from '../../http/bodies.ts'
import { Problem } from '../../http/problem.ts'
import { sendTensors } from '../../http/send-tensors.ts'
import { Evaluation } from '../../loss/evaluation.ts'
import type { LossName } from '../../loss/kernels/index.ts'
import { lossNames } from '../../loss/kernels/index.ts'
import type { Spec } from '../../loss/spec.ts'
import { isTensor } from '../../loss/tensor.ts'
import { refuse } from '../../loss/validation-errors.ts'
import type { Answer } from '../answers.ts'
import { answerOf, bodyProblems, problemAnswers } from '../answers.ts'
import type { HealthOptions } from '../health.ts'
import { checkReady } from '../health.ts'
import { refuseOptions } from '../loss/option-hints.ts'
import { add, context, lossFields } from '../loss/route.ts'
import { specOf } from '../loss/sent-spec.ts'
import { inferenceExample, inferenceHeaders, inferenceMediaTypeDocuments, inferenceRequests } from './examples.ts'
import { askedOf, checkOutputs, figureOutputs, outputsOf, partsFor, rowOutputs } from './outputs.ts'
import {
  inferenceAnswer,
  inferenceRequest,
  live,
  model,
  modelParams,
  modelReady,
  modelVersion,
  ready,
  server,
  withInferenceErrors,
} from './schema.ts'

interface ModelRequest {
  Params: { readonly loss: LossName; readonly version?: string }
  Body: SingleBatch
}

const serverExample = {
  name: packageJson.name,
  version: packageJson.version,
  extensions: ['binary_tensor_data', 'parameters'],
}

/** The Open Inference Protocol, version 2, over HTTP: each loss function is a model of one version. */
export async function inferenceRoutes(app: FastifyInstance, probes: HealthOptions): Promise<void> {
  registerInferenceBodies(app)
  app.addHook('onRoute', (route) => {
    const { response } = route.schema as { response: Record<string, Answer> }
    route.schema = { ...route.schema, response: withInferenceErrors(response) }
  })
  const tags = ['Inference']
  app.get(
    '/v2',
    {
      schema: {
        operationId: 'describeServer',
        tags,
        summary: 'Describe the server',
        description: 'Name, version and extensions of the Open Inference Protocol.',
        response: { 200: answerOf(server), ...problemAnswers() },
      },
      config: { examples: { answers: { 200: serverExample } } },
    },
    async () => serverExample,
  )
  app.get(
    '/v2/health/live',
    {
      logLevel: 'warn',
      schema: {
        operationId: 'isServerLive',
        tags,
        summary: 'Check that the server is alive',
        description: 'Always 200, whatever the load.',
        response: { 200: answerOf(live), ...problemAnswers() },
      },
      config: { isAlwaysAnswered: true, examples: { answers: { 200: { live: true } } } },
    },
    async () => ({ live: true }),
  )
  app.get(
    '/v2/health/ready',
    {
      logLevel: 'warn',
      schema: {
        operationId: 'isServerReady',
        tags,
        summary: 'Check that the server is ready',
        description:
          'Like /readyz, returns 503 while the service is shutting down, and until the evaluation store has been reached once.',
        response: { 200: answerOf(ready), ...problemAnswers('overloaded', 'store-unavailable') },
      },
      config: { isAlwaysAnswered: true, examples: { answers: { 200: { ready: true } } } },
    },
    async () => {
      await checkReady(probes)
      return { ready: true }
    },
  )
  for (const [path, hide] of [
    ['/v2/models/:loss', false],
    ['/v2/models/:loss/versions/:version', true],
  ] as const) {
    app.get<ModelRequest>(
      path,
      {
        onRequest: checkModel,
        schema: {
          hide,
          operationId: 'describeModel',
          tags,
          summary: 'Describe a loss function as a model',
          description:
            'Describes its tensors. Each model has a single version, `1`, so `/versions/1` can follow its name in every URL.',
          params: modelParams,
          response: { 200: answerOf(model), ...problemAnswers('not-found') },
        },
        config: { examples: { answers: { 200: metadataOf('cross-entropy') } } },
      },
      async ({ params: { loss } }) => metadataOf(loss),
    )
    app.get<ModelRequest>(
      `${path}/ready`,
      {
        onRequest: checkModel,
        schema: {
          hide,
          operationId: 'isModelReady',
          tags,
          summary: 'Check that a loss function can be evaluated',
          description: 'Every loss function in the catalogue is ready.',
          params: modelParams,
          response: { 200: answerOf(modelReady), ...problemAnswers('not-found') },
        },
        config: { examples: { answers: { 200: { name: 'cross-entropy', ready: true } } } },
      },
      async ({ params: { loss } }) => ({ name: loss, ready: true }),
    )
    app.post<ModelRequest>(
      `${path}/infer`,
      {
        onRequest: checkModel,
        schema: {
          hide,
          operationId: 'inferLoss',
          tags,
          summary: 'Evaluate a loss function over one batch of tensors',
          description,
          params: modelParams,
          body: inferenceRequest,
          response: { 200: inferred, ...problemAnswers('not-found', ...bodyProblems) },
        },
        config: {
          accepts: inferenceMediaTypes,
          examples: {
            requests: inferenceRequests,
            mediaTypes: inferenceMediaTypeDocuments,
            parameters: inferenceHeaders,
            answers: { 200: inferenceExample },
          },
        },
      },
      infer,
    )
  }
}

const description = `Does what POST /v1/loss does, for clients of the Open Inference Protocol: the model is the loss function, \`parameters\` are the options, and the tensors are \`inputs\`, in JSON or as bytes. The numbers are the same, to the last bit.

The outputs \`${figureOutputs.join('`, `')}\` hold one number each and are returned by default, unless \`outputs\` lists others. \`${rowOutputs.join('`, `')}\` are returned on request: s_i l_i in order; the number of correct decisions in each row, -1 for a row excluded by \`ignoreIndex\`; d loss / d predictions. \`samples\` and \`correct\` are INT64, the others FP64.

A number that is null in an answer of /v1/loss is null in JSON outputs, and Infinity or NaN in binary outputs; \`lossStatus\` says which. Binary outputs can have any size. A Content-Type is not required, since clients of the protocol do not send one.`

const inferredBytes = z.string().meta({
  format: 'binary',
  description:
    'JSON (schema InferenceAnswer) of the length in the header `Inference-Header-Content-Length`, then the bytes of the outputs that have a `binary_data_size`, in their order.',
})

const inferred = {
  ...answerOf(inferenceAnswer),
  content: {
    ...answerOf(inferenceAnswer).content,
    'application/octet-stream': { schema: inferredBytes },
  },
}

async function checkModel({ params }: FastifyRequest): Promise<void> {
  const { loss, version = modelVersion } = params as ModelRequest['Params']
  if (!lossNames.includes(loss)) {
    const detail = `There is no such loss${didYouMean('loss', loss, lossNames) || '.'} The models are ${lossNames.join(', ')}.`
    throw new Problem('not-found', detail)
  }
  if (version !== modelVersion) throw new Problem('not-found', `The only version of a model is ${modelVersion}.`)
}

function metadataOf(name: LossName): Record<string, unknown> {
  const tensor = (name: string, shape: number[], datatype = 'FP64') => ({ name, datatype, shape })
  return {
    name,
    versions: [modelVersion],
    platform: packageJson.name,
    inputs: [tensor('predictions', [-1, -1]), tensor('labels', [-1, -1]), tensor('sampleWeights', [-1])],
    outputs: [
      ...figureOutputs.map((figure) => tensor(figure, [1], figure === 'samples' ? 'INT64' : 'FP64')),
      tensor('losses', [-1]),
      tensor('correct', [-1], 'INT64'),
      tensor('gradient', [-1, -1]),
    ],
  }
}

async function infer(
  { params: { loss }, body, work }: FastifyRequest<ModelRequest>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { options, only, location } = body
  const wanted = askedOf({ ...body.asked })
  checkOptions(options, loss)
  const { predictions } = only
  const shape = isTensor(predictions) ? predictions.shape : []
  const batch = singleBatch({ ...options, loss, include: partsFor(wanted) }, only, location)
  let spec: Spec
  try {
    spec = specOf(batch).spec
  } catch (error) {
    return refuseOptions(error, batch, lossFields, work)
  }
  checkOutputs(wanted, spec)
  const evaluation = new Evaluation(spec, { ...context, memory: work.memory, isRaw: true })
  await work.during('fold', () => work.task.run(add(batch, evaluation, work)))
  work.evaluates(spec, evaluation.tally.samples)
  const outputs = await work.task.run(outputsOf(evaluation, wanted, shape, work))
  const { lossStatus } = evaluation.figures()
  const header = {
    model_name: loss,
    model_version: modelVersion,
    id: wanted.id,
    parameters: { lossStatus },
    outputs: outputs.map(({ described }) => described),
  }
  return sendTensors(
    reply,
    work,
    header,
    outputs.flatMap(({ bytes }) => bytes),
  )
}

function checkOptions({ loss: given, include, ...others }: Fields, loss: LossName): void {
  if (given !== undefined && given !== loss)
    refuse(['parameters', 'loss'], `the model is ${loss}; leave loss out, or send the same`, given, 'differs')
  for (const name of ['topK', 'thresholds', 'costs', 'groupBy', 'require']) {
    const value = others[name]
    if (value !== undefined)
      refuse(['parameters', name], `${name} has no effect here; POST /v1/loss takes it`, value, 'no-effect')
  }
  if (include === undefined || (Array.isArray(include) && include.length === 0)) return
  const detail = `include has no effect here; request ${rowOutputs.join(', ')} in outputs`
  refuse(['parameters', 'include'], detail, include, 'no-effect')
}
