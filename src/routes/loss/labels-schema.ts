import type { LabelFormat } from '../../loss/formats.ts'

type Schema = Record<string, unknown>

const bit = { type: 'integer', minimum: 0, maximum: 1 }
const share = { type: 'number', minimum: 0, maximum: 1 }
const integer = { type: 'integer' }

const labelsOf: Record<LabelFormat, readonly Schema[]> = {
  'one-hot': [listOf(listOf(bit)), listOf(bit)],
  index: [listOf(integer), integer],
  probabilities: [listOf(listOf(share)), listOf(share)],
  binary: [listOf(listOf(bit)), listOf(bit)],
  values: [listOf(listOf({ type: 'number' })), listOf({ type: 'number' })],
}

const words: Record<LabelFormat, string> = {
  'one-hot': 'rows with exactly one 1 and all others 0, in the shape of `predictions`',
  index:
    'one class per sample, an integer from 0 to K - 1, or `ignoreIndex`; a single sample may have one bare integer',
  probabilities: 'numbers from 0 to 1, in the shape of `predictions`',
  binary: '0 or 1, in the shape of `predictions`',
  values: 'numbers, in the shape of `predictions`',
}

export function listOf(items: Schema): Schema {
  return { type: 'array', items }
}

/** `labels` of a loss that takes these formats. */
export function labelsSchema(formats: readonly LabelFormat[]): Schema {
  const said = formats.map((format) => ` \`${format}\`: ${words[format]}.`)
  const numbers = listOf({ type: 'number' })
  return {
    description: `The true labels, written as \`labelFormat\` says.${said.join('')}`,
    oneOf: [listOf(numbers), numbers, ...(formats.includes('index') ? [integer] : [])],
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
