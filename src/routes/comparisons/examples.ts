import { batchMediaTypes } from '../../http/bodies.ts'
import { comparisonBinaryDocument, exampleCounts as counts, exampleSpec as spec } from '../loss/examples.ts'
import { comparisonMultipartDocument } from '../loss/multipart-document.ts'
import { exampleId, invalidExample, mediaTypeExample, problemExample } from '../problem-examples.ts'

const classes = {
  loss: 'cross-entropy',
  labelFormat: 'index',
  predictions: [
    [0.7, 0.2, 0.1],
    [0.2, 0.6, 0.2],
    [0.1, 0.3, 0.6],
    [0.5, 0.4, 0.1],
  ],
  baseline: [
    [0.5, 0.3, 0.2],
    [0.5, 0.3, 0.2],
    [0.2, 0.5, 0.3],
    [0.5, 0.4, 0.1],
  ],
  labels: [0, 1, 2, 1],
}

/** Named requests of POST /v1/comparisons for the document; each runs as it is. */
export const comparisonExamples = {
  classes: { summary: 'Two models of three classes over four samples', value: classes },
  values: {
    summary: 'Two regression models: there are no decisions, so there is no `agreement`',
    value: {
      loss: 'mse',
      labelFormat: 'values',
      predictions: [2.5, 0, 2, 8],
      baseline: [2, 0.5, 2, 9],
      labels: [3, -0.5, 2, 7],
    },
  },
  'other shape': {
    summary: 'A baseline with fewer samples: refused',
    value: { ...classes, baseline: classes.baseline.slice(1) },
  },
}

/** The bodies that are not JSON, for the document. */
export const comparisonMediaTypes = { ...comparisonBinaryDocument, ...comparisonMultipartDocument }

const otherShape = {
  pointer: '#/baseline',
  code: 'shape',
  detail: 'baseline is 3 rows of 3 numbers; it must have the shape of predictions, 4 rows of 3 numbers',
  received: 'an array of 3 arrays of 3 numbers',
} as const

export const comparisonAnswers = {
  200: {
    predictions: {
      loss: 0.5736540492886155,
      lossStatus: 'finite',
      accuracy: 0.75,
      samples: 4,
      outputs: 3,
      correct: 3,
      ...counts,
      lossSum: 2.294616197154462,
      weightSum: 4,
      standardError: 0.1198521947651986,
      accuracyInterval: [0.3006418425824019, 0.9544127391902995],
      spec,
    },
    baseline: {
      loss: 1.004345601104867,
      lossStatus: 'finite',
      accuracy: 0.25,
      samples: 4,
      outputs: 3,
      correct: 1,
      ...counts,
      lossSum: 4.017382404419468,
      weightSum: 4,
      standardError: 0.12392876307721214,
      accuracyInterval: [0.045587260809700575, 0.6993581574175981],
      spec,
    },
    difference: {
      loss: -0.4306915518162515,
      lossStatus: 'finite',
      standardError: 0.16636762557606458,
      interval: [-0.7567661061387829, -0.10461699749372017],
      accuracy: { value: 0.5, standardError: 0.28867513459481287, interval: [-0.06579286703808584, 1] },
    },
    agreement: {
      bothRight: 1,
      onlyPredictions: 2,
      onlyBaseline: 0,
      bothWrong: 1,
      accuracyDifference: 0.5,
      pValue: 0.5,
    },
    requestId: exampleId,
  },
  415: problemExample('unsupported-media-type', mediaTypeExample(batchMediaTypes)),
  422: invalidExample(otherShape),
}
