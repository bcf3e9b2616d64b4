import type { LossName } from '../../loss/kernels/index.ts'
import { losses, lossNames } from '../../loss/kernels/index.ts'
import type { Loss } from '../../loss/kernels/loss.ts'

const tenClasses = [0.1, 0.05, 0.6, 0.0, 0.05, 0.1, 0.0, 0.1, 0.0, 0.0]

const batches = {
  values: [
    [2.5, 0.5],
    [2, 8],
  ],
  index: [
    [0.2, 0.7, 0.1],
    [0.6, 0.3, 0.1],
  ],
  binary: [
    [0.9, 0.2],
    [0.6, 0.4],
  ],
}
const trueLabels = {
  values: [
    [3, 1],
    [2, 7],
  ],
  index: [1, 2],
  binary: [
    [1, 0],
    [0, 1],
  ],
}

function exampleOf(loss: LossName) {
  const { title, labelFormats }: Loss = losses[loss]
  const labelFormat = (['values', 'index'] as const).find((format) => labelFormats.includes(format)) ?? 'binary'
  const value = { loss, labelFormat, predictions: batches[labelFormat], labels: trueLabels[labelFormat] }
  return { summary: title, value }
}

const taught = {
  'one-hot': {
    summary: 'The ten-class sample, one-hot label: loss 0.5108',
    value: {
      loss: 'cross-entropy',
      labelFormat: 'one-hot',
      predictions: tenClasses,
      labels: [0, 0, 1, 0, 0, 0, 0, 0, 0, 0],
    },
  },
  index: {
    summary: 'The same sample, index label: the same loss to the last bit',
    value: { loss: 'cross-entropy', labelFormat: 'index', predictions: tenClasses, labels: 2 },
  },
  batch: {
    summary: 'A batch of logits with per-class results and a confusion matrix',
    value: {
      loss: 'cross-entropy',
      labelFormat: 'index',
      predictionFormat: 'logits',
      predictions: [
        [2.3, 2.1, 4.5],
        [4.2, 3.2, 5.1],
        [1.2, -0.8, -0.5],
        [0.9, -1.2, 1.1],
      ],
      labels: [1, 2, 0, 1],
      include: ['perClass', 'confusion'],
    },
  },
  binary: {
    summary: 'Binary cross-entropy of four probabilities',
    value: {
      loss: 'binary-cross-entropy',
      labelFormat: 'binary',
      predictions: [0.6, 0.4, 0.4, 0.6],
      labels: [0, 1, 0, 0],
    },
  },
  regression: {
    summary: 'Mean squared error with weights',
    value: {
      loss: 'mse',
      labelFormat: 'values',
      predictions: [2.5, 0, 2, 8],
      labels: [3, -0.5, 2, 7],
      sampleWeights: [1, 1, 1, 2],
    },
  },
  'wrong declaration': {
    summary: 'Index labels declared as one-hot: refused, with the declaration that would fit',
    value: {
      loss: 'cross-entropy',
      labelFormat: 'one-hot',
      predictions: [
        [0.2, 0.8],
        [0.9, 0.1],
      ],
      labels: [1, 0],
    },
  },
}

const taughtLosses = Object.values(taught).map(({ value }) => value.loss)

/** Named requests of POST /v1/loss for the document, at least one for each loss; each runs as it is. */
export const lossExamples = {
  ...taught,
  ...Object.fromEntries(
    lossNames.filter((loss) => !taughtLosses.includes(loss)).map((loss) => [loss, exampleOf(loss)]),
  ),
}
