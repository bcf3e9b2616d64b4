import { z } from 'zod'
import { pairedEstimate, pairedMetrics } from '../../loss/report/paired-metrics.ts'
import { lossStatus } from '../../loss/report/schemas.ts'
import { groupFigures, groupKey, lossAnswer } from '../loss/answer.ts'
import { verdict } from '../require/schema.ts'

const count = z.int().min(0)

const modelAnswer = lossAnswer
  .omit({ requestId: true, groups: true, verdict: true })
  .meta({ id: 'ModelAnswer', description: 'What POST /v1/loss answers for the predictions of one model.' })

export const lossDifference = z
  .object({
    loss: z.number().nullable().meta({
      description:
        'Mean loss of `predictions` less that of `baseline`, whatever the reduction, so that it is on the scale of its interval: negative where `predictions` is better; null unless `lossStatus` is `finite`.',
    }),
    lossStatus: lossStatus.meta({
      description:
        '`infinite` if one of the losses is; `undefined` if both are, or if there is no weight to divide by.',
    }),
    standardError: z.number().nullable().meta({
      description:
        'Standard error of the mean difference: sqrt(n/(n-1) sum (d_i - mean w_i)^2) / weightSum with the paired differences d_i = s_i (l_i - b_i) of the losses l_i of `predictions` and b_i of `baseline`, summed exactly, and with the finite-population correction for a mini-batch without replacement; n counts the rows of positive weight, and one has no error: null, as for a difference that is not finite.',
    }),
    interval: z.array(z.number()).length(2).nullable().meta({
      description: '`loss` -+ 1.959963984540054 standard errors (95 %); null without a standard error.',
    }),
    accuracy: pairedEstimate.optional().meta({
      description:
        'Of the accuracies: sqrt(n/(n-1) sum (s_i (e_i - mean K))^2) / (K sum s_i) is the standard error, with e_i the right decisions of `predictions` in row i less those of `baseline`, K the decisions of a row, and n the rows with s_i > 0. Not there if labels are values.',
    }),
  })
  .meta({ id: 'LossDifference', description: 'How far apart the losses are, sample by sample.' })

export const pairedDifference = lossDifference
  .extend({ metrics: pairedMetrics.optional() })
  .meta({ id: 'PairedDifference', description: 'How far apart the models are, sample by sample.' })

const agreement = z
  .object({
    bothRight: count,
    onlyPredictions: count.meta({ description: 'Only `predictions` is right.' }),
    onlyBaseline: count.meta({ description: 'Only `baseline` is right.' }),
    bothWrong: count,
    accuracyDifference: z.number().min(-1).max(1).nullable().meta({
      description: 'Accuracy of `predictions` less that of `baseline`, weighted by s_i; null if there is no weight.',
    }),
    pValue: z.number().min(0).max(1).meta({
      description:
        "Exact two-sided p-value of McNemar's test: min(1, 2 P(X <= min(b, c))) with X binomial(b + c, 1/2), b `onlyPredictions` and c `onlyBaseline`; 1 if there are none. Several binary outputs are clustered by row: the chance that the differences d_i of right decisions, under random signs, add up to as much, P(|sum +-|d_i|| >= |sum d_i|); for very many rows by its normal distribution (Durkalski et al. 2003).",
    }),
  })
  .meta({
    id: 'Agreement',
    description:
      'How often the models are right together and alone: counts of samples, or with binary labels of outputs, whatever their weights, without ignored rows.',
  })

const comparedGrouping = z
  .object({
    by: z.array(z.string()).meta({ description: 'The columns.' }),
    groups: z
      .array(
        z
          .object({ key: groupKey, predictions: groupFigures, baseline: groupFigures, difference: pairedDifference })
          .meta({ id: 'ComparedGroup', description: 'Both models over the rows of one group.' }),
      )
      .meta({ description: 'In the order of their keys.' }),
  })
  .meta({ id: 'ComparedGrouping', description: 'The groups of one grouping.' })

export const comparisonAnswer = z
  .object({
    predictions: modelAnswer,
    baseline: modelAnswer,
    difference: pairedDifference,
    agreement: agreement
      .optional()
      .meta({ description: 'Not there if labels are values, which are not right or wrong.' }),
    groups: z
      .array(comparedGrouping)
      .optional()
      .meta({ description: 'With `groupBy`: the groups of each grouping, in its order.' }),
    verdict: verdict.optional(),
    requestId: z.string(),
  })
  .meta({ id: 'ComparisonAnswer', description: 'The answer of each model, and how far to trust their difference.' })
