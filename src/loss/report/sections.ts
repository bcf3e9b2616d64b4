import type { Spec } from '../spec.ts'
import { calibration } from './calibration.ts'
import { confusion, confusionWeights } from './confusion.ts'
import { metrics } from './metrics.ts'
import { perClass } from './per-class.ts'
import type { MergeableSection } from './section.ts'
import { topKAccuracy } from './top-k.ts'

/** Every section that can be merged, in the order in which a state writes them. A new one is a file and a line here. */
export const mergeableSections = {
  perClass,
  confusion,
  calibration,
  metrics,
  confusionWeights,
  topKAccuracy,
} as const satisfies Record<string, MergeableSection<unknown>>

export type MergeableName = keyof typeof mergeableSections

export const mergeableNames = Object.keys(mergeableSections) as MergeableName[]

/** The section of a name, which alone knows what its states are. */
export function sectionOf(name: MergeableName): MergeableSection<unknown> {
  return mergeableSections[name]
}

/** The sections of an evaluation: those that `include` asks for, and the one that has an option of its own. */
export function sectionsOf({ include, topK }: Pick<Spec, 'include' | 'topK'>): MergeableName[] {
  const asked: readonly string[] = topK === undefined ? include : [...include, 'topKAccuracy']
  return mergeableNames.filter((name) => asked.includes(name))
}

export function isMergeable(name: string): name is MergeableName {
  return Object.hasOwn(mergeableSections, name)
}

/** Whether a section sets labels against decisions, one a row, so that several binary outputs cannot have it. */
export function needsOneDecision(name: MergeableName): boolean {
  return name === 'confusion' || name === 'confusionWeights'
}
