import { z } from 'zod'
import { fixedLimits } from '../../http/limits.ts'
import { lossAnswer } from '../loss/answer.ts'
import { afterWindow, periodFields } from './period.ts'
import { limit, queryNumber } from './schema.ts'

const { maxPageSize } = fixedLimits

export const windowsQuery = z.strictObject({
  ...periodFields,
  every: queryNumber(1, maxPageSize).default(1).meta({ description: 'So many windows are joined to one.' }),
  after: afterWindow,
  limit,
})

const time = z.iso.datetime()

export const windowsAnswer = z
  .object({
    windows: z.array(
      lossAnswer
        .omit({ spec: true, requestId: true })
        .extend({
          from: time.meta({ description: 'When it begins.' }),
          to: time.meta({ description: 'When the next one begins.' }),
          batches: z.int().min(1).meta({ description: 'How many batches it has.' }),
        })
        .meta({ id: 'EvaluationWindow', description: 'What the batches of a window add up to.' }),
    ),
    next: time.optional().meta({ description: 'What to give as `after` for the next page; absent at the end.' }),
    requestId: z.string(),
  })
  .meta({ id: 'EvaluationWindows', description: 'Windows in the order of time, without those that have no batch.' })
