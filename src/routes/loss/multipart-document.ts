import { labelFormats } from '../../loss/formats.ts'
import { lossNames, lossTitles } from '../../loss/kernels/index.ts'
import { explained, labelFormatMeanings } from '../../loss/meanings.ts'
import type { OptionType } from '../../loss/option-types.ts'
import { typeInWords } from '../../loss/option-types.ts'
import { descriptionOf, everyEvaluation, optionNames, optionOf } from '../../loss/options.ts'

type Schema = Record<string, unknown>

function file(description: string): Schema {
  return { type: 'string', format: 'binary', description }
}

const formats =
  'A .npy file, as written by numpy.save; or JSON, with the Content-Type `application/json` or none; or CSV, with the Content-Type `text/csv`.'

/** Swagger UI would fill in a number or a text that it makes up. An empty part is one that was not sent. */
const leftOut = { example: '' }

const csvHeader = {
  csvHeader: {
    type: 'boolean',
    description:
      'Whether the first row of each CSV part contains column names. Default `false`. It must come before those parts.',
  },
}

const groups = {
  type: 'string',
  description: 'The columns used by `groupBy`, as a JSON object; each column is an array with one value per sample.',
  ...leftOut,
}

const tableParts = {
  table: file(
    'In place of the parts with data: one file with a column for each, Parquet, Arrow or CSV, as `tableFormat` says. `columns` says which column is what.',
  ),
  tableFormat: {
    type: 'string',
    description:
      'What `table` is. `parquet`: a Parquet file. `arrow`: an Arrow IPC file or stream. `csv`: CSV with the names of its columns in the first line.',
    ...leftOut,
  },
  columns: {
    type: 'string',
    description:
      'Which columns of `table` are what, as JSON: `{"predictions": ["p0", "p1"], "labels": "y", "sampleWeights"?, "baseline"?, "groups"?: ["country"] or {"country": "column"}}`. A list of names, or a column of lists, is a row of several numbers.',
    ...leftOut,
  },
  missing: {
    type: 'string',
    description:
      'What happens to a row of `table` in which a used column has no value. `refuse`: an error names the row; this is the default. `drop`: the row is left out, and the answer counts it in `dropped`. In a column of groups a missing value is a group of its own.',
    ...leftOut,
  },
}

const tensors = {
  predictions: file(`The predictions of the model: rows, or a flat list. ${formats}`),
  labels: file(`The true labels. ${formats}`),
  sampleWeights: file(`One weight per sample, s_i. ${formats}`),
  groups,
}

/** The parts of a batch, for the document. */
export const batchMultipartDocument = {
  'multipart/form-data': {
    schema: {
      type: 'object',
      description: 'A batch as files.',
      properties: { ...csvHeader, ...tensors, ...tableParts },
      additionalProperties: false,
    },
  },
}

/** The parts of a batch and of its options, for the document. */
export const lossMultipartDocument = withOptions(tensors)

export const comparisonMultipartDocument = withOptions({
  predictions: tensors.predictions,
  baseline: file(`The predictions of another model, in the shape of \`predictions\`. ${formats}`),
  labels: tensors.labels,
  sampleWeights: tensors.sampleWeights,
  groups,
})

function withOptions(parts: Record<string, Schema>) {
  return {
    'multipart/form-data': {
      schema: {
        type: 'object',
        description: 'A batch as files, and each option as a text part; or all options together in the part `options`.',
        properties: {
          ...csvHeader,
          loss: {
            type: 'string',
            enum: lossNames,
            description: `The loss function. ${explained(lossNames, lossTitles)}`,
          },
          labelFormat: {
            type: 'string',
            enum: labelFormats,
            description: `How \`labels\` is written. ${explained(labelFormats, labelFormatMeanings)}`,
          },
          ...parts,
          ...tableParts,
          ...Object.fromEntries(optionNames.map((name) => [name, partOf(name)])),
          require: {
            type: 'string',
            description: 'What the answer must be, as a JSON list of requirements. Adds `verdict`.',
            ...leftOut,
          },
          options: {
            type: 'string',
            description: 'All options as one JSON object, instead of one part per option.',
            ...leftOut,
          },
        },
        additionalProperties: false,
      },
      // one part for each word, where Swagger UI would send them with commas in between
      encoding: { include: { style: 'form', explode: true } },
    },
  }
}

function partOf(name: (typeof optionNames)[number]): Schema {
  const { type, appliesTo } = optionOf(name)
  const where = appliesTo === everyEvaluation ? '' : ` Applies to ${appliesTo}.`
  return schemaOf(type, `${descriptionOf(name)}${where}`)
}

function schemaOf(type: OptionType, description: string): Schema {
  switch (type.kind) {
    case 'choice':
      return { type: 'string', enum: type.values, description }
    case 'choices':
      return {
        type: 'array',
        items: { type: 'string', enum: type.values },
        description: `${description} Send one part per value.`,
      }
    case 'weights':
      return file(`${description} ${formats}`)
    case 'number':
    case 'integer': {
      const { kind, ...range } = type
      return { type: [kind, 'string'], ...range, maxLength: 0, description, ...leftOut }
    }
    default:
      return { type: 'string', description: `${description} As JSON: ${typeInWords(type)}.`, ...leftOut }
  }
}
