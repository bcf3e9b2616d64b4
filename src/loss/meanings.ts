import type { Include, LabelFormat, LogPolicy, PredictionFormat, Reduction } from './formats.ts'

/** What each word of an enum means, as the document explains it. */
export type Meanings<Word extends string = string> = Readonly<Record<Word, string>>

export const labelFormatMeanings: Meanings<LabelFormat> = {
  'one-hot': 'rows with exactly one 1 and all others 0, in the shape of `predictions`',
  index:
    'one class per sample, an integer from 0 to K - 1, a name in `classes`, or `ignoreIndex`; a single sample may have one bare label',
  probabilities: 'numbers from 0 to 1, in the shape of `predictions`',
  binary: '0 or 1, in the shape of `predictions`',
  values: 'numbers, in the shape of `predictions`',
}

export const predictionFormatMeanings: Meanings<PredictionFormat> = {
  probabilities: 'numbers from 0 to 1, as from a softmax or sigmoid',
  logits: 'scores, any numbers, before the softmax or sigmoid',
  'log-probabilities': 'logarithms of probabilities, at most 0',
  values: 'numbers on the scale of the labels, or the scores that a margin loss takes',
}

export const reductionMeanings: Meanings<Reduction> = {
  mean: 'the weighted mean, sum s_i l_i / sum w_i',
  sum: 'the weighted sum, sum s_i l_i',
  none: 'the weighted mean, and the answer also has `losses`, one for each row',
}

export const logPolicyMeanings: Meanings<LogPolicy> = {
  'add-epsilon': 'log(y + e)',
  clip: 'log(min(max(y, e), 1 - e))',
  clamp: 'max(log y, -100)',
  exact: 'log y, with 0 log 0 = 0; the loss can be infinite',
}

export const includeMeanings: Meanings<Include> = {
  perSample: 'the loss of each row, and whether its decision is correct',
  perClass: 'samples, loss, recall and precision of each class',
  confusion: 'the confusion matrix, in samples',
  confusionWeights: 'the confusion matrix, in sums of s_i',
  calibration: 'confidence against accuracy in 15 bins, with the expected calibration error',
  metrics: 'metrics such as F1 and the Matthews correlation coefficient, or RMSE and R² for values',
  ranking: 'ROC AUC and average precision',
  gradient: 'd loss / d predictions',
  intervals: '95 % intervals for the metrics',
}

/** "`mean`: the mean. `sum`: the sum." */
export function explained<Word extends string>(words: readonly Word[], meanings: Meanings<Word>): string {
  return words.map((word) => `\`${word}\`: ${meanings[word]}.`).join(' ')
}
