import { z } from 'zod'
import { fixedLimits } from '../../http/limits.ts'
import type { Tensors } from '../../loss/batch.ts'
import { comparisonTensors } from '../../loss/batch.ts'
import { optionNames } from '../../loss/options.ts'
import { lossStatuses } from '../../loss/report/statistics.ts'
import { lossDifference } from '../comparisons/answer.ts'
import { lossAnswer } from '../loss/answer.ts'
import { schemaFor } from '../loss/option-schemas.ts'
import type { ReceivedOptions } from '../loss/schema.ts'
import { batchFields, optionsWith } from '../loss/schema.ts'
import { failStatus, marginText, requireText, verdict } from '../require/schema.ts'
import { unknownField } from '../unknown-field.ts'

const { maxBatches, maxColumns, maxCurvePoints, maxMetadataEntries, maxMetadataLength, maxPageSize } = fixedLimits

const name = z.string().regex(/^(?!\.\.?$)[A-Za-z0-9._~-]{1,128}$/, {
  error: 'must be 1 to 128 characters of A-Z a-z 0-9 . _ ~ -, and not . or ..',
})
const evaluationName = name.meta({ description: 'Name of the evaluation.', examples: ['run-7'] })
export const batchName = name.meta({
  description: 'Name of the batch, unique in its evaluation.',
  examples: ['step-1'],
})

export const evaluationParams = z.object({ evaluation: evaluationName })
export const batchParams = z.object({ evaluation: evaluationName, batch: batchName })

const text = z.string().max(maxMetadataLength)
const metadata = z.record(text, text).refine((strings) => Object.keys(strings).length <= maxMetadataEntries, {
  error: `must have at most ${maxMetadataEntries} entries`,
})
const count = z.int().min(0)

/** What an evaluation is declared with besides the options of a loss. */
export interface Declaration extends ReceivedOptions {
  readonly outputs: number
  readonly expectedBatches?: number
  readonly expectedSamples?: number
  readonly metadata?: Record<string, string>
}

export const declaration = schemaFor<Declaration>(
  optionsWith(
    'EvaluationDeclaration',
    'The options of a loss for a stream of batches, and what is known of the batches.',
    {
      outputs: z
        .int()
        .min(1)
        .max(maxColumns)
        .meta({ description: 'K, numbers per row of `predictions` in every batch.' }),
      expectedBatches: count
        .max(maxBatches)
        .optional()
        .meta({ description: 'Batches that the evaluation must have before it can be sealed.' }),
      expectedSamples: count.optional().meta({ description: 'Rows that it must have before it can be sealed.' }),
      metadata: metadata.optional().meta({
        description: `What else is to be kept with it: at most ${maxMetadataEntries} strings by name.`,
        examples: [{ model: 'mlp-784-50-10' }],
      }),
    },
    (key) => {
      if (key === 'require')
        return 'A report is judged when it is asked for: GET /v1/evaluations/{evaluation}?require=...'
      return [...comparisonTensors, 'batch'].some((name) => name === key)
        ? 'Data belong in a batch: PUT them to .../batches/NAME, once the evaluation is declared.'
        : undefined
    },
  ),
)

/** Says of an option on a batch where it belongs. */
function inDeclaration(key: string): string | undefined {
  return [...optionNames, 'loss', 'labelFormat', 'outputs', 'metadata'].some((name) => name === key)
    ? 'Options belong in the declaration of the evaluation, PUT /v1/evaluations/{evaluation}, and not on its batches.'
    : undefined
}

const time = z.iso.datetime()
const status = z.enum(['open', 'sealed']).meta({ description: 'A sealed evaluation takes no more batches.' })
const loss = z.number().nullable().meta({ description: 'Null unless `lossStatus` is `finite`.' })
const lossStatus = z.enum(lossStatuses)
const accuracy = z.number().min(0).max(1).nullable()

