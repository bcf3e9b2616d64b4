import { lossMediaTypes } from '../../http/bodies.ts'
import { exampleId, invalidExample, mediaTypeExample, problemExample } from '../problem-examples.ts'
import { lossMultipartDocument } from './multipart-document.ts'

/** What an answer says of a cross-entropy that is asked for without options. */
export const exampleSpec = {
  loss: 'cross-entropy',
  labelFormat: 'index',
  predictionFormat: 'probabilities',
  reduction: 'mean',
  logPolicy: 'add-epsilon',
  epsilon: 1e-7,
  rowSumTolerance: 0.001,
  labelSmoothing: 0,
  include: [],
}
/** The counts that no row of the examples adds to. */
export const exampleCounts = { ties: 0, ignored: 0, clipped: 0 }

const wrongDeclaration =
  'labels[0] is the number 1; labelFormat "one-hot" needs one row of 2 numbers for each of 2 samples, the shape of predictions. Class indices are declared with labelFormat "index".'

export const lossAnswers = {
  200: {
    loss: 0.510825457099338,
    lossStatus: 'finite',
    accuracy: 1,
    samples: 1,
    outputs: 10,
    correct: 1,
    ...exampleCounts,
    lossSum: 0.510825457099338,
    weightSum: 1,
    standardError: null,
    accuracyInterval: [0.20654931437723742, 1],
    spec: { ...exampleSpec, labelFormat: 'one-hot' },
    requestId: exampleId,
  },
  415: problemExample('unsupported-media-type', mediaTypeExample(lossMediaTypes)),
  422: invalidExample({
    pointer: '#/labels',
    code: 'shape',
    detail: wrongDeclaration,
    received: 'an array of 2 numbers',
    remedies: [{ set: { labelFormat: 'index' } }],
  }),
}

const ndjsonLines = [
  { loss: 'cross-entropy', labelFormat: 'index' },
  { predictions: [[0.2, 0.8]], labels: [1] },
  {
    predictions: [
      [0.9, 0.1],
      [0.4, 0.6],
    ],
    labels: [0, 0],
  },
]

const ndjson = `${ndjsonLines.map((line) => JSON.stringify(line)).join('\n')}\n`

function headerOf(...inputs: string[]): string {
  return JSON.stringify({
    parameters: { loss: 'mse', labelFormat: 'values' },
    inputs: inputs.map((name) => ({ name, shape: [2], datatype: 'UINT8', parameters: { binary_data_size: 2 } })),
  })
}
const binaryHeader = headerOf('predictions', 'labels')

export const binaryDocument = binaryBody('BinaryHeader', 'Predictions 50, 48 and labels 50, 49', binaryHeader, '2021')

export const comparisonBinaryDocument = binaryBody(
  'ComparisonHeader',
  'Predictions 50, 48, baseline 51, 48 and labels 50, 49',
  headerOf('predictions', 'baseline', 'labels'),
  '203021',
)

function binaryBody(schema: string, what: string, header: string, bytes: string) {
  return {
    'application/octet-stream': {
      schema: {
        type: 'string',
        format: 'binary',
        contentSchema: { $ref: `#/components/schemas/${schema}Input` },
        description: `JSON (schema ${schema}) of the length given by the header \`Inference-Header-Content-Length\`, then the bytes of the inputs in their order: little-endian, row-major, without gaps.`,
      },
      examples: {
        bytes: {
          summary: `${what} as bytes, with Inference-Header-Content-Length: ${header.length}`,
          value: `${header}${bytes}`,
        },
      },
    },
  }
}

/** The bodies of POST /v1/loss that are not JSON, for the document. */
export const lossMediaTypeDocuments = {
  ...binaryDocument,
  ...lossMultipartDocument,
  // a contentMediaType would make Swagger UI ask for a file
  'application/x-ndjson': {
    schema: {
      type: 'string',
      contentSchema: {
        oneOf: [{ $ref: '#/components/schemas/LossSpec' }, { $ref: '#/components/schemas/BatchInput' }],
      },
      description:
        'First line: the options (schema LossSpec, without `miniBatch`). Each further line: a mini-batch (schema Batch).',
      examples: [ndjson],
    },
    examples: {
      stream: {
        summary: 'Two mini-batches, evaluated as one',
        value: ndjson,
      },
    },
  },
}

/** What Swagger UI says over a body that may be binary, of which it can only send a file. */
function fileDescription(schema: string, document: typeof binaryDocument): string {
  const { value } = document['application/octet-stream'].examples.bytes
  const jsonBytes = value.lastIndexOf('}') + 1
  return `For \`application/octet-stream\`, choose a file: JSON (schema ${schema}), whose length the header \`Inference-Header-Content-Length\` gives, then the bytes of the tensors. This one has ${jsonBytes} bytes of JSON:

    printf '%s' '${value}' > batch.bin`
}

/** What Swagger UI says over the body of a comparison, whatever its type. */
export const comparisonBodyDescription = fileDescription('ComparisonHeader', comparisonBinaryDocument)

/** What Swagger UI says over the body of POST /v1/loss, whatever its type. */
export const lossBodyDescription = `${fileDescription('BinaryHeader', binaryDocument)}

For \`application/x-ndjson\`, the first line holds the options (schema LossSpec), and each further line a mini-batch (schema Batch).`

/** The request headers that say how any body is to be read, for the document. */
export const bodyHeaders = [
  {
    name: 'Content-Encoding',
    in: 'header',
    description:
      'How the body is compressed, if it is compressed. `gzip`: RFC 1952. `deflate`: RFC 1950. `zstd`: RFC 8878.',
    schema: { type: 'string', enum: ['gzip', 'deflate', 'zstd'] },
  },
  {
    name: 'Content-Digest',
    in: 'header',
    description: 'Digests of the body as it is sent (RFC 9530); sha-256 and sha-512 are verified.',
    schema: { type: 'string' },
  },
]

export const binaryHeaders = [
  {
    name: 'Inference-Header-Content-Length',
    in: 'header',
    description: 'Length of the JSON part of an `application/octet-stream` body; required there.',
    schema: { type: 'integer', minimum: 1 },
  },
  ...bodyHeaders,
]
