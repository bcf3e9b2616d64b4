import { batchMultipartDocument } from '../loss/multipart-document.ts'
import { exampleId, problemExample } from '../problem-examples.ts'

export const joinedDeclaration = {
  loss: 'cross-entropy',
  labelFormat: 'index',
  outputs: 3,
  join: { within: 'P30D' },
}

export const predictionsExamples = {
  'two rows': {
    summary: 'Predictions of two rows',
    value: {
      ids: ['a', 'b'],
      predictions: [
        [0.2, 0.7, 0.1],
        [0.6, 0.3, 0.1],
      ],
    },
  },
}

export const labelsExamples = {
  'two labels': {
    summary: 'One label whose predictions have arrived, and one whose predictions have not',
    value: { ids: ['a', 'c'], labels: [1, 2] },
  },
}

const nothing = { received: 2, accepted: 2, replayed: 0, conflicts: 0, joined: 0, errors: [], requestId: exampleId }
export const predictionsAnswer = nothing
export const labelsAnswer = { ...nothing, joined: 1 }

export const waitingAnswer = {
  waiting: [{ id: 'b', since: '2026-11-26T09:00:00.000Z', expiresAt: '2026-12-26T09:00:00.000Z' }],
  requestId: exampleId,
}

const binary = {
  'application/octet-stream': {
    schema: {
      type: 'string',
      format: 'binary',
      contentSchema: { $ref: '#/components/schemas/HalfHeaderInput' },
      description:
        'JSON (schema HalfHeader) of the length given by the header `Inference-Header-Content-Length`, then the bytes of the inputs in their order. `ids` and `at` are BYTES or integers.',
    },
  },
}

function linesOf(schema: string, examples: string) {
  return {
    'application/x-ndjson': {
      schema: {
        type: 'string',
        contentSchema: { $ref: `#/components/schemas/${schema}Input` },
        description: `Each line is a body of its own: rows with their ids (schema ${schema}).`,
        examples: [examples],
      },
      examples: { lines: { summary: 'A line of one row', value: examples } },
    },
  }
}

const { csvHeader, predictions, labels, sampleWeights, groups, table, tableFormat, missing } =
  batchMultipartDocument['multipart/form-data'].schema.properties
const list = (what: string) => ({
  type: 'string',
  format: 'binary',
  description: `${what} JSON, or integers as a .npy file or CSV.`,
})
const ids = list('The id of each row.')

function columns(names: string) {
  const description = `Which columns of \`table\` are what, as JSON: \`${names}\`. A list of names, or a column of lists, is a row of several numbers. A time is a timestamp, a text as RFC 3339 with its offset, or an integer: milliseconds since 1970.`
  return { type: 'string', description, example: '' }
}

function formOf(parts: Record<string, unknown>, names: string) {
  return {
    'multipart/form-data': {
      schema: {
        type: 'object',
        description: 'Rows as files.',
        properties: { csvHeader, ...parts, table, tableFormat, columns: columns(names), missing },
        additionalProperties: false,
      },
    },
  }
}

/** The bodies that are not JSON, for the document. */
export const predictionsMediaTypes = {
  ...binary,
  ...formOf(
    { ids, predictions, sampleWeights, groups, at: list('The time of each row.') },
    '{"ids": "id", "predictions": ["p0", "p1"], "at"?: "time", "sampleWeights"?, "groups"?: ["country"] or {"country": "column"}}',
  ),
  ...linesOf('PredictionsContent', '{"ids": ["a"], "predictions": [[0.2, 0.7, 0.1]]}\n'),
}

export const labelsMediaTypes = {
  ...binary,
  ...formOf({ ids, labels }, '{"ids": "id", "labels": "y"}'),
  ...linesOf('LabelsContent', '{"ids": ["a"], "labels": [1]}\n'),
}

export const notJoinedAnswer = problemExample('not-joined', [
  'The evaluation "run-7" was declared without join, and takes batches: PUT .../batches/NAME. One that takes predictions and labels apart is declared with join, such as {"within": "P30D"}.',
])