const state = {
  evaluation: evaluationName,
  status,
  batches: count.meta({ description: 'Batches so far, which is the sequence of the last one.' }),
  expectedBatches: count.optional(),
  expectedSamples: count.optional(),
  metadata,
  createdAt: time,
  updatedAt: time.meta({ description: 'When it was declared or sealed, or got a batch, last.' }),
  expiresAt: time.nullable().meta({ description: 'When it is deleted if nothing more comes; null: never.' }),
}

export const evaluationAnswer = lossAnswer.extend(state).meta({
  id: 'EvaluationAnswer',
  description: 'What all batches add up to, as POST /v1/loss answers for all their rows.',
})

export const batchAnswer = lossAnswer
  .omit({ verdict: true })
  .extend({
    evaluation: evaluationName,
    batch: batchName,
    sequence: count
      .min(1)
      .meta({ description: 'The place of the batch: 1, 2, ... in the order of commit, without gaps.' }),
    replayed: z.boolean().meta({ description: 'Whether the batch was there already, with the same content.' }),
  })
  .meta({ id: 'BatchAnswer', description: 'What the rows of this batch add up to.' })

/** The body of one batch. Generated clients name it after its id, which must not be the name of a parameter. */
export const batchContent = schemaFor<Tensors>(
  z.strictObject(batchFields, { error: unknownField(Object.keys(batchFields), [], inDeclaration) }).meta({
    id: 'BatchContent',
    description: 'The rows of a batch: predictions and labels without options.',
  }),
)

/** One line of a stream of batches. */
export const namedBatch = z
  .strictObject(
    { batch: batchName, ...batchFields },
    { error: unknownField(['batch', ...Object.keys(batchFields)], [], inDeclaration) },
  )
  .meta({ id: 'NamedBatch', description: 'A batch and its name: a line of an NDJSON body.' })

export type NamedBatch = { readonly batch: string } & Tensors

const changed = z.record(text, text.nullable()).nullable()

/** A change of what may change. */
export const changeRequest = z
  .strictObject({
    status: z
      .literal('sealed', { error: 'must be sealed' })
      .optional()
      .meta({ description: 'Ends it: no more batches.' }),
    metadata: changed
      .optional()
      .meta({ description: 'Strings to set, null for those to remove; null instead of the object removes all.' }),
  })
  .refine(({ status, metadata }) => status !== undefined || metadata !== undefined, {
    error: 'must have status or metadata',
  })
  .meta({ id: 'EvaluationChange', description: 'Seals an evaluation, or changes its metadata, or both.' })

const evaluationEntry = z
  .object({ ...state, samples: count, outputs: count.min(1), loss, lossStatus, accuracy })
  .meta({ id: 'EvaluationEntry', description: 'An evaluation in a list.' })
const ofNext = { description: 'What to give as `after` for the next page; absent at the end.' }

const unreadableEntry = z
  .object({ evaluation: evaluationName, detail: z.string().meta({ description: 'Why its figures are not told.' }) })
  .meta({ id: 'UnreadableEvaluation', description: 'An evaluation in a list that this service cannot read.' })

export const evaluationList = z
  .object({
    evaluations: z.array(evaluationEntry),
    unreadable: z.array(unreadableEntry).optional().meta({
      description:
        'Evaluations of this page that cannot be read, and are not among the others: declared by a newer release, or damaged. Absent when there are none.',
    }),
    next: z.string().optional().meta(ofNext),
    requestId: z.string(),
  })
  .meta({ id: 'EvaluationList', description: 'Evaluations, the newest first or as `sort` says.' })

const batchEntry = z
  .object({ batch: batchName, sequence: count.min(1), samples: count, loss, lossStatus, accuracy, createdAt: time })
  .meta({ id: 'BatchEntry', description: 'A batch in a list.' })

export const batchList = z
  .object({ batches: z.array(batchEntry), next: count.optional().meta(ofNext), requestId: z.string() })
  .meta({ id: 'BatchList', description: 'Batches in the order of their sequence.' })

const figures = { samples: count, loss, lossStatus, accuracy, standardError: z.number().nullable() }

