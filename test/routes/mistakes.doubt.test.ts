import { t as root, test } from 'tap'
import { appOf } from '../support.ts'
import type { Body, Mistake } from './mistakes-support.ts'
import {
  binaryCrossEntropy,
  checkRemedies,
  checkWords,
  crossEntropy,
  crossEntropyOfLogits,
  mistake,
  sigmoid,
} from './mistakes-support.ts'

const app = await appOf(root)

const classes: Body = { loss: 'cross-entropy', labelFormat: 'index' }
const logits: Body = { ...classes, predictionFormat: 'logits' }
const binary: Body = { loss: 'binary-cross-entropy', labelFormat: 'binary' }
const chances = [
  [0.2, 0.8],
  [0.9, 0.1],
  [0.6, 0.4],
]

/** So many rows that what they have in common is no accident. */
const many = <Row>(rows: readonly Row[]): Row[] => Array.from({ length: 6 }, () => rows).flat()

const depends = 'Which of these is right depends on what the numbers mean.'

/** Data that may mean several things, or look like what they are not. */
const mistakes: readonly Mistake[] = [
  mistake(
    'logits whose rows happen to have the same sum',
    {
      ...classes,
      predictions: [
        [2, 1],
        [1, 2],
        [3, 0],
      ],
      labels: [0, 1, 0],
    },
    'out-of-range',
    [depends, 'sum to 3', 'predictionFormat "logits"'],
  ),
  mistake(
    'many rows with the same sum',
    { ...classes, predictions: many(chances.map((row) => row.map((p) => 10 * p))), labels: many([1, 0, 1]) },
    'out-of-range',
    [/divide them by 10\.$/],
    crossEntropy(chances, [1, 0, 1]),
  ),
  mistake(
    'a row that is near 1, and has more digits than rounding explains',
    { ...classes, predictions: [[0.45, 0.62]], labels: [0] },
    'row-sum',
    [/within rowSumTolerance 0\.001\.?$/],
  ),
  mistake('sigmoid outputs whose sum is near 1', { ...classes, predictions: [[0.2, 0.9]], labels: [1] }, 'row-sum', [
    /within rowSumTolerance 0\.001\.?$/,
  ]),
  mistake(
    'rows in the precision of bfloat16',
    { ...classes, predictions: [[0.3339844, 0.6679688]], labels: [1] },
    'row-sum',
    ['rowSumTolerance'],
    -Math.log(0.6679688),
  ),
  mistake(
    'logarithms whose exponentials are near 1, and not by rounding',
    { ...classes, predictions: [[-0.9163, -0.4308]], labels: [0] },
    'out-of-range',
    ['predictionFormat "logits"'],
    crossEntropyOfLogits([[-0.9163, -0.4308]], [0]),
  ),
  mistake(
    'rounded logarithms',
    { ...classes, predictions: [[-1.61, -0.22]], labels: [1] },
    'out-of-range',
    ['predictionFormat "log-probabilities"'],
    0.22,
  ),
  mistake(
    'what a model that ends in log-softmax gives, with the opposite sign',
    { ...classes, predictions: chances.map((row) => row.map((p) => -Math.log(p))), labels: [1, 0, 1] },
    'out-of-range',
    ['predictionFormat "log-probabilities"', 'multiply predictions by -1'],
    crossEntropy(chances, [1, 0, 1]),
  ),
  mistake(
    'percentages for NLLLoss',
    { ...classes, loss: 'NLLLoss', predictions: chances.map((row) => row.map((p) => 100 * p)), labels: [1, 0, 1] },
    'unknown-value',
    ['divide by 100'],
    crossEntropy(chances, [1, 0, 1]),
  ),
  mistake('no label but -1', { ...classes, predictions: chances, labels: [-1, -1, -1] }, 'out-of-range', [
    /one of the 2 outputs of predictions\.?$/,
  ]),
  mistake(
    'small logits of rows',
    { ...classes, predictions: [[1e-4, -2e-4]], labels: [1] },
    'out-of-range',
    [/predictionFormat "logits"\.$/],
    crossEntropyOfLogits([[1e-4, -2e-4]], [1]),
  ),
  mistake(
    'logits of a model that has not learnt yet',
    { ...binary, predictions: [1e-4, -2e-4, 3e-4], labels: [1, 0, 1] },
    'out-of-range',
    [depends, 'clip', 'predictionFormat "logits"'],
  ),
  mistake('small logits', { ...binary, predictions: [0.9, -5e-4, 0.3], labels: [1, 0, 1] }, 'out-of-range', [
    depends,
    'clip',
    'predictionFormat "logits"',
  ]),
  mistake(
    'padding of -1 beside both classes',
    { ...classes, predictions: chances, labels: [1, -1, 0] },
    'out-of-range',
    [/declared with ignoreIndex -1\.$/],
    crossEntropy([chances[0], chances[2]], [1, 0]),
  ),
  mistake('labels of -1 and 1, or padding', { ...classes, predictions: chances, labels: [1, -1, 1] }, 'out-of-range', [
    depends,
    'Use 0 for -1 in labels',
    'ignoreIndex -1',
  ]),
  mistake(
    'many labels of -1 and 1',
    { ...classes, predictions: many(chances), labels: many([1, -1, 1]) },
    'out-of-range',
    [/Use 0 for -1 in labels\.$/],
    crossEntropy(chances, [1, 0, 1]),
  ),
  mistake(
    'three values of binary labels',
    { ...binary, predictions: [0.2, 0.9, 0.6], labels: [1, 0, -1] },
    'out-of-range',
    [/needs 0 or 1\.?$/],
  ),
  mistake(
    'three values of binary labels, for a loss of values',
    { loss: 'mse', labelFormat: 'binary', predictions: [0.2, 0.9, 0.6], labels: [1, 0, -1] },
    'out-of-range',
    [/declared with labelFormat "values"\.$/],
    (0.8 ** 2 + 0.9 ** 2 + 1.6 ** 2) / 3,
  ),
  mistake(
    'fewer labels than rows of logits',
    {
      ...logits,
      predictions: [
        [1, 2],
        [3, 4],
        [0, 1],
      ],
      labels: [1, 0],
    },
    'shape',
    [/If the columns of predictions are the samples, transpose it\.$/],
  ),
  mistake(
    'a list of logits: one sample or several',
    { ...classes, predictions: [2.3, -1, 0.5], labels: [0, 0, 1] },
    'shape',
    [depends, 'labelFormat "one-hot"', 'loss "binary-cross-entropy"'],
  ),
  mistake(
    'a list of probabilities that sum to 1',
    { ...classes, predictions: [0.2, 0.3, 0.5], labels: [0, 0, 1] },
    'shape',
    [/declared with labelFormat "one-hot"\.$/],
    -Math.log(0.5),
  ),
  mistake(
    'a column of logits with a single positive label',
    { ...classes, predictions: [[2.3], [-1], [0.5]], labels: [0, 0, 1] },
    'too-few-outputs',
    ['loss "binary-cross-entropy"'],
    binaryCrossEntropy([2.3, -1, 0.5].map(sigmoid), [0, 0, 1]),
  ),
  mistake(
    'labelFormat in other letters',
    { loss: 'cross-entropy', LabelFormat: 'index', predictions: chances, labels: [1, 0, 1] },
    'missing',
    [/reliably\. Rename "LabelFormat" to "labelFormat"\.$/],
    crossEntropy(chances, [1, 0, 1]),
  ),
  mistake(
    'class indices for binary cross-entropy',
    { ...binary, labelFormat: 'index', predictions: [0.2, 0.9], labels: [1, 0] },
    'unknown-value',
    [/The labels that came would fit "probabilities", "binary"\.$/],
  ),
  mistake('from_logits', { ...classes, from_logits: true, predictions: [[2, -1]], labels: [0] }, 'unknown-field', [
    'did you mean "predictionFormat"?',
  ]),
  mistake(
    'weight, as long as there are classes',
    { ...classes, weight: [1, 1], predictions: chances, labels: [1, 0, 1] },
    'unknown-field',
    ['did you mean "sampleWeights" or "classWeights"?', 'Rename "weight" to "classWeights".'],
    crossEntropy(chances, [1, 0, 1]),
  ),
  mistake(
    'weights, as long as there are samples',
    { ...classes, weights: [1, 1, 1], predictions: chances, labels: [1, 0, 1] },
    'unknown-field',
    ['did you mean "sampleWeights" or "classWeights"?', 'Rename "weights" to "sampleWeights".'],
    crossEntropy(chances, [1, 0, 1]),
  ),
  mistake(
    'weights of as many samples as classes',
    { ...classes, weights: [1, 1], predictions: chances.slice(0, 2), labels: [1, 0] },
    'unknown-field',
    [/did you mean "sampleWeights" or "classWeights"\?$/],
  ),
  mistake(
    'the names of PyTorch',
    { ...classes, input: chances, target: [1, 0, 1] },
    'unknown-field',
    ['Rename "input" to "predictions".', 'Rename "target" to "labels".'],
    crossEntropy(chances, [1, 0, 1]),
  ),
  mistake(
    'outputs for predictions',
    { ...classes, outputs: chances, labels: [1, 0, 1] },
    'unknown-field',
    ['Rename "outputs" to "predictions".'],
    crossEntropy(chances, [1, 0, 1]),
  ),
  mistake(
    'one column to group by, without a list',
    {
      ...classes,
      predictions: chances,
      labels: [1, 0, 1],
      groupBy: 'country',
      groups: { country: ['KR', 'DE', 'KR'] },
    },
    'wrong-type',
    ['Send groupBy ["country"].'],
    crossEntropy(chances, [1, 0, 1]),
  ),
  mistake(
    'one requirement, without a list',
    { ...classes, predictions: chances, labels: [1, 0, 1], require: { figure: 'accuracy', atLeast: 0.9 } },
    'wrong-type',
    ['Send require [{"figure":"accuracy","atLeast":0.9}].'],
    crossEntropy(chances, [1, 0, 1]),
  ),
  mistake(
    'metrics for include',
    { ...classes, metrics: ['accuracy'], predictions: chances, labels: [1, 0, 1] },
    'unknown-field',
    ['did you mean "include"?'],
  ),
]

test('what may mean several things lists them, and what would be misread gets no hint', async (t) => {
  for (const one of mistakes) {
    await checkWords(t, app, one)
    await checkRemedies(t, app, one)
  }
})
