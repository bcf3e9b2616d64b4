import type { LabelFormat } from '../../loss/formats.ts'
import { explained, labelFormatMeanings } from '../../loss/meanings.ts'

type Schema = Record<string, unknown>

const bit = { type: 'integer', minimum: 0, maximum: 1 }
const share = { type: 'number', minimum: 0, maximum: 1 }
const integer = { type: 'integer' }
const name = { type: 'string' }
const classOrName = { anyOf: [integer, name] }

const labelsOf: Record<LabelFormat, readonly Schema[]> = {
  'one-hot': [listOf(listOf(bit)), listOf(bit)],
  index: [listOf(classOrName), integer, name],
  probabilities: [listOf(listOf(share)), listOf(share)],
  binary: [listOf(listOf(bit)), listOf(bit)],
  values: [listOf(listOf({ type: 'number' })), listOf({ type: 'number' })],
}

export function listOf(items: Schema): Schema {
  return { type: 'array', items }
}

/** `labels` of a loss that takes these formats. */
export function labelsSchema(formats: readonly LabelFormat[]): Schema {
  const numbers = listOf({ type: 'number' })
  return {
    description: `The true labels, in the form that \`labelFormat\` declares. ${explained(formats, labelFormatMeanings)}`,
    oneOf: formats.includes('index')
      ? [listOf(numbers), listOf({ anyOf: [{ type: 'number' }, name] }), integer, name]
      : [listOf(numbers), numbers],
  }
}

/** One branch for each format: what `labels` is under it. */
export function labelsByFormat(formats: readonly LabelFormat[]): Schema[] {
  return formats.map((format) => ({
    title: `labelFormat ${format}`,
    type: 'object',
    properties: { labelFormat: { type: 'string', const: format }, labels: { oneOf: labelsOf[format] } },
    required: ['labelFormat', 'labels'],
  }))
}
