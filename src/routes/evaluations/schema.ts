import { z } from 'zod'
import type { WindowName } from '../../evaluations/window.ts'
import { timeNeeds, timeOf, windowNames } from '../../evaluations/window.ts'
import { fixedLimits } from '../../http/limits.ts'
import type { Tensors } from '../../loss/batch.ts'
import { comparisonTensors } from '../../loss/batch.ts'
import { lossStatus } from '../../loss/report/schemas.ts'
import { lossDifference } from '../comparisons/answer.ts'
import { lossAnswer } from '../loss/answer.ts'
import { schemaFor } from '../loss/option-schemas.ts'
import type { ReceivedOptions } from '../loss/schema.ts'
import { batchFields, optionsWith } from '../loss/schema.ts'
import { failStatus, marginText, requireText, verdict } from '../require/schema.ts'
import { unknownField } from '../unknown-field.ts'
import { isDeclared, join, joinedState } from './joined-schema.ts'
import { periodFields } from './period.ts'

const {
  maxBatches,
  maxColumns,
  maxCurvePoints,
  maxMetadataEntries,
  maxMetadataLength,
  maxPageSize,
  maxShownEvaluations,
} = fixedLimits

const name = z.string().regex(/^(?!\.\.?$)[A-Za-z0-9._~-]{1,128}$/, {
  error: 'must be 1 to 128 characters of A-Z a-z 0-9 . _ ~ -, and not . or ..',
})
const evaluationName = name.meta({ description: 'Name of the evaluation.', examples: ['run-7'] })
export const batchName = name.meta({
  description: 'Name of the batch, unique within its evaluation.',
  examples: ['step-1'],
})

export const evaluationParams = z.object({ evaluation: evaluationName })
export const batchParams = z.object({ evaluation: evaluationName, batch: batchName })

const text = z.string().max(maxMetadataLength)
const metadata = z.record(text, text).refine((strings) => Object.keys(strings).length <= maxMetadataEntries, {
  error: `must have at most ${maxMetadataEntries} entries`,
})
const count = z.int().min(0)
const window = z.enum(windowNames).meta({
  description:
    'Groups batches by time, in UTC. `hour`: each hour is a window. `day`: each day, from midnight. `week`: each week, from Monday. Without it, there are no windows.',
})
const metrics = z.boolean().meta({
  description: `Whether \`GET /metrics\` shows its loss and accuracy: those of the last window that has begun, where \`window\` is declared, else those of all rows. Default \`false\`. At most ${maxShownEvaluations} evaluations of an owner.`,
})
const badge = z.enum(['public']).meta({
  description:
    '`public`: its badge and its sparkline are drawn for clients without a key, too, for pages that show them as images. Without it, they need the key of its owner.',
})
const at = z
  .union([z.string(), z.number()], { error: timeNeeds })
  .refine((sent) => timeOf(sent) !== undefined, { error: timeNeeds })
  .optional()
  .meta({
    description:
      'For an evaluation with `window`: the time that the batch belongs to, as RFC 3339 or as milliseconds since 1970. It is part of what is compared when the batch is sent again. Default: the arrival.',
    examples: ['2026-12-01T09:30:00Z'],
  })

/** What an evaluation is declared with besides the options of a loss. */
export interface Declaration extends ReceivedOptions {
  readonly outputs: number
  readonly expectedBatches?: number
  readonly expectedSamples?: number
  readonly join?: { readonly within: string }
  readonly window?: WindowName
  readonly metrics?: boolean
  readonly badge?: 'public'
  readonly metadata?: Record<string, string>
}

export const declaration = schemaFor<Declaration>(
  optionsWith(
    'EvaluationDeclaration',
    'The options of a loss for a series of batches, and what is known about the batches in advance.',
    {
      outputs: z
        .int()
        .min(1)
        .max(maxColumns)
        .meta({ description: 'K, numbers per row of `predictions` in every batch.' }),
      expectedBatches: count
        .max(maxBatches)
        .optional()
        .meta({ description: 'Number of batches the evaluation must have before it can be sealed.' }),
      expectedSamples: count
        .optional()
        .meta({ description: 'Number of rows the evaluation must have before it can be sealed.' }),
      join: join.optional(),
      window: window.optional(),
      metrics: metrics.optional(),
      badge: badge.optional(),
      metadata: metadata.optional().meta({
        description: `Anything else to store with it: at most ${maxMetadataEntries} strings by name.`,
        examples: [{ model: 'mlp-784-50-10' }],
      }),
    },
    (key) => {
      if (key === 'require')
        return 'A report is judged when it is asked for: GET /v1/evaluations/{evaluation}?require=...'
      return [...comparisonTensors, 'batch'].some((name) => name === key)
        ? 'Data belong in a batch: declare the evaluation first, then PUT the data to .../batches/NAME.'
        : undefined
    },
  ),
)

/** Says of an option on a batch where it belongs. */
function inDeclaration(key: string): string | undefined {
  return isDeclared(key)
    ? 'Options belong in the declaration of the evaluation, PUT /v1/evaluations/{evaluation}, and not on its batches.'
    : undefined
}

