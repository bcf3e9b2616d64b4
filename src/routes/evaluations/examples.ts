import type { ErrorCode } from '../../loss/error-codes.ts'
import { binaryDocument, exampleCounts as counts, exampleSpec as spec } from '../loss/examples.ts'
import { batchMultipartDocument } from '../loss/multipart-document.ts'
import { exampleId, invalidExample, problemExample } from '../problem-examples.ts'

const times = {
  createdAt: '2026-11-26T09:00:00.000Z',
  updatedAt: '2026-11-26T09:00:07.000Z',
  expiresAt: '2026-12-26T09:00:07.000Z',
}
const metadata = { model: 'mlp-784-50-10' }

const first = { samples: 2, loss: 1.329629447038073, accuracy: 0.5, standardError: 0.972954645956473 }
const second = { samples: 1, loss: 0.22314342631421757, accuracy: 1, standardError: null }
const both = { samples: 3, loss: 0.9608007734634544, accuracy: 0.6666666666666666, standardError: 0.6719981434599164 }

/** Three classes, declared once; then two batches. The requests work in this order. */
export const declarationExamples = {
  'three classes': {
    summary: 'Cross-entropy over three classes',
    value: { loss: 'cross-entropy', labelFormat: 'index', outputs: 3, metadata },
  },
}

const ofEvaluation = { evaluation: 'run-7', status: 'open', metadata }

export const declaredAnswer = {
  loss: null,
  lossStatus: 'undefined',
  accuracy: null,
  samples: 0,
  outputs: 3,
  correct: 0,
  ...counts,
  lossSum: 0,
  weightSum: 0,
  standardError: null,
  accuracyInterval: null,
  spec,
  ...ofEvaluation,
  batches: 0,
  ...times,
  updatedAt: times.createdAt,
  expiresAt: '2026-12-26T09:00:00.000Z',
  requestId: exampleId,
}

/** What both batches add up to. */
const figuresOfBoth = {
  ...both,
  lossStatus: 'finite',
  outputs: 3,
  correct: 2,
  ...counts,
  lossSum: 2.882402320390363,
  weightSum: 3,
  accuracyInterval: [0.20765960080204768, 0.9385080552796037],
}

export const reportAnswer = {
  ...figuresOfBoth,
  spec,
  ...ofEvaluation,
  batches: 2,
  ...times,
  requestId: exampleId,
}

export const sealedAnswer = { ...reportAnswer, status: 'sealed' }

/** Changes of the evaluation above. */
export const changeExamples = {
  sealed: { summary: 'No more batches', value: { status: 'sealed' } },
  metadata: { summary: 'Set one string, remove another', value: { metadata: { stage: 'production', note: null } } },
}

/** Two evaluations as one. */
export const totalAnswerExample = {
  ...figuresOfBoth,
  spec,
  evaluations: 2,
  batches: 2,
  requestId: exampleId,
}

export const wrongFrom = invalidExample({
  pointer: '#/from',
  code: 'out-of-range',
  detail:
    'from 2026-12-01T09:30:00.000Z is inside a window of one hour. The nearest bounds are 2026-12-01T09:00:00.000Z and 2026-12-01T10:00:00.000Z.',
  received: '2026-12-01T09:30:00.000Z',
  remedies: [{ set: { from: '2026-12-01T09:00:00.000Z' } }, { set: { from: '2026-12-01T10:00:00.000Z' } }],
})

/** A window with both batches. */
export const windowsAnswerExample = {
  windows: [
    {
      from: '2026-11-26T09:00:00.000Z',
      to: '2026-11-26T10:00:00.000Z',
      batches: 2,
      ...figuresOfBoth,
    },
  ],
  requestId: exampleId,
}

export const noTotalAnswer = problemExample('not-found', ['No evaluation fits.'])

export const notMergeableAnswer = problemExample('not-mergeable', [
  'The evaluations "run-8" and "run-7" were declared differently: outputs.',
  {
    errors: [
      {
        pointer: '#/outputs',
        code: 'differs',
        detail: '"run-7" was declared with outputs 3, and "run-8" with 10',
        received: 'run-7',
      },
    ],
    errorCount: 1,
  },
])

export const conflictAnswer = problemExample('conflict', [
  'The evaluation "run-7" already exists with different options: outputs.',
  {
    errors: [
      {
        pointer: '#/outputs',
        code: 'differs',
        detail: 'outputs is 10; the evaluation was declared with 3',
        received: 10,
      },
    ],
    errorCount: 1,
  },
])

export const batchExamples = {
  'two rows': {
    summary: 'Two rows of three classes',
    value: {
      predictions: [
        [0.2, 0.7, 0.1],
        [0.6, 0.3, 0.1],
      ],
      labels: [1, 2],
    },
  },
}

/** Without examples: the bytes of these rows are no text. */
export const batchMediaTypeDocuments = {
  'application/octet-stream': { schema: binaryDocument['application/octet-stream'].schema },
  ...batchMultipartDocument,
}

export const batchAnswerExample = {
  ...first,
  lossStatus: 'finite',
  outputs: 3,
  correct: 1,
  ...counts,
  lossSum: 2.659258894076146,
  weightSum: 2,
  accuracyInterval: [0.09453120573423071, 0.9054687942657693],
  spec,
  evaluation: 'run-7',
  batch: 'step-1',
  sequence: 1,
  replayed: false,
  requestId: exampleId,
}

const outside =
  'labels[0] is 3; labelFormat "index" needs an integer from 0 to 2, one of the 3 outputs of predictions. Classes count from 0: subtract 1 from labels.'

