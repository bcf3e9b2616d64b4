import { t as root, test } from 'tap'
import { appOf } from '../support.ts'
import type { Body, Mistake } from './mistakes-support.ts'
import {
  binaryCrossEntropy,
  checkRemedies,
  checkWords,
  crossEntropy,
  crossEntropyOfLogits,
  meanOf,
  mistake,
  sigmoid,
} from './mistakes-support.ts'

const app = await appOf(root)

const chances = [
  [0.2, 0.8],
  [0.9, 0.1],
  [0.6, 0.4],
]
const classes = [1, 0, 1]
const oneHot = classes.map((label) => [1 - label, label])
const truth = crossEntropy(chances, classes)
const byIndex: Body = { loss: 'cross-entropy', labelFormat: 'index', predictions: chances, labels: classes }
const logits = [
  [2.3, 0.4],
  [-1.2, 0.3],
  [0.1, 3],
]
const ofLogits = crossEntropyOfLogits(logits, classes)
const shares = [0.2, 0.9, 0.6]
const bits = [1, 0, 1]
const binary: Body = { loss: 'binary-cross-entropy', labelFormat: 'binary', predictions: shares, labels: bits }
const ofShares = binaryCrossEntropy(shares, bits)
const scores = [2.3, -1, 0.5]
const ofScores = binaryCrossEntropy(scores.map(sigmoid), bits)
const values: Body = { loss: 'mse', labelFormat: 'values', predictions: [1.5, 2.5, 4], labels: [1, 3, 2] }
const squared = meanOf([1.5, 2.5, 4], [1, 3, 2], (difference) => difference ** 2)
const absolute = meanOf([1.5, 2.5, 4], [1, 3, 2], Math.abs)

const times = (rows: readonly (readonly number[])[], factor: number) =>
  rows.map((row) => row.map((value) => Math.round(value * factor * 1e6) / 1e6))
const turned = (rows: readonly (readonly number[])[]) => rows[0].map((_, at) => rows.map((row) => row[at]))
const logs = chances.map((row) => row.map(Math.log))

/** Rows of three classes, and others of three samples. */
const three = [
  [0.7, 0.2, 0.1],
  [0.1, 0.3, 0.6],
]

