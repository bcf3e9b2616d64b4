import { weightOptions } from '../loss/options.ts'
import type { Options, Spec } from '../loss/spec.ts'
import { describeChoices, describeSpec, resolve } from '../loss/spec.ts'
import type { Path } from '../loss/validation-errors.ts'

/** What an evaluation is declared with. */
export interface Declared {
  readonly spec: Spec
  /** K, numbers per row of `predictions`. */
  readonly outputs: number
  readonly expectedBatches: number | undefined
  readonly expectedSamples: number | undefined
  readonly metadata: Readonly<Record<string, string>>
}

/** A declaration as the store keeps it: what a client has to give for it. */
export function writeDeclaration({ spec, ...others }: Declared): string {
  return JSON.stringify({ options: describeChoices(spec), ...others })
}

/** Reads what `writeDeclaration` wrote. */
export function readDeclaration(text: string): Declared {
  const { options, ...others } = JSON.parse(text) as Omit<Declared, 'spec'> & { options: Record<string, unknown> }
  for (const name of weightOptions) {
    const value = options[name]
    if (Array.isArray(value)) options[name] = Float64Array.from(value)
  }
  // written from a spec, so the names and types are right
  return { ...others, spec: resolve(options as unknown as Options) }
}

/** One thing in which two declarations differ. */
export interface Difference {
  readonly path: Path
  readonly kept: unknown
  readonly received: unknown
}

/** What of a declaration is not as it is kept. A default that is spelled out is no difference. */
export function differencesOf(kept: Declared, received: Declared): Difference[] {
  const before = fieldsOf(kept)
  const now = fieldsOf(received)
  const names = new Set([...Object.keys(before), ...Object.keys(now)])
  return Array.from(names)
    .filter((name) => JSON.stringify(before[name]) !== JSON.stringify(now[name]))
    .map((name) => ({ path: [name], kept: before[name], received: now[name] }))
}

function fieldsOf({ spec, metadata, ...numbers }: Declared): Record<string, unknown> {
  const sorted = Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)))
  return { ...describeSpec(spec), ...numbers, metadata: sorted }
}
