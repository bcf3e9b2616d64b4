import { z } from 'zod'
import { binaryHeader } from '../../formats/oip-header.ts'
import { inferenceErrorMediaType } from '../../http/inference-error.ts'
import { lossNames } from '../../loss/kernels/index.ts'
import { lossStatuses } from '../../loss/report/statistics.ts'
import type { Answer } from '../answers.ts'
import { askedOutput, outputNames } from './outputs.ts'

export const modelVersion = '1'

export const modelParams = z.object({
  loss: z.enum(lossNames).meta({ description: 'A loss function, which is the model.' }),
})

const error = z
  .object({ error: z.string().meta({ examples: ['There is no such loss. The models are sse, mse, mae.'] }) })
  .meta({
    id: 'InferenceError',
    description:
      'What went wrong, as the Open Inference Protocol has it: of invalid content the first errors, a line each, with a JSON Pointer to the place.',
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

export const live = z.object({ live: z.literal(true) }).meta({ id: 'ServerLive', description: 'The process answers.' })
export const ready = z
  .object({ ready: z.literal(true) })
  .meta({ id: 'ServerReady', description: 'Requests are welcome.' })
export const modelReady = z
  .object({ name: z.enum(lossNames), ready: z.literal(true) })
  .meta({ id: 'ModelReady', description: 'The loss function can be evaluated.' })

export const server = z
  .object({ name: z.string(), version: z.string(), extensions: z.array(z.string()) })
  .meta({ id: 'ServerMetadata', description: 'Name, version, and the extensions of the protocol that are supported.' })

const tensorMetadata = z
  .object({ name: z.string(), datatype: z.string(), shape: z.array(z.int().min(-1)) })
  .meta({ id: 'TensorMetadata', description: 'A tensor of a model; -1 is any size.' })

export const model = z
  .object({
    name: z.enum(lossNames),
    versions: z.array(z.literal(modelVersion)),
    platform: z.string(),
    inputs: z.array(tensorMetadata).meta({ description: '`sampleWeights` may be left out.' }),
    outputs: z
      .array(tensorMetadata)
      .meta({ description: '`losses`, `correct` and `gradient` come when they are asked for.' }),
  })
  .meta({
    id: 'ModelMetadata',
    description: 'The tensors of a loss function. Other datatypes of numbers are taken as well.',
  })

export const inferenceRequest = z
  .object({
    id: z.string().optional().meta({ description: 'Comes back with the answer.' }),
    parameters: z.record(z.string(), z.unknown()).optional().meta({
      description:
        'The options of POST /v1/loss without `include`; and `binary_data_output`: true for all outputs as bytes.',
    }),
    inputs: binaryHeader.shape.inputs,
    outputs: z.array(askedOutput).optional().meta({ description: 'Default: every output that is one number.' }),
  })
  .meta({ id: 'InferenceRequest', description: 'Predictions and labels as tensors, and what is asked of them.' })

export const inferenceAnswer = z
  .object({
    model_name: z.enum(lossNames),
    model_version: z.literal(modelVersion),
    id: z.string().optional(),
    parameters: z.object({ lossStatus: z.enum(lossStatuses) }),
    outputs: z.array(
      z
        .object({
          name: z.enum(outputNames),
          datatype: z.enum(['FP64', 'INT64']),
          shape: z.array(z.int().min(0)),
          parameters: z
            .object({ binary_data_size: z.int().min(0) })
            .optional()
            .meta({ description: 'Where the numbers follow as bytes.' }),
          data: z
            .array(z.number().nullable())
            .optional()
            .meta({ description: 'In row-major order; null for what is no finite number.' }),
        })
        .meta({ id: 'InferenceOutput', description: 'A tensor of the answer.' }),
    ),
  })
  .meta({
    id: 'InferenceAnswer',
    description: 'The outputs. If one is sent as bytes, this is the JSON part of `application/octet-stream`.',
  })