const time = z.iso.datetime()
const status = z
  .enum(['open', 'sealed'])
  .meta({ description: '`open`: the evaluation accepts batches. `sealed`: it accepts no new batches.' })
const loss = z.number().nullable().meta({ description: 'Null unless `lossStatus` is `finite`.' })
const accuracy = z.number().min(0).max(1).nullable()

const state = {
  evaluation: evaluationName,
  status,
  batches: count.meta({ description: 'Number of batches so far, which is also the sequence of the last one.' }),
  expectedBatches: count.optional(),
  expectedSamples: count.optional(),
  join: join.optional(),
  window: window.optional(),
  badge: badge.optional(),
  metadata,
  createdAt: time,
  updatedAt: time.meta({ description: 'When it was last changed: declared, sealed, or given a batch.' }),
  expiresAt: time
    .nullable()
    .meta({ description: 'When it will be deleted if it is not changed again; null means never.' }),
}

const period = {
  from: time.optional().meta({ description: 'Start of the period, if `from` was given.' }),
  to: time.optional().meta({ description: 'End of the period, if `to` was given.' }),
}

export const evaluationAnswer = lossAnswer.extend({ ...state, ...period, joined: joinedState.optional() }).meta({
  id: 'EvaluationAnswer',
  description: 'The results over all batches, as POST /v1/loss returns them for all their rows.',
})

const ofWindow = time
  .optional()
  .meta({ description: 'When the window begins that it belongs to, if there are windows.' })

export const batchAnswer = lossAnswer
  .omit({ verdict: true })
  .extend({
    evaluation: evaluationName,
    batch: batchName,
    sequence: count
      .min(1)
      .meta({ description: 'Position of the batch in the order of commit: 1, 2, ..., without gaps.' }),
    window: ofWindow,
    replayed: z.boolean().meta({ description: 'Whether the batch had already been added with the same content.' }),
  })
  .meta({ id: 'BatchAnswer', description: 'The results for the rows of this batch.' })

/** The tensors of a batch, and the time that it belongs to. */
export type BatchContent = Tensors & { readonly at?: string | number }

/** The body of one batch. Generated clients name it after its id, which must not be the name of a parameter. */
export const batchContent = schemaFor<BatchContent>(
  z
    .strictObject(
      { ...batchFields, at },
      { error: unknownField([...Object.keys(batchFields), 'at'], [], inDeclaration) },
    )
    .meta({
      id: 'BatchContent',
      description: 'The rows of a batch: predictions and labels without options.',
    }),
)

/** One line of a stream of batches. */
export const namedBatch = z
  .strictObject(
    { batch: batchName, ...batchFields, at },
    { error: unknownField(['batch', ...Object.keys(batchFields), 'at'], [], inDeclaration) },
  )
  .meta({ id: 'NamedBatch', description: 'A batch and its name: a line of an NDJSON body.' })

export type NamedBatch = { readonly batch: string } & BatchContent

const changed = z.record(text, text.nullable()).nullable()

/** A change of what may change. */
export const changeRequest = z
  .strictObject({
    status: z
      .literal('sealed', { error: 'must be sealed' })
      .optional()
      .meta({ description: '`sealed`: the evaluation accepts no new batches.' }),
    metadata: changed.optional().meta({
      description: 'Entries to set, null for those to remove; null instead of the object removes all entries.',
    }),
  })
  .refine(({ status, metadata }) => status !== undefined || metadata !== undefined, {
    error: 'must have status or metadata',
  })
  .meta({ id: 'EvaluationChange', description: 'Seals an evaluation, or changes its metadata, or both.' })

const evaluationEntry = z
  .object({ ...state, samples: count, outputs: count.min(1), loss, lossStatus, accuracy })
  .meta({ id: 'EvaluationEntry', description: 'An evaluation in a list.' })
const ofNext = { description: 'The value of `after` for the next page; absent on the last page.' }

const unreadableEntry = z
  .object({
    evaluation: evaluationName,
    detail: z.string().meta({ description: 'Why its results are not available.' }),
  })
  .meta({ id: 'UnreadableEvaluation', description: 'An evaluation in a list that this service cannot read.' })

export const evaluationList = z
  .object({
    evaluations: z.array(evaluationEntry),
    unreadable: z.array(unreadableEntry).optional().meta({
      description:
        'Evaluations on this page that cannot be read, because a newer release declared them or because they are damaged. They are not in `evaluations`. Absent if there are none.',
    }),
    next: z.string().optional().meta(ofNext),
    requestId: z.string(),
  })
  .meta({ id: 'EvaluationList', description: 'Evaluations, newest first, or in the order of `sort`.' })

const batchEntry = z
  .object({
    batch: batchName,
    sequence: count.min(1),
    samples: count,
    loss,
    lossStatus,
    accuracy,
    window: ofWindow,
    createdAt: time,
  })
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
          createdAt: time.meta({ description: 'When the last batch of the group was committed.' }),
          ...figures,
          cumulative: z
            .object(figures)
            .meta({ description: 'The same numbers, for all batches up to the last one of this group.' }),
        })
        .meta({ id: 'CurvePoint', description: 'A group of consecutive batches, evaluated as one.' }),
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
  .meta({ id: 'PairedFigures', description: 'The results of one evaluation over the paired batches.' })

