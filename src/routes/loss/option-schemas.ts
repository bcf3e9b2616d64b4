import { z } from 'zod'
import { fixedLimits } from '../../http/limits.ts'
import { maxClassNameLength, maxClassNames } from '../../loss/names.ts'
import type { OptionType, Range } from '../../loss/option-types.ts'
import { alternatives, rangeInWords } from '../../loss/option-types.ts'
import type { Tensor } from '../../loss/tensor.ts'
import { isTensor } from '../../loss/tensor.ts'
import { unknownField } from '../unknown-field.ts'

/** Numbers that a body decoder has packed; zod sees that they are there, the core checks each of them. */
export function tensor(description: string, schema: Record<string, unknown>) {
  return z.custom<Tensor>(isTensor, { error: 'must be an array of numbers' }).meta({ description, ...schema })
}

/** A schema of what custom types hold, which is known to TypeScript, not to zod. */
export function schemaFor<Output>(schema: z.ZodType): z.ZodType<Output> {
  return schema as z.ZodType<Output>
}

export const weights = { type: 'array', items: { type: 'number', minimum: 0, maximum: 1e100 } }

export const miniBatchOptions = {
  size: z
    .int()
    .min(1)
    .max(fixedLimits.maxMiniBatchSize)
    .meta({ description: 'Number of rows to draw; without replacement, at most the number of rows there are.' }),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .meta({
      description: 'The same seed draws the same rows, which are those of numpy.random.RandomState(seed).choice.',
    }),
  replacement: z
    .boolean()
    .default(true)
    // in words alone: types that are generated from a `default` demand the field
    .meta({
      description: 'Whether a row can be drawn more than once. Default `true`.',
      default: undefined,
    }),
}

export function schemaOf(type: OptionType, description: string): z.ZodType {
  switch (type.kind) {
    case 'choice':
      return choice(type.values).meta({ description })
    case 'choices': {
      const most = type.values.length
      const error = `must be a list of at most ${most} of ${type.values.join(', ')}`
      return z.array(choice(type.values), { error }).max(most, { error }).meta({ description })
    }
    case 'boolean':
      return z.boolean({ error: 'must be true or false' }).meta({ description })
    case 'thresholds':
      return thresholds.meta({ description })
    case 'costs':
      return costs.meta({ description })
    case 'names':
      return classNames.meta({ description })
    case 'groupings':
      return groupings.meta({ description })
    case 'weights':
      return tensor(description, weights)
    case 'mini-batch':
      return z
        .strictObject(miniBatchOptions, {
          error: (issue) => unknownField(Object.keys(miniBatchOptions))(issue) ?? 'must be an object',
        })
        .meta({ description })
    case 'number-or-weights': {
      const error = `must be a ${rangeInWords('number', type)}, or an array of numbers`
      const number = within(type, z.number({ error }), error)
      return z.union([number, tensor('One for each output.', weights)], { error }).meta({ description })
    }
    case 'integer': {
      const error = `must be an ${rangeInWords('integer', type)}`
      return within(type, z.int({ error }), error).meta({ description })
    }
    case 'number': {
      const error = `must be a ${rangeInWords('number', type)}`
      return within(type, z.number({ error }), error).meta({ description })
    }
  }
}

/** Sums of costs stay finite. */
const largestCost = 1e100
const thresholdsError = 'must be an integer from 2 to 1001, or a rising list of 1 to 1001 numbers'
const thresholds = z.union(
  [
    z.int({ error: thresholdsError }).min(2, { error: thresholdsError }).max(1001, { error: thresholdsError }),
    z.array(z.number()).min(1).max(1001),
  ],
  { error: thresholdsError },
)
const costsError = 'must be an object with falsePositive and falseNegative, numbers >= 0'
const cost = z.number({ error: 'must be a number >= 0' }).min(0).max(largestCost)
const costs = z.strictObject({ falsePositive: cost, falseNegative: cost }, { error: costsError })

const namesError = `must be a list of 1 to ${maxClassNames} different strings of 1 to ${maxClassNameLength} characters, one for each class`
const nameError = `must be a string of 1 to ${maxClassNameLength} characters`
const className = z.string(nameError).min(1, nameError).max(maxClassNameLength, nameError)
const classNames = z.array(className, namesError).min(1, namesError).max(maxClassNames, namesError)

const column = z.string().min(1).max(128)
const groupingsError = 'must be a list of 1 to 8 columns of groups, or of lists of 2 to 4 of them'
const groupings = z
  .array(z.union([column, z.array(column).min(2).max(4)], { error: groupingsError }), { error: groupingsError })
  .min(1, { error: groupingsError })
  .max(8, { error: groupingsError })

function choice(values: readonly string[]) {
  return z.enum(values as [string, ...string[]], { error: `must be ${alternatives(values)}` })
}

function within(range: Range, number: z.ZodNumber, error: string): z.ZodNumber {
  const { minimum, exclusiveMinimum, maximum, exclusiveMaximum } = range
  let schema = number
  if (minimum !== undefined) schema = schema.min(minimum, { error })
  if (exclusiveMinimum !== undefined) schema = schema.gt(exclusiveMinimum, { error })
  if (maximum !== undefined) schema = schema.max(maximum, { error })
  if (exclusiveMaximum !== undefined) schema = schema.lt(exclusiveMaximum, { error })
  return schema
}