const numbers: readonly Mistake[] = [
  mistake('percentages', { ...byIndex, predictions: times(chances, 100) }, 'out-of-range', ['by 100'], truth),
  mistake(
    'percentages, one row',
    { ...byIndex, predictions: [[20, 80]], labels: [1] },
    'out-of-range',
    [/percent/],
    -Math.log(0.8),
  ),
  mistake(
    'percentages with one-hot labels',
    { ...byIndex, labelFormat: 'one-hot', labels: oneHot, predictions: times(chances, 100) },
    'out-of-range',
    ['by 100'],
    truth,
  ),
  mistake(
    'percentages and one-hot labels as indices',
    { ...byIndex, labels: oneHot, predictions: times(chances, 100) },
    'shape',
    ['by 100', 'one-hot'],
    truth,
  ),
  mistake(
    'rounded percentages',
    { ...byIndex, predictions: [[33, 33, 33]], labels: [1] },
    'out-of-range',
    ['by 100', 'rowSumTolerance'],
    -Math.log(0.33),
  ),
  mistake('shares of ten', { ...byIndex, predictions: times(chances, 10) }, 'out-of-range', ['depends', 'sum to 10']),
  mistake('shares of 255', { ...byIndex, predictions: times(chances, 255) }, 'out-of-range', ['depends', 'sum to 255']),
  mistake(
    'rounded rows',
    { ...byIndex, predictions: [[0.33, 0.33, 0.33]], labels: [1] },
    'row-sum',
    ['rowSumTolerance 0.02'],
    -Math.log(0.33),
  ),
  mistake(
    'rows of two digits',
    { ...byIndex, predictions: [[0.67, 0.34]], labels: [0] },
    'row-sum',
    ['rowSumTolerance'],
    -Math.log(0.67),
  ),
  mistake(
    'a little above 1',
    { ...binary, predictions: [1.0000001, 0.9, 0.6] },
    'out-of-range',
    ['clip'],
    binaryCrossEntropy([1 - 1e-16, 0.9, 0.6], bits),
  ),
  mistake(
    'a little below 0',
    { ...binary, predictions: [0.2, -1e-9, 0.6] },
    'out-of-range',
    ['clip'],
    binaryCrossEntropy([0.2, 1e-16, 0.6], bits),
  ),
  mistake(
    'sigmoid outputs as a distribution',
    {
      ...byIndex,
      predictions: [
        [0.9, 0.8],
        [0.7, 0.1],
        [0.2, 0.3],
      ],
    },
    'row-sum',
    ['sums to 1.7'],
  ),
  mistake('logits', { ...byIndex, predictions: logits }, 'out-of-range', ['predictionFormat "logits"'], ofLogits),
  mistake(
    'logits, all positive',
    { ...byIndex, predictions: [[2.3, 0.4]], labels: [0] },
    'out-of-range',
    ['"logits"'],
    crossEntropyOfLogits([[2.3, 0.4]], [0]),
  ),
  mistake(
    'logits with one-hot labels as indices',
    { ...byIndex, predictions: logits, labels: oneHot },
    'shape',
    ['"logits"', '"one-hot"'],
    ofLogits,
  ),
  mistake(
    'logits with labels from 1',
    { ...byIndex, predictions: logits, labels: [2, 1, 2] },
    'out-of-range',
    ['"logits"', 'count from 0'],
    ofLogits,
  ),
  mistake('log-probabilities', { ...byIndex, predictions: logs }, 'out-of-range', ['"log-probabilities"'], truth),
  mistake(
    'negative log-probabilities',
    { ...byIndex, predictionFormat: 'log-probabilities', predictions: logs.map((row) => row.map((value) => -value)) },
    'out-of-range',
    ['opposite sign'],
    truth,
  ),
  mistake(
    'probabilities as logarithms',
    { ...byIndex, predictionFormat: 'log-probabilities' },
    'out-of-range',
    ['"probabilities"'],
    truth,
  ),
  mistake(
    'logits as logarithms',
    { ...byIndex, predictionFormat: 'log-probabilities', predictions: logits },
    'out-of-range',
    ['"logits"'],
    ofLogits,
  ),
  mistake('binary logits', { ...binary, predictions: scores }, 'out-of-range', ['"logits"'], ofScores),
  mistake('binary percentages or logits', { ...binary, predictions: [20, 90, 60] }, 'out-of-range', [
    'depends',
    'by 100',
    '"logits"',
  ]),
  mistake('binary logarithms or logits', { ...binary, predictions: [-2, -0.1, -3] }, 'out-of-range', [
    'depends',
    '"log-probabilities"',
    '"logits"',
  ]),
  mistake(
    'labels from 1 to K',
    { ...byIndex, labels: [2, 1, 2] },
    'out-of-range',
    ['Classes count from 0', 'subtract 1'],
    truth,
  ),
  mistake(
    'labels from 1, as one-hot',
    { ...byIndex, labelFormat: 'one-hot', labels: [2, 1, 2] },
    'shape',
    ['subtract 1', '"index"'],
    truth,
  ),
  mistake(
    'padding of -100',
    { ...byIndex, labels: [1, -100, 1] },
    'out-of-range',
    ['ignoreIndex -100'],
    crossEntropy([chances[0], chances[2]], [1, 1]),
  ),
  mistake(
    'padding of -1',
    { ...byIndex, predictions: three, labels: [2, -1] },
    'out-of-range',
    ['ignoreIndex -1'],
    -Math.log(0.1),
  ),
  mistake(
    'padding of 255',
    { ...byIndex, predictions: three, labels: [255, 1] },
    'out-of-range',
    ['ignoreIndex 255'],
    -Math.log(0.3),
  ),
  mistake('a label far off', { ...byIndex, labels: [1, 7, 0] }, 'out-of-range', ['0 to 1']),
  mistake('a label below 0 that is no marker', { ...byIndex, labels: [1, -7, 0] }, 'out-of-range', ['0 to 1']),
  mistake('fractions as indices', { ...byIndex, labels: [0.5, 1, 0] }, 'out-of-range', ['0 to 1']),
  mistake(
    'one-hot rows as indices',
    { ...byIndex, labels: oneHot },
    'shape',
    ['One-hot rows are declared with labelFormat "one-hot"'],
    truth,
  ),
  mistake('indices as one-hot rows', { ...byIndex, labelFormat: 'one-hot' }, 'shape', ['labelFormat "index"'], truth),
  mistake(
    'indices as probabilities',
    { ...byIndex, labelFormat: 'probabilities' },
    'shape',
    ['labelFormat "index"'],
    truth,
  ),
  mistake(
    'soft labels as one-hot rows',
    {
      ...byIndex,
      labelFormat: 'one-hot',
      labels: [
        [0.5, 0.5],
        [1, 0],
        [0, 1],
      ],
    },
    'out-of-range',
    ['labelFormat "probabilities"'],
    (-Math.log(0.2) / 2 - Math.log(0.8) / 2 - Math.log(0.9) - Math.log(0.4)) / 3,
  ),
  mistake('a column of indices', { ...byIndex, labels: [[1], [0], [1]] }, 'shape', ['labels.ravel()'], truth),
  mistake('a row of indices', { ...byIndex, labels: [[1, 0, 1]] }, 'shape', ['labels.ravel()'], truth),
  mistake('class names', { ...byIndex, labels: ['cat', 'dog', 'cat'] }, 'not-a-number', [
    'number of a class, counted from 0',
  ]),
  mistake(
    'indices as text',
    { ...byIndex, labels: ['1', '0', '1'] },
    'not-a-number',
    ['without quotation marks'],
    truth,
  ),
  mistake(
    'indices from 1 as text',
    { ...byIndex, labels: ['2', '1', '2'] },
    'not-a-number',
    ['without quotation marks', 'subtract 1'],
    truth,
  ),
  mistake(
    'probabilities as text',
    { ...byIndex, predictions: chances.map((row) => row.map(String)) },
    'not-a-number',
    ['without quotation marks'],
    truth,
  ),
  mistake('an empty text', { ...byIndex, labels: ['', '0', '1'] }, 'not-a-number', ['is a string']),
  mistake('null among labels', { ...byIndex, labels: [1, null, 0] }, 'not-a-number', [
    'null, which many programs write for NaN',
  ]),
  mistake('null among predictions', { ...values, predictions: [1, null, 2] }, 'not-a-number', [
    'null, which many programs write for NaN',
  ]),
  mistake('true and false as indices', { ...byIndex, labels: [true, false, true] }, 'not-a-number', [
    'labels[0] is true',
  ]),
  mistake('an object among labels', { ...byIndex, labels: [{}, 0, 1] }, 'not-a-number', ['an object']),
  mistake(
    'one column of logits',
    { ...byIndex, predictions: [[2.3], [-1], [0.5]], labels: bits },
    'too-few-outputs',
    ['at least 2 outputs', 'binary-cross-entropy'],
    ofScores,
  ),
  mistake(
    'one column of probabilities',
    { ...byIndex, predictions: shares.map((value) => [value]), labels: bits },
    'too-few-outputs',
    ['at least 2 outputs', 'binary-cross-entropy'],
    ofShares,
  ),
  mistake(
    'one column for KL divergence',
    { loss: 'kl-divergence', labelFormat: 'probabilities', predictions: [[1], [1]], labels: [[1], [1]] },
    'too-few-outputs',
    ['at least 2 outputs'],
  ),
  mistake(
    'a list of probabilities of 1',
    { ...byIndex, predictions: shares, labels: bits },
    'shape',
    ['binary-cross-entropy'],
    ofShares,
  ),
  mistake(
    'transposed rows',
    { ...byIndex, predictions: turned(chances) },
    'shape',
    ['transpose', 'predictions.T'],
    truth,
  ),
  mistake('transposed logits', { ...byIndex, predictionFormat: 'logits', predictions: turned(logits) }, 'shape', [
    'If the columns of predictions are the samples, transpose it',
  ]),
  mistake(
    'transposed logits of one-hot labels',
    { ...byIndex, labelFormat: 'one-hot', labels: oneHot, predictionFormat: 'logits', predictions: turned(logits) },
    'shape',
    ['predictions.T'],
    ofLogits,
  ),
  mistake(
    'transposed rows of one-hot labels',
    { ...byIndex, labelFormat: 'one-hot', labels: oneHot, predictions: turned(chances) },
    'shape',
    ['predictions.T'],
    truth,
  ),
  mistake(
    'transposed square',
    {
      ...byIndex,
      predictions: turned([
        [0.7, 0.3],
        [0.4, 0.6],
      ]),
      labels: [0, 1],
    },
    'row-sum',
    ['predictions.T'],
    -(Math.log(0.7) + Math.log(0.6)) / 2,
  ),
  mistake('more rows than labels', { ...byIndex, labels: [1, 0] }, 'shape', ['2 numbers', '3 samples']),
  mistake('more labels than rows', { ...byIndex, labels: [1, 0, 1, 1] }, 'shape', ['4 numbers', '3 samples']),
  mistake('one label', { ...byIndex, labels: [1] }, 'shape', ['1 number,', '3 samples']),
  mistake('a bare label', { ...byIndex, labels: 1 }, 'shape', ['single number']),
  mistake('ragged rows', { ...byIndex, predictions: [[0.2, 0.8], [1]] }, 'shape', ['predictions[1] has 1 number']),
  mistake('three dimensions', { ...byIndex, predictions: [[[0.2, 0.8]]] }, 'shape', ['at most 2 dimensions']),
  mistake('no rows', { ...byIndex, predictions: [], labels: [] }, 'empty', ['at least one sample']),
  mistake('an empty row', { ...byIndex, predictions: [[]], labels: [0] }, 'empty', ['at least one number']),
  mistake('predictions as text', { ...byIndex, predictions: 'p.npy' }, 'shape', ['not an array of numbers']),
  mistake(
    'columns and a list',
    { ...values, predictions: [[1.5], [2.5], [4]] },
    'shape',
    ['predictions.ravel()'],
    squared,
  ),
  mistake('a list and columns', { ...values, labels: [[1], [3], [2]] }, 'shape', ['labels.ravel()'], squared),
  mistake(
    'hinge with -1 and 1',
    { loss: 'hinge', labelFormat: 'binary', predictions: [0.7, -0.2], labels: [1, -1] },
    'out-of-range',
    ['Use 0 for -1'],
    (0.3 + 0.8) / 2,
  ),
  mistake(
    'squared hinge with -1 and 1',
    { loss: 'squared-hinge', labelFormat: 'binary', predictions: [0.7, -0.2], labels: [1, -1] },
    'out-of-range',
    ['Use 0 for -1'],
    (0.09 + 0.64) / 2,
  ),
  mistake('binary labels of -1 and 1', { ...binary, labels: [1, -1, 1] }, 'out-of-range', ['Use 0 for -1'], ofShares),
  mistake('binary labels of 1 and 2', { ...binary, labels: [2, 1, 2] }, 'out-of-range', ['subtract 1'], ofShares),
  mistake(
    'soft binary labels',
    { ...binary, labels: [0.5, 0, 1] },
    'out-of-range',
    ['labelFormat "probabilities"'],
    (-Math.log(0.2) / 2 - Math.log(0.8) / 2 - Math.log(0.1) - Math.log(0.6)) / 3,
  ),
  mistake(
    'binary labels of a loss of values',
    { ...values, labelFormat: 'binary' },
    'out-of-range',
    ['labelFormat "values"'],
    squared,
  ),
  mistake('-1 and 1 of a loss of values', { ...values, labelFormat: 'binary', labels: [1, -1, 1] }, 'out-of-range', [
    'depends',
    'Use 0 for -1',
    '"values"',
  ]),
  mistake(
    'rows of classes for binary cross-entropy',
    { ...byIndex, loss: 'binary-cross-entropy', labelFormat: 'binary' },
    'shape',
    ['loss "cross-entropy"'],
    truth,
  ),
  mistake(
    'soft labels in percent',
    { ...byIndex, labelFormat: 'probabilities', labels: times(oneHot, 100) },
    'out-of-range',
    ['by 100'],
    truth,
  ),
  mistake(
    'soft labels that are rounded',
    {
      loss: 'cross-entropy',
      labelFormat: 'probabilities',
      predictions: [[0.2, 0.5, 0.3]],
      labels: [[0.33, 0.33, 0.33]],
    },
    'row-sum',
    ['rowSumTolerance'],
    -0.33 * (Math.log(0.2) + Math.log(0.5) + Math.log(0.3)),
  ),
  mistake(
    'labels of 0 for mape',
    { loss: 'mape', labelFormat: 'values', predictions: [1, 2], labels: [0, 1] },
    'out-of-range',
    ['mape'],
  ),
  mistake(
    '-1 for msle',
    { loss: 'msle', labelFormat: 'values', predictions: [1, -1], labels: [2, 1] },
    'out-of-range',
    ['msle'],
  ),
  mistake('a negative weight', { ...values, sampleWeights: [1, -1, 1] }, 'out-of-range', ['weights must be']),
  mistake('a weight too few', { ...values, sampleWeights: [1, 1] }, 'shape', ['3 samples']),
  mistake('a class weight too many', { ...byIndex, classWeights: [1, 2, 3] }, 'shape', ['2 outputs']),
  mistake('topK above K', { ...byIndex, topK: 5 }, 'out-of-range', ['2 outputs']),
  mistake('a mini-batch above N', { ...values, miniBatch: { size: 9, seed: 1, replacement: false } }, 'out-of-range', [
    '3 rows',
  ]),
]

