import { z } from 'zod'
import { datatypeMeanings } from '../../formats/datatypes.ts'
import { binaryHeader } from '../../formats/oip-header.ts'
import { inferenceErrorMediaType } from '../../http/inference-error.ts'
import { lossNames, lossTitles } from '../../loss/kernels/index.ts'
import { explained } from '../../loss/meanings.ts'
import { lossStatus } from '../../loss/report/schemas.ts'
import type { Answer } from '../answers.ts'
import { lossName } from '../loss/schema.ts'
import { askedOutput, outputName } from './outputs.ts'

export const modelVersion = '1'

export const modelParams = z.object({
  loss: lossName.meta({
    description: `The model, which is a loss function. ${explained(lossNames, lossTitles)}`,
  }),
})

const error = z
  .object({ error: z.string().meta({ examples: ['There is no such loss. The models are sse, mse, mae.'] }) })
  .meta({
    id: 'InferenceError',
    description:
      'What went wrong, in the form of the Open Inference Protocol. For invalid content: the first errors, one per line, each with a JSON Pointer to its location.',
  })

const withoutAddress = ['400', '408', '431']

/** The answers of an operation with errors in the form of the protocol, beside that of problems where there is no address yet. */
export function withInferenceErrors(answers: Readonly<Record<string, Answer>>): Record<string, Answer> {
  const entries = Object.entries(answers).map(([status, { description, content }]) => {
    if (Number(status) < 400) return [status, { description, content }] as const
    const before = withoutAddress.includes(status) ? content : {}
    return [status, { description, content: { [inferenceErrorMediaType]: { schema: error }, ...before } }] as const
  })
  return Object.fromEntries(entries)
}

export const live = z
  .object({ live: z.literal(true) })
  .meta({ id: 'ServerLive', description: 'The process is running.' })
export const ready = z
  .object({ ready: z.literal(true) })
  .meta({ id: 'ServerReady', description: 'The service accepts requests.' })
export const modelReady = z
  .object({ name: lossName, ready: z.literal(true) })
  .meta({ id: 'ModelReady', description: 'The loss function can be evaluated.' })

export const server = z
  .object({ name: z.string(), version: z.string(), extensions: z.array(z.string()) })
  .meta({ id: 'ServerMetadata', description: 'Name, version, and the extensions of the protocol that are supported.' })

const tensorMetadata = z
  .object({ name: z.string(), datatype: z.string(), shape: z.array(z.int().min(-1)) })
  .meta({ id: 'TensorMetadata', description: 'A tensor of a model; -1 means any size.' })

export const model = z
  .object({
    name: lossName,
    versions: z.array(z.literal(modelVersion)),
    platform: z.string(),
    inputs: z.array(tensorMetadata).meta({ description: '`sampleWeights` is optional.' }),
    outputs: z
      .array(tensorMetadata)
      .meta({ description: '`losses`, `correct` and `gradient` are returned on request.' }),
  })
  .meta({
    id: 'ModelMetadata',
    description: 'The tensors of a loss function. Other numeric datatypes are accepted as well.',
  })

export const inferenceRequest = z
  .object({
    id: z.string().optional().meta({ description: 'Is returned in the answer.' }),
    parameters: z.record(z.string(), z.unknown()).optional().meta({
      description:
        'The options of POST /v1/loss except `include`; and `binary_data_output`, which is true if all outputs are to be sent as bytes.',
    }),
    inputs: binaryHeader.shape.inputs,
    outputs: z.array(askedOutput).optional().meta({ description: 'Default: every output that holds a single number.' }),
  })
  .meta({ id: 'InferenceRequest', description: 'Predictions and labels as tensors, and the outputs requested.' })

export const inferenceAnswer = z
  .object({
    model_name: lossName,
    model_version: z.literal(modelVersion),
    id: z.string().optional(),
    parameters: z.object({ lossStatus }),
    outputs: z.array(
      z
        .object({
          name: outputName,
          datatype: z.enum(['FP64', 'INT64']).meta({
            description: `Type of the elements. ${explained(['FP64', 'INT64'], datatypeMeanings)}`,
          }),
          shape: z.array(z.int().min(0)),
          parameters: z
            .object({ binary_data_size: z.int().min(0) })
            .optional()
            .meta({ description: 'Present if the numbers follow as bytes.' }),
          data: z
            .array(z.number().nullable())
            .optional()
            .meta({ description: 'In row-major order; null for a number that is not finite.' }),
        })
        .meta({ id: 'InferenceOutput', description: 'A tensor in the answer.' }),
    ),
  })
  .meta({
    id: 'InferenceAnswer',
    description:
      'The outputs. If an output is sent as bytes, this is the JSON part of an `application/octet-stream` body.',
  })
