import { z } from 'zod'
import type { Tensors } from '../../loss/batch.ts'
import { batchTensors } from '../../loss/batch.ts'
import type { PairedTensors } from '../../loss/comparison.ts'
import { GroupColumns } from '../../loss/groups/columns.ts'
import type { LossName } from '../../loss/kernels/index.ts'
import { losses, lossNames, lossTitles } from '../../loss/kernels/index.ts'
import type { Loss } from '../../loss/kernels/loss.ts'
import { explained, labelFormatMeanings } from '../../loss/meanings.ts'
import type { OptionType } from '../../loss/option-types.ts'
import { alternatives } from '../../loss/option-types.ts'
import type { LossTraits, OptionName } from '../../loss/options.ts'
import {
  defaultFor,
  descriptionOf,
  everyEvaluation,
  isOptionOf,
  optionNames,
  optionOf,
  typeFor,
  weightOptions,
} from '../../loss/options.ts'
import { singleBatchOf } from '../../loss/resolve.ts'
import type { Options } from '../../loss/spec.ts'
import type { Tensor } from '../../loss/tensor.ts'
import { isTensor } from '../../loss/tensor.ts'
import type { MarginRequirement, Requirement } from '../../loss/verdict.ts'
import { readWeightOption } from '../../loss/weights.ts'
import { marginRequirements, requirements } from '../require/schema.ts'
import { unknownField } from '../unknown-field.ts'
import { labelsByFormat, labelsSchema, listOf } from './labels-schema.ts'
import { schemaFor, schemaOf, tensor, weights } from './option-schemas.ts'

const numbers = listOf({ type: 'number' })

export const lossName = z
  .enum(lossNames)
  .meta({ description: `The loss function. ${explained(lossNames, lossTitles)}` })

const optionSchemas = new Map<string, z.ZodType>()

export const predictions = tensor(
  'One row of K numbers per sample, [N][K]. A flat list means one sample of K outputs if labels are classes, and N samples of one output otherwise.',
  { oneOf: [listOf(numbers), numbers] },
)
export const labels = tensor(
  'The true labels, in the form that `labelFormat` declares: [N] integers for `index`, or with `classes` names (a single sample may have one bare label), otherwise the shape of `predictions`.',
  {
    oneOf: [
      listOf(numbers),
      listOf({ anyOf: [{ type: 'number' }, { type: 'string' }] }),
      { type: 'integer' },
      { type: 'string' },
    ],
  },
)

const groupValue = { type: ['string', 'integer', 'boolean', 'null'] }
const groupColumns = z
  .custom<GroupColumns>((value) => value instanceof GroupColumns, { error: 'must be an object of arrays' })
  .meta({
    description:
      'The columns used by `groupBy`, each with one string, integer, boolean or null per sample. Strings can have up to 256 characters; null is a separate group.',
    type: 'object',
    additionalProperties: listOf(groupValue),
    examples: [{ country: ['KR', 'DE'] }],
  })

export const batchFields = {
  predictions,
  labels,
  sampleWeights: tensor('One weight per sample, s_i. Default: none; every sample counts as 1.', weights).optional(),
  groups: groupColumns.optional(),
}

const comparisonFields = {
  ...batchFields,
  baseline: tensor('The predictions of another model, in the shape of `predictions`.', {
    oneOf: [listOf(numbers), numbers],
  }),
}

export const batchSchema = schemaFor<Tensors>(
  z.strictObject(batchFields, { error: unknownField(Object.keys(batchFields)) }).meta({
    id: 'Batch',
    description: 'Predictions and labels without options: any line of an NDJSON body after the first.',
  }),
)

export const pairSchema = schemaFor<PairedTensors>(
  z.strictObject(comparisonFields, { error: unknownField(Object.keys(comparisonFields)) }),
)

/** Options as they are received: weights are tensors, which are checked with the first batch. */
export type ReceivedOptions = { readonly [Name in keyof Options]: Received<Options[Name]> }
type Received<Value> = Float64Array extends Value ? Exclude<Value, Float64Array> | Tensor : Value

/** Options as the core takes them: of weights their numbers. @throws InvalidContent */
export function coreOptions(received: ReceivedOptions): Options {
  const entries = Object.entries(received).map(([name, value]) => [
    name,
    isTensor(value) ? readWeightOption(name as OptionName, value) : value,
  ])
  return Object.fromEntries(entries) as Options
}

/** What a body says besides its numbers: options, and what the answer must be. */
export type Sent<Required> = ReceivedOptions & { readonly require?: readonly Required[] }

