import { z } from 'zod'
import { fixedLimits } from '../../http/limits.ts'
import type { Meanings } from '../../loss/meanings.ts'
import { explained } from '../../loss/meanings.ts'
import { lossAnswer } from '../loss/answer.ts'
import { failStatus, requireText } from '../require/schema.ts'
import { periodFields } from './period.ts'
import { limit } from './schema.ts'

const { maxSortedEvaluations } = fixedLimits
const ofMetadata = 'metadata.'

const prefix = z
  .string()
  .regex(/^[A-Za-z0-9._~-]{0,128}$/, { error: 'must be characters of A-Z a-z 0-9 . _ ~ -' })
  .optional()
  .meta({ description: 'Only evaluations whose names begin with this prefix.' })

export const sortKeys = ['loss', 'accuracy', 'samples', 'batches', 'createdAt', 'updatedAt'] as const
export type SortKey = (typeof sortKeys)[number]
const sortMeanings: Meanings<(typeof sortKeys)[number]> = {
  loss: 'the loss',
  accuracy: 'the accuracy',
  samples: 'the number of rows',
  batches: 'the number of batches',
  createdAt: 'when it was declared',
  updatedAt: 'when it was last changed',
}
const orders = [...sortKeys, ...sortKeys.map((key) => `-${key}` as const)]
const orderMeanings = Object.fromEntries(
  sortKeys.flatMap((key) => [
    [key, `${sortMeanings[key]}, ascending`],
    [`-${key}`, `${sortMeanings[key]}, descending`],
  ]),
)

/** A query that may also have `metadata.KEY=VALUE`, for keys of any name. */
function withMetadata<Shape extends z.ZodRawShape>(shape: Shape) {
  return z
    .object(shape)
    .catchall(z.string({ error: 'must be given once' }))
    .superRefine((query, context) => {
      const keys = Object.keys(query).filter((key) => !Object.hasOwn(shape, key) && !key.startsWith(ofMetadata))
      if (keys.length > 0) context.addIssue({ code: 'unrecognized_keys', keys, input: query })
    })
}

/** The strings that evaluations must have in their metadata. */
export function metadataIn(query: Readonly<Record<string, unknown>>): Record<string, string> {
  const wanted = Object.entries(query).filter(([key]) => key.startsWith(ofMetadata))
  return Object.fromEntries(wanted.map(([key, value]) => [key.slice(ofMetadata.length), String(value)]))
}

/** How the document says `metadata.KEY=VALUE`. */
export const metadataParameter = {
  name: 'metadata.KEY',
  in: 'query',
  description:
    'Only evaluations that have this string under KEY in their `metadata`; KEY is any name. Several filters must all match.',
  schema: { type: 'string' },
  examples: { model: { summary: 'metadata.model=mlp-784-50-10', value: 'mlp-784-50-10' } },
}

export const listQuery = withMetadata({
  prefix,
  sort: z
    .enum(orders)
    .optional()
    .meta({
      description: `The order, instead of newest first. ${explained<string>(orders, orderMeanings)} Null values come last, and ties are ordered newest first. At most maxSortedEvaluations, ${maxSortedEvaluations}, are sorted.`,
      examples: ['-accuracy'],
    }),
  after: z
    .string()
    .regex(/^(?:(?:null|-?\d[\d.e-]{0,31})~)?[1-9]\d{0,15}$/, { error: 'must be the `next` of the page before' })
    .optional()
    .meta({ description: 'The value of `next` from the previous page, with the same order.' }),
  limit,
})
export type ListQuery = z.infer<typeof listQuery>

export const totalQuery = withMetadata({ prefix, ...periodFields, require: requireText, failStatus })
export type TotalQuery = z.infer<typeof totalQuery>

const count = z.int().min(0)

export const totalAnswer = lossAnswer
  .extend({
    evaluations: count.min(1).meta({ description: 'Number of evaluations merged.' }),
    batches: count.meta({ description: 'Number of batches in these evaluations.' }),
  })
  .meta({
    id: 'EvaluationsTotal',
    description: 'The results over several evaluations, as POST /v1/loss returns them for all their rows at once.',
  })
