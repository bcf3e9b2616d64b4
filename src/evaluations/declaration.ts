import { StoreUnavailable } from '../database/errors.ts'
import { labelFormats } from '../loss/formats.ts'
import { lossNames } from '../loss/kernels/index.ts'
import type { OptionType } from '../loss/option-types.ts'
import { optionNames, optionOf, weightOptions } from '../loss/options.ts'
import { resolve } from '../loss/resolve.ts'
import type { Options, Spec } from '../loss/spec.ts'
import { describeChoices, describeSpec } from '../loss/spec.ts'
import type { Path } from '../loss/validation-errors.ts'
import type { WindowName } from './window.ts'
import { windowNames } from './window.ts'

export interface Declared {
  readonly spec: Spec
  /** K, numbers per row of `predictions`. */
  readonly outputs: number
  readonly expectedBatches: number | undefined
  readonly expectedSamples: number | undefined
  /** Whether predictions and labels come apart, and how long one of them may wait for the other, as ISO 8601. */
  readonly join?: { readonly within: string } | undefined
  readonly window?: WindowName | undefined
  /** Whether the metrics show its figures. */
  readonly metrics?: true | undefined
  /** Whether its badge is drawn for clients without a key, too. */
  readonly badge?: 'public' | undefined
  readonly metadata: Readonly<Record<string, string>>
}

/** What is declared of one evaluation only: how its batches are evaluated does not depend on it. */
export const ofOneEvaluation: readonly (keyof Declared)[] = [
  'expectedBatches',
  'expectedSamples',
  'join',
  'window',
  'metrics',
  'badge',
  'metadata',
]

export function writeDeclaration({ spec, window, ...others }: Declared): string {
  // among the options a release that does not know windows finds it, and puts no batch outside of them
  const options = window === undefined ? describeChoices(spec) : { ...describeChoices(spec), window }
  return JSON.stringify({ options, ...others })
}

type Written = Omit<Declared, 'spec'> & { options: Record<string, unknown> & { window?: WindowName } }

/** @throws StoreUnavailable for what only a newer release knows: without it, batches would be counted wrongly */
export function readDeclaration(text: string): Declared {
  const { options: written, ...others } = JSON.parse(text) as Written
  const { window, ...options } = written
  if (window !== undefined && !windowNames.includes(window)) throw new StoreUnavailable('newer-release')
  if (!isKnown(options)) throw new StoreUnavailable('newer-release')
  for (const name of weightOptions) {
    const value = options[name]
    if (Array.isArray(value)) options[name] = Float64Array.from(value)
  }
  // written from a spec, so the types are right
  return { ...others, ...(window && { window }), spec: resolve(options as unknown as Options) }
}

function isKnown({ loss, labelFormat, ...options }: Record<string, unknown>): boolean {
  return (
    lossNames.some((name) => name === loss) &&
    labelFormats.some((name) => name === labelFormat) &&
    Object.entries(options).every(([given, value]) => {
      const name = optionNames.find((each) => each === given)
      return name !== undefined && hasKnownWords(optionOf(name).type, value)
    })
  )
}

function hasKnownWords(type: OptionType, value: unknown): boolean {
  return !('values' in type) || [value].flat().every((word) => type.values.some((known) => known === word))
}

export interface Difference {
  readonly path: Path
  readonly kept: unknown
  readonly received: unknown
}

/** A default that is spelled out is no difference, nor is the order of `include`. */
export function differencesOf(kept: Declared, received: Declared): Difference[] {
  const before = fieldsOf(kept)
  const now = fieldsOf(received)
  const names = new Set([...Object.keys(before), ...Object.keys(now)])
  return Array.from(names)
    .filter((name) => !isSame(before[name], now[name]))
    .map((name) => ({ path: [name], kept: before[name], received: now[name] }))
}

function isSame(one: unknown, other: unknown): boolean {
  if (!Array.isArray(one) || !Array.isArray(other)) return JSON.stringify(one) === JSON.stringify(other)
  return one.length === other.length && one.every((each, at) => each === other[at] || isSame(each, other[at]))
}

const apart = new Set<string>([
  'predictionFormat',
  'rowSumTolerance',
  'threshold',
  'topK',
  'thresholds',
  'costs',
  'groupBy',
  'include',
  ...ofOneEvaluation,
])

export function incomparable(one: Declared, other: Declared): Difference[] {
  return differencesOf(one, other).filter(({ path: [name] }) => !apart.has(String(name)))
}

function fieldsOf({ spec, metadata, ...numbers }: Declared): Record<string, unknown> {
  const sorted = Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)))
  return { ...describeSpec(spec), include: spec.include.toSorted(), ...numbers, metadata: sorted }
}