/** The body of POST /v1/loss: options, and the tensors that a decoder packed. */
export type LossRequest = Sent<Requirement> & Tensors

const requireField = { require: requirements.optional() }
const marginField = { require: marginRequirements.optional() }

/**
 * The options alone, as they are validated: every loss knows every option, so that one which does not apply may hold its
 * default; the core refuses any other value of it.
 */
export const optionsSchema = schemaFor<Sent<Requirement>>(optionsAnd(requireField))
export const comparisonOptions = schemaFor<Sent<MarginRequirement>>(optionsAnd(marginField))

function optionsAnd(others: Record<string, z.ZodType>): z.ZodType {
  const error = (name: LossName) =>
    unknownField([...fieldsOf(name), ...Object.keys(others)], [...batchTensors, 'groups'])
  return z.discriminatedUnion(
    'loss',
    unionOf((name) => z.strictObject({ ...optionsOf(name), ...others }, { error: error(name) })),
    { error: noLoss },
  )
}

/** One JSON object with options and batch; the document shows the options that a loss can use. */
export const lossRequest = schemaFor<LossRequest>(
  z
    .discriminatedUnion(
      'loss',
      unionOf((name) => requestOf(name, 'Request', { ...batchFields, ...requireField })),
      { error: noLoss },
    )
    .meta({
      id: 'LossRequest',
      description: 'One batch. The options depend on the loss.',
      discriminator: discriminator('Request', 'Input'),
    }),
)

export const comparisonRequest = schemaFor<Sent<MarginRequirement> & PairedTensors>(
  z
    .discriminatedUnion(
      'loss',
      unionOf((name) => requestOf(name, 'Comparison', { ...comparisonFields, ...marginField })),
      { error: noLoss },
    )
    .meta({
      id: 'Comparison',
      description: 'The predictions of two models for the same labels. The options depend on the loss.',
      discriminator: discriminator('Comparison', 'Input'),
    }),
)

/** The options of a loss for a stream of batches, in one JSON object with other fields. */
export function optionsWith(
  suffix: string,
  description: string,
  others: Record<string, z.ZodType>,
  elsewhere: (key: string) => string | undefined,
): z.ZodType {
  return z
    .discriminatedUnion(
      'loss',
      unionOf((name) => {
        const { object, meta } = objectOf(name, suffix, others, optionsOf(name, typeForStreams), elsewhere)
        return object.meta(meta)
      }),
      { error: noLoss },
    )
    .meta({ id: suffix, description, discriminator: discriminator(suffix, 'Input') })
}

/**
 * The options that a loss can use, as numbers and words; what an answer reports as `spec`, and the first line of an
 * NDJSON body.
 */
export const lossSpec = z
  .discriminatedUnion(
    'loss',
    unionOf((name) => {
      const own: readonly string[] = losses[name].options
      const weightsByName = Object.fromEntries(
        weightOptions.filter((option) => own.includes(option)).map((option) => [option, weightsInSpec(option)]),
      )
      const shape = { ...pick(optionsOf(name), fieldsOf(name)), ...weightsByName }
      return z.strictObject(shape).meta({ id: schemaName(name, 'Spec'), title: losses[name].title })
    }),
  )
  .meta({ id: 'LossSpec', description: 'The options of a loss.', discriminator: discriminator('Spec', '') })

function weightsInSpec(option: OptionName): z.ZodType {
  const { type, description } = optionOf(option)
  const list = z.array(z.number())
  return (type.kind === 'weights' ? list : z.union([z.number(), list])).meta({ description }).optional()
}

function fieldsOf(name: LossName): string[] {
  return ['loss', 'labelFormat', ...optionNames.filter((option) => isOptionOf(option, losses[name]))]
}

function optionsOf(
  name: LossName,
  typeOf: (option: OptionName, loss: LossTraits) => OptionType | undefined = typeFor,
): Record<string, z.ZodType> {
  const loss: Loss = losses[name]
  const options = optionNames.flatMap((option) => {
    const type = typeOf(option, loss)
    return type === undefined ? [] : [[option, optionSchema(option, loss, type)] as const]
  })
  return {
    loss: z.literal(name).meta({ description: `${loss.title}: ${loss.formula}` }),
    labelFormat: z.enum(loss.labelFormats, { error: (issue) => labelFormatError(name, issue.input) }).meta({
      description: `How \`labels\` is written. Required, because one-hot and index labels cannot be distinguished reliably. ${explained(loss.labelFormats, labelFormatMeanings)}`,
    }),
    ...Object.fromEntries(options),
  }
}

