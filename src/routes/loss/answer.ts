import { z } from 'zod'
import { lossStatuses } from '../../loss/report/statistics.ts'
import { lossSpec } from './schema.ts'

export const lossStatus = z.enum(lossStatuses).meta({
  description:
    'JSON has no Infinity: with `infinite`, a null loss is infinite; with `undefined`, there is no weight to divide by.',
})
const count = z.int().min(0)
const share = z.number().min(0).max(1).nullable()
const lossesInOrder = z.array(z.number().nullable())

const perClass = z
  .object({
    class: count,
    samples: count.meta({ description: 'Samples with this label.' }),
    correct: count,
    loss: z.number().nullable().meta({ description: 'Weighted mean loss of these samples.' }),
    lossStatus,
    recall: share.meta({
      description:
        'Share of the samples of this class that are predicted as this class, weighted by s_i; null if there are none.',
    }),
    precision: share.meta({
      description: 'Share of the predictions of this class that are right, weighted by s_i; null if never predicted.',
    }),
  })
  .meta({
    id: 'ClassReport',
    description:
      'Results for the samples labelled with one class. Of several binary outputs each is a class, which a sample has or has not.',
  })

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
          description: 'Confidences in (lower, upper]; the first bin includes 0. The means are null for an empty bin.',
        }),
    ),
    expectedCalibrationError: share.meta({
      description:
        'Sum over the bins of their share of the weight times |accuracy - mean confidence| (Guo et al. 2017).',
    }),
  })
  .meta({
    id: 'Calibration',
    description:
      'Confidence against accuracy in 15 bins of equal width. Confidence is the largest probability. For binary outputs it is the probability of the positive class, and accuracy is the share of positive labels; each output of each row counts by itself.',
  })

const averages = z
  .object({ macro: z.number(), micro: z.number(), weighted: z.number() })
  .meta({ id: 'Averages', description: 'Averages over the classes that occur, or over several binary outputs.' })
  .nullable()
const correlation = z.number().min(-1).max(1).nullable()
const sampleWeight = z.number().min(0)
const anyNumber = z.number().nullable()

const agreement = {
  balancedAccuracy: share.meta({ description: 'Mean recall of the classes that occur as labels.' }),
  matthewsCorrelation: correlation.meta({
    description: 'Matthews correlation; 0 if all labels, or all decisions, are of one class.',
  }),
  cohenKappa: correlation.meta({ description: "Cohen's kappa; null if all labels and decisions are of one class." }),
}
const specificity = share.meta({ description: 'TN / (TN + FP).' })
const counts = {
  truePositives: sampleWeight.meta({ description: 'Sum of s_i, as of the other three.' }),
  falsePositives: sampleWeight,
  trueNegatives: sampleWeight,
  falseNegatives: sampleWeight,
}

const outputMetrics = z
  .object({
    ...counts,
    precision: share.meta({ description: 'TP / (TP + FP).' }),
    recall: share.meta({ description: 'TP / (TP + FN).' }),
    f1: share.meta({ description: '2 TP / (2 TP + FP + FN).' }),
    jaccard: share.meta({ description: 'TP / (TP + FP + FN).' }),
    specificity,
    ...agreement,
  })
  .meta({ id: 'OutputMetrics', description: 'The metrics of one binary output.' })

const labelMetrics = z
  .object({
    precision: averages,
    recall: averages,
    f1: averages,
    jaccard: averages,
    ...agreement,
    truePositives: counts.truePositives.optional(),
    falsePositives: counts.falsePositives.optional(),
    trueNegatives: counts.trueNegatives.optional(),
    falseNegatives: counts.falseNegatives.optional(),
    specificity: specificity.optional(),
    perOutput: z.array(outputMetrics).optional().meta({ description: 'With binary labels: one for each output.' }),
    perplexity: anyNumber.optional().meta({ description: 'With loss `cross-entropy`: e to the mean loss.' }),
  })
  .meta({
    id: 'LabelMetrics',
    description:
      'As in scikit-learn with zero_division=0. With binary labels also the four counts and `specificity`. For one binary output the averages are over both classes; for several they are over the outputs, the counts are sums over the outputs, and the other numbers are means of those that are not null. All are null without weight.',
  })

const ranking = z.object({
  rocAuc: share.meta({
    description:
      'Chance that a positive sample is ranked above a negative one, ties counting half; null unless there are both.',
  }),
  averagePrecision: share.meta({
    description:
      'Sum over the distinct scores of the gain in recall times the precision; null without positive samples.',
  }),
})

const valueMetrics = z
  .object({
    rmse: anyNumber.meta({ description: 'Root of the mean of (y-t)² over samples and outputs.' }),
    r2: z
      .object({ uniformAverage: anyNumber, perOutput: z.array(anyNumber) })
      .meta({ description: 'R²; null for an output whose labels are all equal, and then the average is, too.' }),
    explainedVariance: anyNumber.meta({ description: '1 - variance of y-t / variance of t, mean over the outputs.' }),
    maxError: anyNumber.meta({ description: 'Largest |y-t| of the samples that have weight.' }),
    meanError: anyNumber.meta({ description: 'Mean of y-t over samples and outputs.' }),
  })
  .meta({ id: 'ValueMetrics', description: 'How far values are from their labels; what cannot be computed is null.' })

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
        'Standard error of the mean: sqrt(n/(n-1) sum (s_i l_i - mean w_i)^2) / weightSum, with the finite-population correction for a mini-batch without replacement; null for one sample or a loss that is not finite.',
    }),
    accuracyInterval: z
      .array(z.number())
      .length(2)
      .nullable()
      .meta({ description: '95 % Wilson interval of the accuracy.' }),
    topKAccuracy: share.optional().meta({
      description:
        'With `topK`: share of samples whose class is among the k largest predictions, weighted by s_i; of equal ones the lowest index comes first.',
    }),
    populationSize: count
      .optional()
      .meta({ description: 'With `miniBatch`: number of rows the sample was drawn from.' }),
    losses: lossesInOrder
      .optional()
      .meta({ description: 'With reduction `none`: s_i l_i in order; null if infinite, 0 for an ignored row.' }),
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
      .meta({ description: 'Counts of samples, [K][K]: rows are labels, columns are predictions.' }),
    confusionWeights: z
      .array(z.array(sampleWeight))
      .optional()
      .meta({ description: 'Sums of s_i in the same cells; without weights the same numbers.' }),
    calibration: calibration.optional(),
    metrics: z
      .union([labelMetrics, valueMetrics])
      .optional()
      .meta({ description: 'Metrics by name, weighted by s_i: of class and binary labels, or of values.' }),
    ranking: ranking
      .extend({
        perOutput: z
          .array(ranking)
          .meta({ description: 'One for each binary output, or for each class against the rest.' }),
      })
      .optional()
      .meta({
        id: 'Ranking',
        description:
          'How well the predictions rank, exactly, ties as in scikit-learn: the mean of `perOutput`, null unless all have a number.',
      }),
    gradient: z
      .union([z.array(z.array(z.number().nullable())), z.array(z.number().nullable())])
      .nullable()
      .optional()
      .meta({
        description:
          'd loss / d predictions, in the shape of predictions; the loss is the guarded and reduced one. Null unless the loss is finite.',
      }),
    spec: lossSpec.meta({
      description:
        'Every option actually used, defaults included. Sent back with the same data, it gives the same answer.',
    }),
    requestId: z.string(),
  })
  .meta({ id: 'LossAnswer', description: 'The loss, the accuracy and how far to trust them.' })
