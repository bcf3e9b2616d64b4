import type { NamedExamples } from '../../http/document.ts'
import { binaryHeaders } from '../loss/examples.ts'

const inputs = [
  { name: 'predictions', shape: [2, 2], datatype: 'FP64', data: [0.25, 0.75, 0.5, 0.5] },
  { name: 'labels', shape: [2], datatype: 'INT64', data: [1, 0] },
]
const parameters = { labelFormat: 'index', logPolicy: 'exact' }

export const inferenceRequests: NamedExamples = {
  figures: {
    summary: 'Loss and gradient of two samples',
    value: { id: '42', parameters, inputs, outputs: [{ name: 'loss' }, { name: 'gradient' }] },
  },
}

export const inferenceExample = {
  model_name: 'cross-entropy',
  model_version: '1',
  id: '42',
  parameters: { lossStatus: 'finite' },
  outputs: [
    { name: 'loss', datatype: 'FP64', shape: [1], data: [0.4904146265058631] },
    { name: 'gradient', datatype: 'FP64', shape: [2, 2], data: [-0, -0.6666666666666666, -1, -0] },
  ],
}

export const inferenceMediaTypeDocuments = {
  'application/octet-stream': {
    schema: {
      type: 'string',
      format: 'binary',
      contentSchema: { $ref: '#/components/schemas/InferenceRequestInput' },
      description:
        'JSON (schema InferenceRequest) of the length given by the header `Inference-Header-Content-Length`, then the bytes of the inputs that have a `binary_data_size`, in their order: little-endian, row-major, without gaps. Without the header, all of it is JSON.',
    },
  },
}

export const inferenceHeaders = binaryHeaders.map((header) =>
  header.name === 'Inference-Header-Content-Length'
    ? { ...header, description: 'Length of the JSON part, if bytes follow it.' }
    : header,
)
