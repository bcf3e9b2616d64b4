import { z } from 'zod'
import type { Declared } from '../../evaluations/declaration.ts'
import type { WindowName } from '../../evaluations/window.ts'
import { lengthOf, startOf, timeNeeds, timeOf as timeSent } from '../../evaluations/window.ts'
import { InvalidContent, refuse, ValidationErrors } from '../../loss/validation-errors.ts'
import { timeOf } from './found.ts'

function time(description: string) {
  return z
    .string({ error: timeNeeds })
    .max(64, { error: timeNeeds })
    .transform((text) => timeSent(/^-?\d{1,16}$/.test(text) ? Number(text) : text) ?? Number.NaN)
    .refine((value) => !Number.isNaN(value), { error: timeNeeds })
    .optional()
    .meta({ description, type: 'string', examples: ['2026-12-01T00:00:00Z'] })
}

export const periodFields = {
  from: time(
    'Only windows that begin then or later: the bound of a window, as RFC 3339 or as milliseconds since 1970; %2B for a plus.',
  ),
  to: time('Only windows that end at this time or earlier; it must be a bound of a window.'),
}

export const afterWindow = time('The `next` of the page before.')

export interface Period {
  readonly from?: number | undefined
  readonly to?: number | undefined
}

/** Which windows a period has. @throws InvalidContent for one that cuts a window, or is none */
export function rangeOf(period: Period, { window }: Declared, most = Number.MAX_SAFE_INTEGER) {
  // the first week begins in 1969
  const { from = Number.MIN_SAFE_INTEGER, to = Number.MAX_SAFE_INTEGER } = period
  for (const name of ['from', 'to'] as const) {
    const bound = period[name]
    if (bound === undefined) continue
    if (window === undefined) {
      const detail = `${name} needs windows: the evaluation was declared without window. Declare another one with window hour, day or week`
      refuse([name], detail, timeOf(bound), 'no-effect')
    }
    checkBound(name, bound, window)
  }
  if (period.from !== undefined && period.to !== undefined && from >= to) {
    refuse(['to'], 'to must be later than from', timeOf(period.to), 'out-of-range')
  }
  return { from, to, most }
}

function checkBound(name: string, bound: number, window: WindowName): void {
  const start = startOf(window, bound)
  if (bound === start) return
  const [before, after] = [timeOf(start), timeOf(start + lengthOf(window))]
  const errors = new ValidationErrors()
  errors.add([name], `${name} ${timeOf(bound)} is inside a window of one ${window}`, timeOf(bound), 'out-of-range')
  errors.hint({
    sentence: `The nearest bounds are ${before} and ${after}.`,
    remedies: [{ set: { [name]: before } }, { set: { [name]: after } }],
    about: [name],
  })
  throw new InvalidContent(errors)
}