export const curveAnswer = z
  .object({
    points: z.array(
      z
        .object({
          fromSequence: count.min(1),
          toSequence: count.min(1),
          createdAt: time.meta({ description: 'When the last of them was committed.' }),
          ...figures,
          cumulative: z.object(figures).meta({ description: 'The same for all batches up to the last of these.' }),
        })
        .meta({ id: 'CurvePoint', description: 'Some consecutive batches as one.' }),
    ),
    requestId: z.string(),
  })
  .meta({
    id: 'LearningCurve',
    description: 'Consecutive batches in groups of equal size; the last group may be smaller.',
  })

const pairedFigures = lossAnswer
  .pick({
    loss: true,
    lossStatus: true,
    accuracy: true,
    samples: true,
    outputs: true,
    correct: true,
    ties: true,
    ignored: true,
    clipped: true,
    lossSum: true,
    weightSum: true,
    standardError: true,
    accuracyInterval: true,
  })
  .extend({ evaluation: evaluationName })
  .meta({ id: 'PairedFigures', description: 'What the paired batches of one evaluation add up to.' })

export const evaluationComparison = z
  .object({
    predictions: pairedFigures,
    baseline: pairedFigures,
    difference: lossDifference,
    accuracyDifference: z.number().min(-1).max(1).nullable().meta({
      description: 'Accuracy of `predictions` less that of `baseline`; null if labels are values, or without weight.',
    }),
    batches: z
      .object({
        paired: count,
        onlyPredictions: count.meta({ description: 'Batches whose name only `evaluation` has.' }),
        onlyBaseline: count.meta({ description: 'Batches whose name only `with` has.' }),
        labelsDiffer: count.meta({
          description: 'Batches of one name whose labels or sample weights are not the same.',
        }),
      })
      .meta({ description: 'How many batches were paired, and how many not.' }),
    verdict: verdict.optional(),
    requestId: z.string(),
  })
  .meta({ id: 'EvaluationComparison', description: 'Two evaluations over the batches that both have.' })

export const batchesAnswer = z
  .object({
    committed: count.meta({ description: 'Lines whose batch is kept now.' }),
    replayed: count.meta({ description: 'Lines whose batch was there already, with the same content.' }),
    refused: count,
    errors: z
      .array(
        z.object({
          line: count.min(1),
          batch: z.string().optional().meta({ description: 'The name on the line, if there is one.' }),
          problem: z.record(z.string(), z.unknown()).meta({ description: 'As a Problem, for this line.' }),
        }),
      )
      .max(fixedLimits.maxListedErrors)
      .meta({ description: 'The first refused lines.' }),
    requestId: z.string(),
  })
  .meta({ id: 'BatchesAnswer', description: 'Results for the lines.' })

export function queryNumber(low: number, high: number) {
  const error = `must be an integer from ${low} to ${high}`
  const digits = z.string({ error }).regex(/^\d{1,16}$/, { error })
  const number = digits.transform(Number).refine((value) => value >= low && value <= high, { error })
  // what is sent is text
  return number.meta({ type: 'integer', minimum: low, maximum: high })
}

export const limit = queryNumber(1, maxPageSize).default(100).meta({ description: 'Entries of a page.' })

export const batchesQuery = z.strictObject({
  after: queryNumber(0, Number.MAX_SAFE_INTEGER).optional().meta({ description: 'Only batches of a higher sequence.' }),
  limit,
})
export const curveQuery = z.strictObject({
  points: queryNumber(1, maxCurvePoints).default(200).meta({ description: 'How many points there may be.' }),
  group: z
    .string()
    .max(4096)
    .optional()
    .meta({
      description:
        'The curve of one group only: its key as JSON, with exactly the columns of one grouping of `groupBy`.',
      examples: ['{"country":"KR"}'],
    }),
})
export const comparisonQuery = z.strictObject({
  with: name.meta({ description: 'Name of the evaluation to compare with.', examples: ['run-6'] }),
  require: marginText,
  failStatus,
})
export const reportQuery = z.strictObject({ require: requireText, failStatus })
export const eventsQuery = z.strictObject({
  after: queryNumber(0, Number.MAX_SAFE_INTEGER).optional().meta({
    description: 'Begin with the batches of a higher sequence. The header Last-Event-ID does the same.',
  }),
})
