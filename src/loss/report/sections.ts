import type { Include } from '../formats.ts'
import type { Spec } from '../spec.ts'
import { calibration } from './calibration.ts'
import { confusion, confusionWeights } from './confusion.ts'
import { gradient } from './gradient.ts'
import { metrics } from './metrics.ts'
import { perClass } from './per-class.ts'
import { perSample } from './per-sample.ts'
import { ranking } from './ranking.ts'
import type { MergeableSection, Need, RowSection, Section } from './section.ts'
import { topKAccuracy } from './top-k.ts'

/**
 * Every section of an answer: a new one is a file, a line here and its name in `includes`. A state writes those that can be
 * merged in this order, so a new one goes to the end.
 */
export const sections = {
  perClass,
  confusion,
  calibration,
  metrics,
  confusionWeights,
  topKAccuracy,
  perSample,
  gradient,
  ranking,
} as const satisfies Record<Include, Section> & Record<string, Section>

type Sections = typeof sections
export type SectionName = keyof Sections
export type RowName = { [Name in SectionName]: Sections[Name] extends RowSection<unknown> ? Name : never }[SectionName]
export type MergeableName = Exclude<SectionName, RowName>

/** The sections of an answer, each if it was asked for. */
export type Reports = { readonly [Name in SectionName]?: ReportOf<Sections[Name]> }
type ReportOf<Of> = Of extends RowSection<infer Report> | MergeableSection<infer _, infer Report> ? Report : never

const names = Object.keys(sections) as SectionName[]
export const mergeableNames = names.filter((name) => isMergeable(name))
export const rowNames = names.filter((name) => !isMergeable(name)) as RowName[]

export function isMergeable(name: SectionName): name is MergeableName {
  return !('start' in sections[name])
}

/** The section of a name, which alone knows what its states are. */
export function sectionOf(name: MergeableName): MergeableSection<unknown, unknown> {
  return sections[name]
}

export function rowSectionOf(name: RowName): RowSection<unknown> {
  return sections[name]
}

/** The mergeable sections of an evaluation: those that `include` asks for, and those that an option of their own asks for. */
export function sectionsOf(spec: Pick<Spec, 'include' | 'topK'>): MergeableName[] {
  const asked: readonly string[] = spec.include
  return mergeableNames.filter((name) => {
    const { option } = sectionOf(name)
    return option === undefined ? asked.includes(name) : spec[option] !== undefined
  })
}

/** All sections of an evaluation, in the order of the answer. */
export function partsOf(spec: Spec): SectionName[] {
  if (spec.include.length === 0 && spec.topK === undefined) return []
  const byOption = sectionsOf(spec).filter((name) => sectionOf(name).option !== undefined)
  return Array.from(new Set<SectionName>([...byOption, ...spec.include]))
}

export function needs(name: SectionName, need: Need): boolean {
  const section: Section = sections[name]
  return section.needs.includes(need)
}

/** Why a section is refused for several batches. */
export function onlyOfOneBatch(name: RowName): string {
  const { whyOneBatch } = rowSectionOf(name)
  return `${name} is available for a single batch only${whyOneBatch === undefined ? '' : `: ${whyOneBatch}`}`
}
