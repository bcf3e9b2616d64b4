import { z } from 'zod'
import { fixedLimits } from '../../http/limits.ts'
import type { Tensors } from '../../loss/batch.ts'
import type { LossOption } from '../../loss/formats.ts'
import { includes, logPolicies, reductions } from '../../loss/formats.ts'
import type { LossName } from '../../loss/kernels/index.ts'
import { losses, lossNames } from '../../loss/kernels/index.ts'
import type { Loss } from '../../loss/kernels/loss.ts'
import type { Options } from '../../loss/spec.ts'
import { appliesWhen, defaults } from '../../loss/spec.ts'
import type { Tensor } from '../../loss/tensor.ts'
import { isTensor } from '../../loss/tensor.ts'

/** Numbers that a body decoder has packed; zod sees that they are there, the core checks each of them. */
function tensor(description: string, schema: Record<string, unknown>) {
  return z.custom<Tensor>(isTensor, { error: 'it needs numbers' }).meta({ description, ...schema })
}

const numbers = { type: 'array', items: { type: 'number' } }
const rows = { type: 'array', items: numbers }
const weights = { type: 'array', items: { type: 'number', minimum: 0, maximum: 1e100 } }

export const predictions = tensor(
  'One row of K numbers per sample, [N][K]. A plain list is one sample of K outputs for class labels, else N samples of one output.',
  { oneOf: [rows, numbers] },
)
export const labels = tensor(
  'The truth, as `labelFormat` says: [N] integers for `index` (one bare integer for one sample), else the shape of `predictions`.',
  { oneOf: [rows, numbers, { type: 'integer' }] },
)
const sampleWeights = tensor('One weight per sample, s_i.', weights)

/** The fields of a random sample. */
export const miniBatchOptions = {
  size: z
    .int()
    .min(1)
    .max(fixedLimits.maxMiniBatchSize)
    .meta({ description: 'Rows drawn; without replacement at most the number of rows.' }),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .meta({ description: 'Seed of the generator, mt19937. The same seed draws the same rows.' }),
  replacement: z
    .boolean()
    .meta({ description: 'Whether a row may be drawn more than once; by default it may, as in numpy.random.choice.' })
    .default(true),
}

const miniBatch = z
  .strictObject(miniBatchOptions, { error: unknownField(Object.keys(miniBatchOptions)) })
  .meta({ id: 'MiniBatch', description: 'A random sample of the rows, evaluated as an estimate of the whole.' })

const lossOptions = {
  logPolicy: z.enum(logPolicies).meta({
    description:
      'Guard of log(0): `add-epsilon` log(y + e), `clip` log(min(max(y, e), 1 - e)), `clamp` max(log y, -100), `exact` log y with 0 log 0 = 0. Default `add-epsilon`; with logits `exact`.',
  }),
  epsilon: z
    .number()
    .positive()
    .meta({ description: `Applies to ${appliesWhen('epsilon')}.`, default: defaults.epsilon }),
  classWeights: tensor(
    `One weight per output, c_k, inside the sum. Applies to ${appliesWhen('classWeights')}.`,
    weights,
  ),
  delta: z
    .number()
    .positive()
    .meta({
      description: `Where the parabola becomes a line. Applies to ${appliesWhen('delta')}.`,
      default: defaults.delta,
    }),
} satisfies Record<LossOption, z.ZodType>

const classOptions = {
  rowSumTolerance: z
    .number()
    .min(0)
    .meta({
      description: `How far the sum of a row may be from 1. Applies to ${appliesWhen('rowSumTolerance')}.`,
      default: defaults.rowSumTolerance,
    }),
  ignoreIndex: z.int().meta({
    description: `Rows with this label are left out of everything. Applies to ${appliesWhen('ignoreIndex')}.`,
    examples: [-100],
  }),
  labelSmoothing: z
    .number()
    .min(0)
    .lt(1)
    .meta({
      description: `a: t becomes t (1 - a) + a / K. Applies to ${appliesWhen('labelSmoothing')}.`,
      default: defaults.labelSmoothing,
    }),
}