function typeForStreams(option: OptionName, loss: LossTraits): OptionType | undefined {
  const singleBatch = singleBatchOf(option)
  const type = typeFor(option, loss)
  if (singleBatch === true) return undefined
  return 'values' in type ? { ...type, values: type.values.filter((word) => !singleBatch.includes(word)) } : type
}

function optionSchema(option: OptionName, loss: LossTraits, type: OptionType): z.ZodType {
  const { appliesTo } = optionOf(option)
  const where = appliesTo === everyEvaluation ? '' : ` Applies to ${appliesTo}.`
  const text = `${descriptionOf(option, type)}${where}${defaultInWords(option, loss)}`
  const key = JSON.stringify([type, text])
  const schema = optionSchemas.get(key) ?? schemaOf(type, text).optional()
  optionSchemas.set(key, schema)
  return schema
}

function defaultInWords(option: OptionName, loss: LossTraits): string {
  const [first, ...others] = loss.predictionFormats.map((format) => {
    const value = defaultFor(option, loss, format)
    return { format, words: typeof value === 'string' ? value : JSON.stringify(value) }
  })
  if (first.words === undefined) return ''
  const differing = others.filter(({ words }) => words !== first.words)
  return ` Default \`${first.words}\`${differing.map(({ format, words }) => `, with ${format} \`${words}\``).join('')}.`
}

function requestOf(name: LossName, suffix: string, fields: Record<string, z.ZodType>): z.ZodObject {
  const { labelFormats }: Loss = losses[name]
  const { object, meta } = objectOf(name, suffix, fields, optionsOf(name), undefined, {
    labels: labelsSchema(labelFormats),
  })
  return object.meta(labelFormats.length > 1 ? Object.assign(meta, { oneOf: labelsByFormat(labelFormats) }) : meta)
}

function objectOf(
  name: LossName,
  suffix: string,
  others: Record<string, z.ZodType>,
  shownOptions = optionsOf(name),
  elsewhere?: (key: string) => string | undefined,
  redescribed: Readonly<Record<string, unknown>> = {},
) {
  const { title, formula, source }: Loss = losses[name]
  const all = { ...optionsOf(name), ...others }
  const shown = { ...shownOptions, ...others }
  const fields = [...fieldsOf(name), ...Object.keys(others)].filter((field) => field in shown)
  const propertiesOf = () =>
    withComponents(z.toJSONSchema(z.strictObject(pick(shown, fields)), { io: 'input', unrepresentable: 'any' }))
      .properties
  return {
    object: z.strictObject(all, { error: unknownField(fields, [], elsewhere) }),
    meta: {
      id: schemaName(name, suffix),
      title,
      description: `${title}. ${formula}. Source: ${source}.`,
      // only the document shows them, and a start would take longer by a tenth of a second
      get properties() {
        return { ...propertiesOf(), ...redescribed }
      },
    },
  }
}

/** The schema with what has an id as a component of the document. */
function withComponents<Schema>(schema: Schema): Schema {
  return JSON.parse(
    JSON.stringify(schema).replaceAll(/"#\/\$defs\/(\w+)"/g, '"#/components/schemas/$1Input"'),
  ) as Schema
}

function unionOf(schemaFor: (name: LossName) => z.ZodObject): [z.ZodObject, ...z.ZodObject[]] {
  const [first, ...others] = lossNames
  return [schemaFor(first), ...others.map(schemaFor)]
}

function noLoss({ input }: { readonly input?: unknown }): string {
  const isObject = typeof input === 'object' && input !== null && !Array.isArray(input)
  return isObject ? `must be one of ${lossNames.join(', ')}` : 'must be one JSON object'
}

function pick(shape: Record<string, z.ZodType>, names: readonly string[]): Record<string, z.ZodType> {
  return Object.fromEntries(names.map((name) => [name, shape[name]]))
}

function discriminator(suffix: string, direction: string): Record<string, unknown> {
  const mapping = lossNames.map((name) => [name, `#/components/schemas/${schemaName(name, suffix)}${direction}`])
  return { propertyName: 'loss', mapping: Object.fromEntries(mapping) }
}

function schemaName(name: string, suffix: string): string {
  const words = name.split('-').map((word) => word[0].toUpperCase() + word.slice(1))
  return `${words.join('')}${suffix}`
}

/** What to say of a `labelFormat` that is missing, or that the loss does not take; its name stands before it. */
export function labelFormatError(name: LossName, input: unknown): string {
  const { labelFormats }: Loss = losses[name]
  return input === undefined
    ? `the caller must declare it, as one of ${labelFormats.join(', ')}: one-hot and index labels cannot be distinguished reliably`
    : `must be ${alternatives(labelFormats)} for loss "${name}"`
}
