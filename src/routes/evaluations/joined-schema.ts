import { z } from 'zod'
import { ofOneEvaluation } from '../../evaluations/declaration.ts'
import { longestWait, millisecondsOf, shortestWait } from '../../evaluations/duration.ts'
import type { HalfContent } from '../../evaluations/half-rows.ts'
import { longestId } from '../../evaluations/row-ids.ts'
import { fixedLimits } from '../../http/limits.ts'
import { optionNames } from '../../loss/options.ts'
import { ValueList } from '../../loss/value-list.ts'
import { dropped } from '../loss/answer.ts'
import { schemaFor } from '../loss/option-schemas.ts'
import { batchFields } from '../loss/schema.ts'
import { unknownField } from '../unknown-field.ts'

const { maxListedErrors } = fixedLimits

const needsDuration =
  'must be an ISO 8601 duration of weeks, days, hours, minutes and seconds from PT1H to P3650D, such as P30D'

export const join = z
  .strictObject({
    within: z
      .string({ error: needsDuration })
      .refine(
        (text) => {
          const time = millisecondsOf(text)
          return time !== undefined && time >= shortestWait && time <= longestWait
        },
        { error: needsDuration },
      )
      .meta({
        description: 'How long a half may wait for the other, as an ISO 8601 duration from PT1H to P3650D.',
        examples: ['P30D'],
      }),
  })
  .meta({
    description:
      'Predictions and labels of a row arrive separately, each with the id of the row. The row counts once both have arrived.',
  })

function list(description: string, items: Record<string, unknown>, examples: unknown[]) {
  return z
    .custom<ValueList>((value) => value instanceof ValueList, { error: 'must be an array' })
    .meta({ type: 'array', items, description, examples: [examples] })
}

const id = { type: ['string', 'integer'], minLength: 1, maxLength: longestId }
const ids = list(
  `The id of each row: a string of 1 to ${longestId} characters, or a safe integer. "17" and 17 are two ids.`,
  id,
  ['a', 'b'],
)
const at = list(
  'The time of each row, as RFC 3339 or as milliseconds since 1970. Default: when its predictions arrive.',
  { type: ['string', 'integer'] },
  ['2026-11-26T09:00:00Z', '2026-11-26T09:00:01Z'],
)

const declaredFields: readonly string[] = [...optionNames, 'loss', 'labelFormat', 'outputs', ...ofOneEvaluation]

/** Whether a field is one that an evaluation is declared with. */
export function isDeclared(field: string): boolean {
  return declaredFields.includes(field)
}

/** Where fields belong that are not those of a half. */
function elsewhere(other: 'labels' | 'predictions') {
  const named: readonly string[] = other === 'labels' ? ['labels'] : ['predictions', 'sampleWeights', 'groups', 'at']
  return (key: string) => {
    if (named.includes(key)) return `Send it with the ${other} of the rows: POST .../${other}.`
    return isDeclared(key)
      ? 'Options belong in the declaration of the evaluation, PUT /v1/evaluations/{evaluation}.'
      : undefined
  }
}

const { predictions, labels, sampleWeights, groups } = batchFields
const predictionFields = { ids, predictions, sampleWeights, groups, at: at.optional() }
const labelFields = { ids, labels }

export const predictionsContent = schemaFor<HalfContent>(
  z
    .strictObject(predictionFields, { error: unknownField(Object.keys(predictionFields), [], elsewhere('labels')) })
    .meta({
      id: 'PredictionsContent',
      description: 'What was predicted for rows, with their ids.',
    }),
)

export const labelsContent = schemaFor<HalfContent>(
  z.strictObject(labelFields, { error: unknownField(Object.keys(labelFields), [], elsewhere('predictions')) }).meta({
    id: 'LabelsContent',
    description: 'The labels of rows, with their ids.',
  }),
)

const count = z.int().min(0)
const rowId = z
  .union([z.string(), z.int()])
  .meta({ description: 'The id of the row, as it was sent.', examples: ['a'] })

export const halvesAnswer = z
  .object({
    received: count.meta({ description: 'Rows that could be read.' }),
    accepted: count.meta({ description: 'Rows whose half was stored by this request, including those that joined.' }),
    replayed: count.meta({ description: 'Rows whose half had already arrived with the same content.' }),
    conflicts: count.meta({
      description: 'Rows whose half had already arrived with different content. The first content is kept.',
    }),
    joined: count.meta({ description: 'Rows that this request completed. They count from now on.' }),
    refused: count.optional().meta({ description: 'For an NDJSON body: the number of refused lines.' }),
    dropped: dropped.optional(),
    errors: z
      .array(
        z.object({
          id: rowId.optional(),
          index: count.optional().meta({ description: 'The place of the row in its body or line.' }),
          line: count.min(1).optional().meta({ description: 'The line of an NDJSON body, from 1.' }),
          detail: z.string(),
        }),
      )
      .max(maxListedErrors)
      .meta({ description: 'The first conflicts, and the first refused lines.' }),
    requestId: z.string(),
  })
  .meta({ id: 'HalvesAnswer', description: 'What became of the rows of a body.' })

const time = z.iso.datetime()

export const joinedState = z
  .object({
    predictions: count.meta({ description: 'Ids whose predictions are there, those of joined rows included.' }),
    labels: count.meta({ description: 'Ids whose labels are there, those of joined rows included.' }),
    joined: count.meta({ description: 'Rows that have both. The figures are those of these rows.' }),
    waitingPredictions: count.meta({ description: 'Predictions whose label is missing.' }),
    waitingLabels: count.meta({ description: 'Labels whose predictions are missing.' }),
    expired: count.meta({
      description:
        'Predictions and labels that waited in vain, and were deleted. They are counted within a few minutes.',
    }),
    oldestWaiting: time.nullable().meta({ description: 'Since when the oldest waiting half has been waiting.' }),
  })
  .meta({
    id: 'JoinedState',
    description: 'How many halves have come, of an evaluation that was declared with `join`.',
  })

export const waitingList = z
  .object({
    waiting: z.array(
      z
        .object({ id: rowId, since: time, expiresAt: time })
        .meta({ id: 'WaitingEntry', description: 'A half that waits for the other.' }),
    ),
    next: z.string().optional().meta({ description: 'What to give as `after` for the next page; absent at the end.' }),
    requestId: z.string(),
  })
  .meta({ id: 'WaitingList', description: 'Halves that wait for the other, the oldest first.' })
