import { z } from 'zod'
import { lossStatuses } from '../../loss/report/statistics.ts'
import { lossSpec } from './schema.ts'

const lossStatus = z.enum(lossStatuses).meta({
  description:
    'JSON has no Infinity: `infinite` says that a null loss is infinite, `undefined` that there is no weight to divide by.',
})
const count = z.int().min(0)
const share = z.number().min(0).max(1).nullable()
const lossesInOrder = z.array(z.number().nullable())

const perClass = z
  .object({
    class: count,
    samples: count.meta({ description: 'Samples with this label.' }),
    correct: count,
    loss: z.number().nullable().meta({ description: 'Their weighted mean loss.' }),
    lossStatus,
    recall: share.meta({
      description: 'Share of this class decided as this class, weighted by s_i; null without such samples.',
    }),
    precision: share.meta({
      description: 'Share of the decisions for this class that are right, weighted by s_i; null without such.',
    }),
  })
  .meta({ id: 'ClassReport', description: 'What became of the samples labelled with one class.' })

const calibration = z
  .object({
    bins: z.array(
      z
        .object({
          lower: z.number(),
          upper: z.number(),
          count: count,
          meanConfidence: share,
          accuracy: share,
        })
        .meta({
          id: 'CalibrationBin',
          description: 'Confidences in (lower, upper], the first bin from 0; means are null for an empty bin.',
        }),
    ),
    expectedCalibrationError: share.meta({
      description: 'sum over bins of weight share times |accuracy - mean confidence| (Guo et al. 2017).',
    }),
  })
  .meta({
    id: 'Calibration',
    description:
      'Confidence against accuracy in 15 bins of equal width. Confidence is the top probability; for a binary output the probability of the positive class, and accuracy the share of positive labels.',
  })

export const lossAnswer = z
  .object({
    loss: z.number().nullable().meta({ description: 'The loss as reduced; null unless `lossStatus` is `finite`.' }),
    lossStatus,
    accuracy: share.meta({
      description: 'Share of right decisions, weighted by s_i; null for labels that are values, or without weight.',
    }),
    samples: count.meta({ description: 'Rows received, or with `miniBatch` rows drawn.' }),
    outputs: count.min(1).meta({ description: 'K, numbers per row.' }),
    correct: count
      .nullable()
      .meta({ description: 'Right decisions: samples, or for binary labels outputs; null for values.' }),
    ties: count.meta({
      description: 'Samples whose largest prediction stands at more than one output; the lowest index won.',
    }),
    ignored: count.meta({ description: 'Rows left out by `ignoreIndex`.' }),
    clipped: count.meta({
      description: 'Samples in which a logarithm that counts met its guard: y < epsilon, or for `clamp` log y < -100.',
    }),
    lossSum: z
      .number()
      .nullable()
      .meta({ description: 'sum s_i l_i, summed exactly and rounded once; null when infinite.' }),
    weightSum: z.number().meta({ description: 'sum w_i, w_i = s_i sum_k c_k t_ik.' }),
    standardError: z.number().nullable().meta({
      description:
        'Of the mean: sqrt(n/(n-1) sum (s_i l_i - mean w_i)^2) / weightSum, with the finite-population correction for a mini-batch without replacement; null for one sample or a loss that is not finite.',
    }),
    accuracyInterval: z
      .array(z.number())
      .length(2)
      .nullable()
      .meta({ description: 'Wilson 95 % interval of the accuracy.' }),
    populationSize: count.optional().meta({ description: 'With `miniBatch`: rows that the sample was drawn from.' }),
    losses: lossesInOrder
      .optional()
      .meta({ description: 'With reduction `none`: s_i l_i in order; null where infinite, 0 for an ignored row.' }),
    perSample: z
      .object({
        losses: lossesInOrder,
        correct: z
          .array(z.union([z.boolean(), count, z.null()]))
          .nullable()
          .meta({
            description: 'Whether a row was right, or how many of its binary outputs; null for an ignored row.',
          }),
      })
      .optional(),
    perClass: z.array(perClass).optional(),
    confusion: z
      .array(z.array(count))
      .optional()
      .meta({ description: 'Counts of samples, [K][K]: row label, column decision.' }),
    calibration: calibration.optional(),
    gradient: z
      .union([z.array(z.array(z.number().nullable())), z.array(z.number().nullable())])
      .nullable()
      .optional()
      .meta({
        description:
          'd loss / d predictions in the shape of predictions, of the loss as guarded and reduced; null unless the loss is finite.',
      }),
    spec: lossSpec.meta({
      description:
        'Every option as evaluated, defaults included. Sent back with the same data it gives the same answer.',
    }),
    requestId: z.string(),
  })
  .meta({ id: 'LossAnswer', description: 'The loss, the accuracy and how far to trust them.' })
