import { z } from 'zod'
import type { Include } from '../../loss/formats.ts'
import { includes } from '../../loss/formats.ts'
import { lossesInOrder } from '../../loss/report/per-sample.ts'
import { count, lossStatus, share } from '../../loss/report/schemas.ts'
import { sections } from '../../loss/report/sections.ts'
import { lossSpec } from './schema.ts'

type PartSchemas = { [Name in Include]: z.ZodOptional<(typeof sections)[Name]['schema']> }

const parts = Object.fromEntries(includes.map((name) => [name, sections[name].schema.optional()])) as PartSchemas

export const lossAnswer = z
  .object({
    loss: z.number().nullable().meta({ description: 'The reduced loss; null unless `lossStatus` is `finite`.' }),
    lossStatus,
    accuracy: share.meta({
      description: 'Share of right decisions, weighted by s_i; null if labels are values, or if there is no weight.',
    }),
    samples: count.meta({ description: 'Rows received; with `miniBatch`, rows drawn.' }),
    outputs: count.min(1).meta({ description: 'K, numbers per row.' }),
    correct: count.nullable().meta({
      description:
        'Number of right decisions: one per sample, or one per output for binary labels; null if labels are values.',
    }),
    ties: count.meta({
      description: 'Samples whose largest prediction is shared by several outputs; the lowest index wins.',
    }),
    ignored: count.meta({ description: 'Rows left out by `ignoreIndex`.' }),
    clipped: count.meta({
      description: 'Samples in which a logarithm that counts was guarded: y < epsilon, or for `clamp` log y < -100.',
    }),
    lossSum: z
      .number()
      .nullable()
      .meta({ description: 'sum s_i l_i, summed exactly and rounded once; null if infinite.' }),
    weightSum: z.number().meta({ description: 'sum w_i, where w_i = s_i sum_k c_k t_ik.' }),
    standardError: z.number().nullable().meta({
      description:
        'Standard error of the mean: sqrt(n/(n-1) sum (s_i l_i - mean w_i)^2) / weightSum, with the finite-population correction for a mini-batch without replacement. n counts the rows with w_i > 0. Null if that is one, or if the loss is not finite.',
    }),
    accuracyInterval: z.array(z.number()).length(2).nullable().meta({
      description:
        '95 % Wilson interval of the accuracy, for the effective number of samples, (sum s_i)^2 / sum s_i^2. Several binary outputs are clustered by row: the number of decisions is divided by their design effect.',
    }),
    topKAccuracy: sections.topKAccuracy.schema.optional(),
    populationSize: count
      .optional()
      .meta({ description: 'With `miniBatch`: number of rows the sample was drawn from.' }),
    losses: lossesInOrder
      .optional()
      .meta({ description: 'With reduction `none`: s_i l_i in order; null if infinite, 0 for an ignored row.' }),
    ...parts,
    spec: lossSpec.meta({
      description:
        'Every option actually used, defaults included. Sent back with the same data, it gives the same answer.',
    }),
    requestId: z.string(),
  })
  .meta({ id: 'LossAnswer', description: 'The loss, the accuracy and how far to trust them.' })