/** The options of one loss, as the registry has it. */
function optionsOf(name: LossName): Record<string, z.ZodType> {
  const loss: Loss = losses[name]
  const shape: Record<string, z.ZodType> = {
    loss: z.literal(name).meta({ description: `${loss.title}: ${loss.formula}` }),
    labelFormat: z.enum(loss.labelFormats, { error: (issue) => labelFormatError(name, issue.input) }).meta({
      description:
        'How `labels` is written. Required: a machine cannot tell one-hot from index labels, a person must say it.',
    }),
    predictionFormat: z
      .enum(loss.predictionFormats)
      .meta({ description: 'What `predictions` holds.', default: loss.predictionFormats[0] })
      .optional(),
    reduction: z
      .enum(reductions)
      .meta({
        description: 'How per-sample losses become `loss`; `none` adds `losses`, and `loss` is their mean.',
        default: loss.reduction,
      })
      .optional(),
    include: z
      .array(z.enum(includes))
      .max(includes.length)
      .meta({ description: 'Extra parts of the answer.', default: [] })
      .optional(),
    miniBatch: miniBatch.optional(),
  }
  for (const option of loss.options) shape[option] = lossOptions[option].optional()
  if (loss.labelFormats.includes('one-hot')) {
    for (const [option, schema] of Object.entries(classOptions)) shape[option] = schema.optional()
  }
  if (loss.labelFormats.includes('binary')) {
    shape.threshold = z
      .number()
      .min(0)
      .max(1)
      .meta({
        description: `Positive when the prediction (of logits, its sigmoid) is greater. Applies to ${appliesWhen('threshold')}.`,
        default: loss.threshold,
      })
      .optional()
  }
  return shape
}

const batchFields = { predictions, labels, sampleWeights: sampleWeights.optional() }

/** The numbers of one batch. */
export const batchSchema = z
  .strictObject(batchFields, { error: unknownField(Object.keys(batchFields)) })
  .meta({ id: 'Batch', description: 'One batch: a further line of an NDJSON body.' }) as unknown as z.ZodType<Tensors>

/** The options of a body; class weights as the tensor that a decoder packed. */
export type RequestOptions = Omit<Options, 'classWeights'> & { readonly classWeights?: Tensor | undefined }

export const lossRequest = unionOf(
  'Request',
  (name) => ({ ...optionsOf(name), ...batchFields }),
  'One batch. Which options there are depends on the loss.',
)

/** The options of any body, without its numbers. */
// each branch is built from the registry, so that zod cannot derive their union
export const optionsSchema = unionOf('Options', optionsOf, 'Options.') as unknown as z.ZodType<RequestOptions>

/** One schema for each loss, told apart by `loss`. */
function unionOf(suffix: string, shapeOf: (name: LossName) => Record<string, z.ZodType>, description: string) {
  const schemas = lossNames.map((name) => {
    const { title, formula, source }: Loss = losses[name]
    const shape = shapeOf(name)
    return z.strictObject(shape, { error: unknownField(Object.keys(shape)) }).meta({
      id: `${pascalCase(name)}${suffix}`,
      title,
      description: `${title}. ${formula}. Source: ${source}.`,
    })
  })
  return z
    .discriminatedUnion('loss', schemas as unknown as [z.ZodObject, ...z.ZodObject[]], {
      error: ({ input }) =>
        typeof input === 'object' && input !== null
          ? `loss must be one of ${lossNames.join(', ')}`
          : 'it must be one JSON object',
    })
    .meta({ id: `Loss${suffix}`, description })
}

/** `CrossEntropy` for `cross-entropy`. */
function pascalCase(name: string): string {
  return name
    .split('-')
    .map((word) => word[0].toUpperCase() + word.slice(1))
    .join('')
}

/** What to say of a `labelFormat` that is missing, or that the loss does not go with. */
export function labelFormatError(name: LossName, input: unknown): string {
  const formats = losses[name].labelFormats.join(', ')
  return input === undefined
    ? `say how labels is written, one of ${formats}: one-hot and index labels cannot be told apart by a machine`
    : `loss "${name}" goes with labelFormat ${formats}`
}

/** What to say of fields that a schema does not have. */
export function unknownField(names: readonly string[]) {
  return ({ code }: { readonly code?: string | undefined }): string | undefined =>
    code === 'unrecognized_keys' ? `is no field here; the fields are ${names.join(', ')}` : undefined
}
