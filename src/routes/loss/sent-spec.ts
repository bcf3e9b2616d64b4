import { LRUCache } from 'lru-cache'
import { withLocation } from '../../formats/errors.ts'
import type { ParsedBody } from '../../formats/parsed-body.ts'
import { validOptions } from '../../http/validation.ts'
import { refuseForStreams, resolve } from '../../loss/resolve.ts'
import type { Spec } from '../../loss/spec.ts'
import { describeSpec } from '../../loss/spec.ts'
import type { Requirement } from '../../loss/verdict.ts'
import { checkRequirements } from '../require/check.ts'
import { batchSchema, coreOptions, optionsSchema } from './schema.ts'

export interface SentSpec {
  readonly spec: Spec
  readonly require: readonly Requirement[] | undefined
  /** The spec as an answer shows it, in JSON; only where it is remembered. */
  readonly text: string | undefined
}

const remembered = new LRUCache<string, SentSpec>({
  maxSize: 2 ** 20,
  maxEntrySize: 2 ** 12,
  sizeCalculation: (_, text) => text.length + entrySize,
})
const entrySize = 512

/** The options of a body, checked and resolved. @throws InvalidContent, LimitExceeded, LocatedError */
export function specOf(body: ParsedBody): SentSpec {
  const { text } = body
  if (text === undefined) return { ...resolved(body), text }
  const known = remembered.get(text)
  if (known !== undefined) return known
  const read = resolved(body)
  const sent = { ...read, text: JSON.stringify(describeSpec(read.spec)) }
  remembered.set(text, sent)
  return sent
}

function resolved(body: ParsedBody): Omit<SentSpec, 'text'> {
  const { require, ...received } = validOptions(body, { options: optionsSchema, batch: batchSchema })
  return withLocation(body.location, () => {
    const options = coreOptions(received)
    const isStream = body.only === undefined
    if (isStream) refuseForStreams(options)
    const spec = resolve(options)
    if (require !== undefined) checkRequirements(require, spec, isStream ? 'stream' : 'batch')
    return { spec, require }
  })
}