export const evaluationComparison = z
  .object({
    predictions: pairedFigures,
    baseline: pairedFigures,
    difference: lossDifference,
    accuracyDifference: z.number().min(-1).max(1).nullable().meta({
      description:
        'Accuracy of `predictions` minus accuracy of `baseline`; null if labels are values, or if the weights sum to 0.',
    }),
    batches: z
      .object({
        paired: count,
        onlyPredictions: count.meta({ description: 'Batches whose name occurs only in `evaluation`.' }),
        onlyBaseline: count.meta({ description: 'Batches whose name occurs only in `with`.' }),
        labelsDiffer: count.meta({
          description: 'Batches with the same name, but different labels or sample weights.',
        }),
      })
      .meta({ description: 'How many batches were paired, and how many were not.' }),
    verdict: verdict.optional(),
    requestId: z.string(),
  })
  .meta({ id: 'EvaluationComparison', description: 'Two evaluations, compared over the batches they share.' })

export const batchesAnswer = z
  .object({
    committed: count.meta({ description: 'Lines whose batch was added.' }),
    replayed: count.meta({ description: 'Lines whose batch had already been added with the same content.' }),
    refused: count,
    errors: z
      .array(
        z.object({
          line: count.min(1),
          batch: z.string().optional().meta({ description: 'The name in the line, if it has one.' }),
          problem: z.record(z.string(), z.unknown()).meta({ description: 'The error of this line, as a Problem.' }),
        }),
      )
      .max(fixedLimits.maxListedErrors)
      .meta({ description: 'The errors of the first refused lines.' }),
    requestId: z.string(),
  })
  .meta({ id: 'BatchesAnswer', description: 'How many lines were added, replayed and refused.' })

export function queryNumber(low: number, high: number) {
  const error = `must be an integer from ${low} to ${high}`
  const digits = z.string({ error }).regex(/^\d{1,16}$/, { error })
  const number = digits.transform(Number).refine((value) => value >= low && value <= high, { error })
  // what is sent is text
  return number.meta({ type: 'integer', minimum: low, maximum: high })
}

export const limit = queryNumber(1, maxPageSize).default(100).meta({ description: 'Entries per page.' })

export const batchesQuery = z.strictObject({
  after: queryNumber(0, Number.MAX_SAFE_INTEGER)
    .optional()
    .meta({ description: 'Only batches with a higher sequence.' }),
  limit,
})
/** @param what that is answered of the group */
function groupKey(what: string) {
  return z
    .string()
    .max(4096)
    .optional()
    .meta({
      description: `The ${what} of one group only: its key as JSON, with exactly the columns of one grouping of \`groupBy\`.`,
      examples: ['{"country":"KR"}'],
    })
}

export const curveQuery = z.strictObject({
  points: queryNumber(1, maxCurvePoints).default(200).meta({ description: 'The maximum number of points.' }),
  group: groupKey('curve'),
})
/** Characters that an image can show. */
const shownText = z
  .string()
  .regex(/^[^\p{Cc}\p{Cs}\p{Cn}]{1,64}$/u, { error: 'must be 1 to 64 characters without control characters' })
const ofImages = {
  group: groupKey('figure'),
  label: shownText.optional().meta({ description: 'The text left of the figure. Default: the name of the figure.' }),
  owner: z
    .string()
    .regex(/^[^\p{Cc}\p{Cs}]{1,1024}$/u, { error: 'must be 1 to 1024 characters without control characters' })
    .optional()
    .meta({
      description:
        'The name of the key, or issuer and subject of the token, that declared it: only a public evaluation of this owner. Needed without a key where several owners have a public evaluation of this name.',
    }),
}
export const imageQuery = z.strictObject({
  figure: z
    .string()
    .max(200)
    .default('loss')
    .meta({
      description: 'A number of the report by its path, as in `require`.',
      examples: ['accuracy', 'metrics.f1.macro'],
    }),
  ...ofImages,
})
export const sparklineQuery = z.strictObject({
  figure: z
    .enum(['loss', 'accuracy'])
    .default('loss')
    .meta({ description: '`loss`: the loss of each group of batches. `accuracy`: their accuracy.' }),
  ...ofImages,
})
export const waitingQuery = z.strictObject({
  half: z.enum(['predictions', 'labels']).meta({
    description: 'Which half is there. `predictions`: rows without a label; `labels`: rows without predictions.',
  }),
  after: z.string().max(1024).optional().meta({ description: 'The `next` of the page before.' }),
  limit,
})
export const comparisonQuery = z.strictObject({
  with: name.meta({ description: 'Name of the evaluation to compare with.', examples: ['run-6'] }),
  require: marginText,
  failStatus,
})
export const reportQuery = z.strictObject({ ...periodFields, require: requireText, failStatus })
export const eventsQuery = z.strictObject({
  after: queryNumber(0, Number.MAX_SAFE_INTEGER).optional().meta({
    description: 'Start with the batches after this sequence. The header Last-Event-ID does the same.',
  }),
})