const outsideError = {
  pointer: '#/labels/0',
  code: 'out-of-range',
  detail: outside,
  received: 3,
  remedies: [{ add: { labels: -1 } }],
} as const

function wrongExample(field: string, code: ErrorCode, rule: string, received: string): Record<string, unknown> {
  const detail = `${field} ${rule}; received ${JSON.stringify(received)}`
  return invalidExample({ pointer: `#/${field}`, code, detail, received })
}

export const wrongName = wrongExample(
  'evaluation',
  'malformed',
  'must be 1 to 128 characters of A-Z a-z 0-9 . _ ~ -, and not . or ..',
  'run/7',
)
export const wrongLimit = wrongExample('limit', 'out-of-range', 'must be an integer from 1 to 1000', '0')
export const wrongPrefix = wrongExample('prefix', 'malformed', 'must be characters of A-Z a-z 0-9 . _ ~ -', 'run/')
export const wrongPoints = wrongExample('points', 'out-of-range', 'must be an integer from 1 to 1000', '0')
export const wrongStatus = wrongExample('status', 'unknown-value', 'must be sealed', 'open')
export const wrongDeclaration = invalidExample({
  pointer: '#/outputs',
  code: 'missing',
  detail: 'outputs is missing; it must be a number',
  received: 'nothing',
})
export const wrongBatch = invalidExample(outsideError)

const lines = [
  { batch: 'step-2', predictions: [[0.1, 0.8, 0.1]], labels: [1] },
  { batch: 'step-3', predictions: [[0.3, 0.3, 0.4]], labels: [3] },
]

const linesText = `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`

export const linesDocument = {
  // a contentMediaType would make Swagger UI ask for a file
  'application/x-ndjson': {
    schema: {
      type: 'string',
      contentSchema: { $ref: '#/components/schemas/NamedBatchInput' },
      description: 'Each line: a batch with its name (schema NamedBatch).',
      examples: [linesText],
    },
    examples: {
      lines: {
        summary: 'A batch, and one that is refused',
        value: linesText,
      },
    },
  },
}

export const linesAnswer = {
  committed: 1,
  replayed: 0,
  refused: 1,
  errors: [
    {
      line: 2,
      batch: 'step-3',
      problem: {
        ...problemExample('invalid-content', [
          `Line 2: ${outside}`,
          {
            errors: [outsideError],
            errorCount: 1,
            line: 2,
          },
        ]),
        instance: '/v1/evaluations/run-7/batches',
      },
    },
  ],
  requestId: exampleId,
}

export const listAnswer = {
  evaluations: [
    {
      ...ofEvaluation,
      batches: 2,
      ...times,
      samples: 3,
      outputs: 3,
      loss: both.loss,
      lossStatus: 'finite',
      accuracy: both.accuracy,
    },
  ],
  requestId: exampleId,
}

export const batchListAnswer = {
  batches: [
    {
      batch: 'step-1',
      sequence: 1,
      samples: 2,
      loss: first.loss,
      lossStatus: 'finite',
      accuracy: 0.5,
      createdAt: '2026-11-26T09:00:03.000Z',
    },
    {
      batch: 'step-2',
      sequence: 2,
      samples: 1,
      loss: second.loss,
      lossStatus: 'finite',
      accuracy: 1,
      createdAt: times.updatedAt,
    },
  ],
  requestId: exampleId,
}

export const curveAnswerExample = {
  points: [
    {
      fromSequence: 1,
      toSequence: 1,
      createdAt: '2026-11-26T09:00:03.000Z',
      ...first,
      lossStatus: 'finite',
      cumulative: { ...first, lossStatus: 'finite' },
    },
    {
      fromSequence: 2,
      toSequence: 2,
      createdAt: times.updatedAt,
      ...second,
      lossStatus: 'finite',
      cumulative: { ...both, lossStatus: 'finite' },
    },
  ],
  requestId: exampleId,
}

/** Two models over three batches, of one of which the labels differ; the other model has one batch more. */
export const comparisonAnswerExample = {
  predictions: {
    evaluation: 'run-7',
    loss: 1.0499050452377559,
    lossStatus: 'finite',
    accuracy: 0.4,
    samples: 5,
    outputs: 3,
    correct: 2,
    ...counts,
    lossSum: 5.249525226188779,
    weightSum: 5,
    standardError: 0.4055223826440113,
    accuracyInterval: [0.11762077423264786, 0.769275718723987],
  },
  baseline: {
    evaluation: 'run-6',
    loss: 4.2468179954758725,
    lossStatus: 'finite',
    accuracy: 0.2,
    samples: 5,
    outputs: 3,
    correct: 1,
    ...counts,
    clipped: 1,
    lossSum: 21.234089977379362,
    weightSum: 5,
    standardError: 2.969990990467943,
    accuracyInterval: [0.03622410863243013, 0.6244653702374747],
  },
  difference: {
    loss: -3.1969129502381164,
    lossStatus: 'finite',
    standardError: 2.495869964450198,
    interval: [-8.08872819065577, 1.6949022901795368],
    accuracy: { value: 0.2, standardError: 0.24, interval: [-0.2703913562896129, 0.6703913562896129] },
  },
  accuracyDifference: 0.2,
  batches: { paired: 2, onlyPredictions: 0, onlyBaseline: 1, labelsDiffer: 1 },
  requestId: exampleId,
}

export const wrongWith = invalidExample({
  pointer: '#/with',
  code: 'not-comparable',
  detail: '"run-6" was declared with reduction "sum", and "run-7" with "mean"; their losses cannot be compared',
  received: 'run-6',
})

export const noEvaluationAnswer = problemExample('not-found', ['There is no evaluation "run-8".'])
