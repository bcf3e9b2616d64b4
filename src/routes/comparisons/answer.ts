import { z } from 'zod'
import { pairedEstimate, pairedMetrics } from '../../loss/report/paired-metrics.ts'
import { lossStatus } from '../../loss/report/schemas.ts'
import { dropped, groupFigures, groupKey, lossAnswer } from '../loss/answer.ts'
import { verdict } from '../require/schema.ts'

const count = z.int().min(0)

const modelAnswer = lossAnswer
  .omit({ requestId: true, groups: true, verdict: true })
  .meta({ id: 'ModelAnswer', description: 'What POST /v1/loss returns for the predictions of one model.' })

export const lossDifference = z
  .object({
    loss: z.number().nullable().meta({
      description:
        'Mean loss of `predictions` minus mean loss of `baseline`. It is a difference of means under every `reduction`, so it has the same scale as `interval`. Negative if `predictions` is better; null unless `lossStatus` is `finite`.',
    }),
    lossStatus: lossStatus.meta({
      description:
        'Why the difference is or is not a number. `finite`: both losses are finite. `infinite`: one of the losses is infinite. `undefined`: both are infinite, or the weights sum to 0.',
    }),
    standardError: z.number().nullable().meta({
      description:
        'Standard error of the mean difference: sqrt(n/(n-1) sum (d_i - mean w_i)^2) / weightSum with the paired differences d_i = s_i (l_i - b_i) of the losses l_i of `predictions` and b_i of `baseline`, summed exactly, and with the finite-population correction for a mini-batch without replacement; n is the number of rows with positive weight. Null if n is 1, or if the difference is not finite.',
    }),
    interval: z.array(z.number()).length(2).nullable().meta({
      description: '95 % interval: `loss` ± 1.959963984540054 standard errors; null if `standardError` is null.',
    }),
    accuracy: pairedEstimate.optional().meta({
      description:
        'The difference of the accuracies. Its standard error is sqrt(n/(n-1) sum (s_i (e_i - mean K))^2) / (K sum s_i), where e_i is the number of correct decisions of `predictions` in row i minus that of `baseline`, K the number of decisions in a row, and n the number of rows with s_i > 0. Absent if labels are values.',
    }),
  })
  .meta({ id: 'LossDifference', description: 'The difference of the losses, paired by sample.' })

export const pairedDifference = lossDifference
  .extend({ metrics: pairedMetrics.optional() })
  .meta({ id: 'PairedDifference', description: 'How far apart the models are, sample by sample.' })

const agreement = z
  .object({
    bothRight: count,
    onlyPredictions: count.meta({ description: 'Only the decision of `predictions` is correct.' }),
    onlyBaseline: count.meta({ description: 'Only the decision of `baseline` is correct.' }),
    bothWrong: count,
    accuracyDifference: z.number().min(-1).max(1).nullable().meta({
      description:
        'Accuracy of `predictions` minus accuracy of `baseline`, weighted by s_i; null if the weights sum to 0.',
    }),
    pValue: z.number().min(0).max(1).meta({
      description:
        "Exact two-sided p-value of McNemar's test: min(1, 2 P(X <= min(b, c))) with X binomial(b + c, 1/2), b `onlyPredictions` and c `onlyBaseline`; 1 if b + c = 0. With several binary outputs, decisions are clustered by row: d_i is the difference in correct decisions in row i, and the p-value is the probability that the d_i with random signs sum to at least as much, P(|sum +-|d_i|| >= |sum d_i|); with very many rows, the normal approximation is used (Durkalski et al. 2003).",
    }),
  })
  .meta({
    id: 'Agreement',
    description:
      'How often both models, only one of them, or neither is correct. These are unweighted counts of samples (with binary labels, of outputs); ignored rows are excluded.',
  })

const comparedGrouping = z
  .object({
    by: z.array(z.string()).meta({ description: 'The columns.' }),
    groups: z
      .array(
        z
          .object({ key: groupKey, predictions: groupFigures, baseline: groupFigures, difference: pairedDifference })
          .meta({ id: 'ComparedGroup', description: 'Both models, for the rows of one group.' }),
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
      .meta({ description: 'Absent if labels are values, because there are no decisions to count.' }),
    groups: z
      .array(comparedGrouping)
      .optional()
      .meta({ description: 'With `groupBy`: the groups of each grouping, in the order of `groupBy`.' }),
    verdict: verdict.optional(),
    dropped: dropped.optional(),
    requestId: z.string(),
  })
  .meta({
    id: 'ComparisonAnswer',
    description: 'The results of each model, and their difference with its uncertainty.',
  })
