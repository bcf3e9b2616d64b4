import { z } from 'zod'
import type { Include } from '../../loss/formats.ts'
import { includes } from '../../loss/formats.ts'
import { lossesInOrder } from '../../loss/report/per-sample.ts'
import { count, lossStatus, share } from '../../loss/report/schemas.ts'
import type { MergeableName } from '../../loss/report/sections.ts'
import { mergeableNames, sections } from '../../loss/report/sections.ts'
import { verdict } from '../require/schema.ts'
import { lossSpec } from './schema.ts'

type PartSchemas = { [Name in Include]: z.ZodOptional<(typeof sections)[Name]['schema']> }

const parts = Object.fromEntries(includes.map((name) => [name, sections[name].schema.optional()])) as PartSchemas

/** The results in an answer, for all rows or for a group. */
const figures = {
  loss: z.number().nullable().meta({ description: 'The reduced loss; null unless `lossStatus` is `finite`.' }),
  lossStatus,
  accuracy: share.meta({
    description: 'Share of correct decisions, weighted by s_i; null if labels are values, or if the weights sum to 0.',
  }),
  samples: count.meta({ description: 'Rows received; with `miniBatch`, rows drawn.' }),
  outputs: count.min(1).meta({ description: 'K, numbers per row.' }),
  correct: count.nullable().meta({
    description:
      'Number of correct decisions: one decision per sample, or one per output for binary labels; null if labels are values.',
  }),
  ties: count.meta({
    description: 'Samples whose largest prediction is shared by several outputs; the lowest index wins.',
  }),
  ignored: count.meta({ description: 'Rows excluded by `ignoreIndex`.' }),
  clipped: count.meta({
    description:
      'Samples in which `logPolicy` changed a logarithm that contributes to the loss: y < epsilon, or for `clamp`, log y < -100.',
  }),
  lossSum: z
    .number()
    .nullable()
    .meta({ description: 'sum s_i l_i, summed exactly and rounded once; null if infinite.' }),
  weightSum: z.number().meta({ description: 'sum w_i, where w_i = s_i sum_k c_k t_ik.' }),
  standardError: z.number().nullable().meta({
    description:
      'Standard error of the mean: sqrt(n/(n-1) sum (s_i l_i - mean w_i)^2) / weightSum, with the finite-population correction for a mini-batch without replacement. n is the number of rows with w_i > 0. Null if n is 1, or if the loss is not finite.',
  }),
  accuracyInterval: z.array(z.number()).length(2).nullable().meta({
    description:
      '95 % Wilson interval of the accuracy, for the effective number of samples, (sum s_i)^2 / sum s_i^2. Several binary outputs are clustered by row: the number of decisions is divided by their design effect.',
  }),
}

/** The value of a row in each column of a grouping. */
export const groupKey = z
  .record(z.string(), z.union([z.string(), z.int(), z.boolean(), z.null()]))
  .meta({ id: 'GroupKey', description: 'The values of the columns of the grouping.', examples: [{ country: 'KR' }] })

type GroupSchemas = { [Name in MergeableName]: z.ZodOptional<(typeof sections)[Name]['schema']> }

const groupParts = Object.fromEntries(
  mergeableNames.map((name) => [name, sections[name].schema.optional()]),
) as GroupSchemas

/** What an answer for the rows of a group contains. */
export const groupFigures = z.object({ ...figures, ...groupParts }).meta({
  id: 'GroupFigures',
  description:
    'What POST /v1/loss returns for the rows of the group, to the last bit, without the parts about single rows.',
})

const extreme = z.object({ key: groupKey, value: z.number() })
const groupDifference = z
  .object({
    lowest: extreme,
    highest: extreme,
    difference: z.number().nullable().meta({ description: 'Highest minus lowest.' }),
    ratio: z
      .number()
      .nullable()
      .meta({ description: 'Highest / lowest; null if the lowest is 0 or they differ in sign.' }),
  })
  .meta({ id: 'GroupDifference', description: 'The groups with the lowest and the highest value of one number.' })

const grouping = z
  .object({
    by: z.array(z.string()).meta({ description: 'The columns.' }),
    groups: z
      .array(groupFigures.extend({ key: groupKey }).meta({ id: 'Group', description: 'The rows of one group.' }))
      .meta({
        description: 'Sorted by key: null, then booleans, integers, and strings by code unit.',
      }),
    differences: z.record(z.string(), groupDifference).meta({
      description:
        'For `loss`, `accuracy` and each single number in `metrics`, by its path such as `metrics.f1.macro`: the difference between the lowest and the highest group. Groups without this number are ignored.',
    }),
  })
  .meta({ id: 'Grouping', description: 'The groups of one grouping.' })

export const dropped = count.meta({
  description:
    'With a `table` and `missing` `drop`: rows that were left out, because a column that is used has no value there.',
})

export const lossAnswer = z
  .object({
    ...figures,

    topKAccuracy: sections.topKAccuracy.schema.optional(),
    thresholds: sections.thresholds.schema.optional(),
    populationSize: count
      .optional()
      .meta({ description: 'With `miniBatch`: number of rows the sample was drawn from.' }),
    losses: lossesInOrder
      .optional()
      .meta({ description: 'With reduction `none`: s_i l_i in order; null if infinite, 0 for an ignored row.' }),
    ...parts,
    groups: z
      .array(grouping)
      .optional()
      .meta({ description: 'With `groupBy`: the groups of each grouping, in the order of `groupBy`.' }),
    verdict: verdict.optional(),
    dropped: dropped.optional(),
    spec: lossSpec.meta({
      description:
        'Every option that was used, defaults included. Send it again with the same data and you get the same answer.',
    }),
    requestId: z.string(),
  })
  .meta({ id: 'LossAnswer', description: 'The loss, the accuracy and their uncertainty.' })