/** Names of losses as others write them, for a batch whose loss is known. */
function named(body: Body, meant: number, ...names: string[]): Mistake[] {
  const { loss } = body
  return names.map((name) =>
    mistake(`loss ${name}`, { ...body, loss: name }, 'unknown-value', [`did you mean "${loss}"`], meant),
  )
}

const ofRows: Body = { ...byIndex, predictionFormat: 'probabilities' }
const kl: Body = { loss: 'kl-divergence', labelFormat: 'probabilities', predictions: chances, labels: chances }

const names: readonly Mistake[] = [
  ...named(
    values,
    squared,
    'MSE',
    'MSELoss',
    'mse_loss',
    'mean_squared_error',
    'MeanSquaredError',
    'l2',
    'L2Loss',
    'squared_error',
    'meanSquaredError',
    'quadratic',
  ),
  ...named(
    { ...values, loss: 'mae' },
    absolute,
    'MAE',
    'L1Loss',
    'l1',
    'l1_loss',
    'mean_absolute_error',
    'MeanAbsoluteError',
    'absolute_error',
    'absoluteDifference',
  ),
  ...named({ ...values, loss: 'sse' }, 3 * squared, 'SSE', 'sum_of_squares', 'rss', 'sum_squared_error'),
  ...named(
    byIndex,
    truth,
    'crossentropy',
    'cross_entropy',
    'CrossEntropyLoss',
    'CrossEntropy',
    'cross entropy',
    'ce',
    'xent',
    'softmax',
    'cross-entropyy',
    'sparse_categorical_crossentropy',
    'SparseCategoricalCrossentropy',
    'scce',
  ),
  ...named(
    { ...byIndex, labelFormat: 'one-hot', labels: oneHot },
    truth,
    'categorical_crossentropy',
    'CategoricalCrossentropy',
    'categoricalCrossentropy',
    'cce',
  ),
  ...named(
    { ...byIndex, predictions: logs, predictionFormat: 'log-probabilities' },
    truth,
    'nll',
    'NLLLoss',
    'nll_loss',
    'negative_log_likelihood',
  ),
  ...named(
    { ...byIndex, predictions: logits, predictionFormat: 'logits' },
    ofLogits,
    'softmaxCrossEntropy',
    'softmax_cross_entropy_with_logits',
  ),
  ...named(ofRows, truth, 'log_loss', 'logloss', 'log-loss', 'logistic_loss'),
  ...named(
    binary,
    ofShares,
    'bce',
    'BCE',
    'BCELoss',
    'binary_crossentropy',
    'BinaryCrossentropy',
    'binaryCrossEntropy',
    'binary_cross_entropy',
  ),
  ...named(
    { ...binary, predictions: scores, predictionFormat: 'logits' },
    ofScores,
    'BCEWithLogitsLoss',
    'sigmoidCrossEntropy',
    'binary_cross_entropy_with_logits',
    'sigmoid_cross_entropy_with_logits',
  ),
  ...named(kl, 0, 'kl', 'KLDivLoss', 'kl_div', 'kld', 'kullback_leibler_divergence', 'KLDivergence'),
  ...named({ ...values, loss: 'huber' }, meanOf([1.5, 2.5, 4], [1, 3, 2], huber), 'HuberLoss', 'Huber', 'hubber'),
  ...named(
    { ...values, loss: 'smooth-l1' },
    meanOf([1.5, 2.5, 4], [1, 3, 2], huber),
    'SmoothL1Loss',
    'smooth_l1_loss',
    'smoothL1',
  ),
  ...named(
    { ...values, loss: 'log-cosh' },
    meanOf([1.5, 2.5, 4], [1, 3, 2], (d) => Math.log(Math.cosh(d))),
    'LogCosh',
    'logcosh',
    'log_cosh',
  ),
  ...named(
    { ...values, loss: 'quantile' },
    absolute / 2,
    'pinball',
    'pinball_loss',
    'mean_pinball_loss',
    'quantile_loss',
  ),
  ...named(
    { ...values, loss: 'mape' },
    (0.5 / 1 + 0.5 / 3 + 2 / 2) / 3,
    'mean_absolute_percentage_error',
    'MeanAbsolutePercentageError',
    'MAPE',
  ),
  ...named(
    { ...values, loss: 'msle' },
    meanOf([1.5, 2.5, 4].map(Math.log1p), [1, 3, 2].map(Math.log1p), (d) => d ** 2),
    'mean_squared_log_error',
    'MeanSquaredLogarithmicError',
  ),
  ...named(
    { loss: 'brier', labelFormat: 'binary', predictions: shares, labels: bits },
    meanOf(shares, bits, (d) => d ** 2),
    'brier_score',
    'brier_score_loss',
    'BrierScore',
  ),
  ...named(
    { loss: 'hinge', labelFormat: 'binary', predictions: [0.7, -0.2], labels: [1, 0] },
    0.55,
    'hinge_loss',
    'Hinge',
  ),
  ...named(
    { loss: 'poisson', labelFormat: 'values', predictions: [0, 0], labels: [1, 2] },
    1,
    'PoissonNLLLoss',
    'poisson_nll_loss',
  ),
  ...[
    'rmse',
    'smape',
    'mase',
    'r2',
    'accuracy',
    'auc',
    'f1',
    'HingeEmbeddingLoss',
    'CosineSimilarity',
    'TripletMarginLoss',
    'categorical_hinge',
    'CTCLoss',
    'GaussianNLLLoss',
    'x',
    '',
  ].map((name): Mistake => mistake(`loss ${name}`, { ...values, loss: name }, 'unknown-value', [/received "[^"]*"$/])),
]

function huber(difference: number): number {
  const size = Math.abs(difference)
  return size < 1 ? size ** 2 / 2 : size - 0.5
}

/** Words for a field that has one of ours, for a batch whose loss is known. */
function worded(field: string, body: Body, meant: number, ...words: string[]): Mistake[] {
  const { [field]: own } = body
  return words.map((word) =>
    mistake(`${field} ${word}`, { ...body, [field]: word }, 'unknown-value', [`did you mean "${own}"`], meant),
  )
}

const words: readonly Mistake[] = [
  ...worded('labelFormat', byIndex, truth, 'sparse', 'indices', 'class', 'Index', 'integer', 'class-index', 'int'),
  ...worded(
    'labelFormat',
    { ...byIndex, labelFormat: 'one-hot', labels: oneHot },
    truth,
    'onehot',
    'one_hot',
    'categorical',
    'OneHot',
  ),
  ...worded(
    'labelFormat',
    { ...byIndex, labelFormat: 'probabilities', labels: oneHot },
    truth,
    'soft',
    'probs',
    'distribution',
  ),
  ...worded('labelFormat', binary, ofShares, 'multilabel', 'multi-label', 'bool', 'multi-hot'),
  ...worded('labelFormat', values, squared, 'regression', 'continuous', 'float', 'numeric'),
  ...worded(
    'predictionFormat',
    { ...byIndex, predictionFormat: 'probabilities' },
    truth,
    'softmax',
    'probs',
    'proba',
    'probability',
  ),
  ...worded(
    'predictionFormat',
    { ...byIndex, predictions: logits, predictionFormat: 'logits' },
    ofLogits,
    'logit',
    'scores',
    'from_logits',
  ),
  ...worded(
    'predictionFormat',
    { ...byIndex, predictions: logs, predictionFormat: 'log-probabilities' },
    truth,
    'log_probs',
    'logSoftmax',
    'log-softmax',
  ),
  ...worded(
    'reduction',
    { ...values, reduction: 'mean' },
    squared,
    'average',
    'avg',
    'batchmean',
    'sum_over_batch_size',
  ),
  ...worded('reduction', { ...values, reduction: 'sum' }, 3 * squared, 'total'),
  mistake(
    'labelFormat binary for classes',
    { ...byIndex, labelFormat: 'binary' },
    'unknown-value',
    ['labelFormat "index"'],
    truth,
  ),
  mistake(
    'labelFormat values for classes',
    { ...byIndex, labelFormat: 'values' },
    'unknown-value',
    ['labelFormat "index"'],
    truth,
  ),
  mistake('no labelFormat, indices', { ...byIndex, labelFormat: undefined }, 'missing', ['would fit "index"'], truth),
  mistake('no labelFormat, one-hot rows', { ...byIndex, labelFormat: undefined, labels: oneHot }, 'missing', [
    'would fit "one-hot", "probabilities"',
  ]),
  mistake(
    'no labelFormat, indices from 1',
    { ...byIndex, labelFormat: undefined, labels: [2, 1, 2] },
    'missing',
    ['would fit "index"', 'subtract 1'],
    truth,
  ),
  mistake(
    'no labelFormat, logits',
    { ...byIndex, labelFormat: undefined, predictions: logits },
    'missing',
    ['would fit "index"', '"logits"'],
    ofLogits,
  ),
  mistake('no labelFormat, values', { ...values, labelFormat: undefined }, 'missing', ['would fit "values"'], squared),
  mistake('no labelFormat, binary', { ...binary, labelFormat: undefined }, 'missing', [
    'would fit "probabilities", "binary"',
  ]),
  mistake(
    'no labelFormat, soft labels',
    { ...binary, labelFormat: undefined, labels: [0.2, 0.9, 0.6] },
    'missing',
    ['would fit "probabilities"'],
    binaryCrossEntropySoft(shares),
  ),
  mistake('no labelFormat, nothing fits', { ...byIndex, labelFormat: undefined, labels: [9, 9, 9] }, 'missing', [
    'cannot be distinguished',
  ]),
  mistake('no loss', { ...byIndex, loss: undefined }, 'missing', ['loss is missing']),
  mistake('no labels', { ...byIndex, labels: undefined }, 'missing', ['labels is missing']),
  mistake('no predictions', { ...byIndex, predictions: undefined }, 'missing', ['predictions is missing']),
  mistake('nothing', {}, 'missing', ['loss is missing']),
  renamed('predictions', values, squared, 'y_pred'),
  renamed('predictions', values, squared, 'preds'),
  renamed('predictions', values, squared, 'yhat'),
  renamed('predictions', values, squared, 'prediction'),
  renamed('labels', values, squared, 'y_true'),
  renamed('labels', values, squared, 'targets'),
  renamed('labels', values, squared, 'target'),
  renamed('labels', values, squared, 'label'),
  renamed('labels', values, squared, 'ground_truth'),
  renamed('sampleWeights', { ...values, sampleWeights: [1, 1, 1] }, squared, 'sample_weight'),
  renamed('sampleWeights', { ...values, sampleWeights: [1, 1, 1] }, squared, 'sample_weights'),
  renamed('classWeights', { ...byIndex, classWeights: [1, 1] }, truth, 'class_weight'),
  renamed('classWeights', { ...byIndex, classWeights: [1, 1] }, truth, 'class_weights'),
  renamed('positiveWeight', { ...binary, positiveWeight: 1 }, ofShares, 'pos_weight'),
  renamed('epsilon', { ...byIndex, epsilon: 1e-7 }, truth, 'eps'),
  renamed('ignoreIndex', { ...byIndex, ignoreIndex: -100 }, truth, 'ignore_index'),
  renamed('labelSmoothing', { ...byIndex, labelSmoothing: 0 }, truth, 'label_smoothing'),
  renamed('labelFormat', byIndex, truth, 'label_format'),
  renamed('predictionFormat', { ...byIndex, predictionFormat: 'probabilities' }, truth, 'prediction_format'),
  mistake('an unknown field', { ...values, zebra: 1 }, 'unknown-field', ['"zebra"']),
  mistake(
    'a number as text',
    { ...values, loss: 'huber', delta: '1' },
    'wrong-type',
    ['Send delta 1'],
    meanOf([1.5, 2.5, 4], [1, 3, 2], huber),
  ),
  mistake(
    'a truth value as text',
    { loss: 'poisson', labelFormat: 'values', logInput: 'true', predictions: [0], labels: [1] },
    'wrong-type',
    ['Send logInput true'],
    1,
  ),
  mistake(
    'a part as text',
    { ...values, include: 'metrics' },
    'wrong-type',
    [/^include must be a list/, 'Send include ["metrics"]'],
    squared,
  ),
  mistake(
    'a misspelt part',
    { ...byIndex, include: ['per_class'] },
    'unknown-value',
    ['did you mean "perClass"'],
    truth,
  ),
  mistake(
    'a part of values',
    { ...values, include: ['confusion', 'metrics'] },
    'not-available',
    ['include ["metrics"]'],
    squared,
  ),
  mistake('threshold of values', { ...values, threshold: 0.7 }, 'no-effect', ['no effect']),
  mistake('class weights of values', { ...values, classWeights: [1] }, 'no-effect', ['no effect']),
  mistake('ignoreIndex of values', { ...values, ignoreIndex: -1 }, 'no-effect', ['labelFormat "index"']),
  mistake('gamma of cross-entropy', { ...byIndex, gamma: 1 }, 'no-effect', ['loss "focal"']),
  mistake('delta below 0', { ...values, loss: 'huber', delta: -1 }, 'out-of-range', ['> 0']),
  mistake('label smoothing of 1', { ...byIndex, labelSmoothing: 1 }, 'out-of-range', ['< 1']),
  mistake('epsilon of 0', { ...byIndex, epsilon: 0 }, 'out-of-range', ['> 0']),
  mistake('a mini-batch of nothing', { ...values, miniBatch: { size: 0, seed: 1 } }, 'out-of-range', ['at least 1']),
  mistake('a mini-batch without a seed', { ...values, miniBatch: { size: 1 } }, 'missing', [
    'miniBatch.seed is missing',
  ]),
]

function binaryCrossEntropySoft(labels: readonly number[]): number {
  return binaryCrossEntropy(shares, labels)
}

function renamed(field: string, body: Body, meant: number, name: string): Mistake {
  const { [field]: value, ...rest } = body
  const isMissing = field === 'labelFormat'
  return mistake(
    `${name} for ${field}`,
    { ...rest, [name]: value },
    isMissing ? 'missing' : 'unknown-field',
    [`"${field}"`],
    meant,
  )
}

const all = [...numbers, ...names, ...words]

test('each mistake is refused with its code and its words', async (t) => {
  for (const mistake of all) await checkWords(t, app, mistake)
})

test('every remedy leads to the loss that was meant, and none is offered where nobody can know', async (t) => {
  let count = 0
  for (const mistake of all) count += await checkRemedies(t, app, mistake)
  t.ok(count > 150, `${count} remedies`)
})
