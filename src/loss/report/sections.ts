import type { Include } from '../formats.ts'
import type { Spec } from '../spec.ts'
import { calibration } from './calibration.ts'
import { confusion, confusionWeights } from './confusion.ts'
import { gradient } from './gradient.ts'
import { intervals } from './intervals.ts'
import { metrics } from './metrics.ts'
import { perClass } from './per-class.ts'
import { perSample } from './per-sample.ts'
import { ranking } from './ranking.ts'
import type { MergeableSection, Need, RowSection, Section, SectionOption } from './section.ts'
import { thresholds } from './thresholds.ts'
import { topKAccuracy } from './top-k.ts'

/** Every section, in the order in which states write those that merge: a new one goes to the end. */
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
  thresholds,
  intervals,
} as const satisfies Record<Include, Section> & Record<string, Section>

type Sections = typeof sections
export type SectionName = keyof Sections
export type RowName = { [Name in SectionName]: Sections[Name] extends RowSection<unknown> ? Name : never }[SectionName]
export type MergeableName = Exclude<SectionName, RowName>

export type Reports = { readonly [Name in SectionName]?: ReportOf<Sections[Name]> }
type ReportOf<Of> = Of extends RowSection<infer Report> | MergeableSection<infer _, infer Report> ? Report : never

const names = Object.keys(sections) as SectionName[]
export const mergeableNames = names.filter((name) => isMergeable(name))
export const rowNames = names.filter((name) => !isMergeable(name)) as RowName[]

export function isMergeable(name: SectionName): name is MergeableName {
  return !('start' in sections[name])
}

export function sectionOf(name: MergeableName): MergeableSection<unknown, unknown> {
  return sections[name]
}

export function rowSectionOf(name: RowName): RowSection<unknown> {
  return sections[name]
}

/** What of a spec asks for sections. */
type Asking = Pick<Spec, 'include' | SectionOption>

export function asksForSections({ include, topK, thresholds: limits }: Asking): boolean {
  return include.length > 0 || topK !== undefined || limits !== undefined
}

/** The mergeable sections that `include` or an option of their own asks for. */
export function sectionsOf(spec: Asking): MergeableName[] {
  const asked: readonly string[] = spec.include
  return mergeableNames.filter((name) => {
    const { option } = sectionOf(name)
    return option === undefined ? asked.includes(name) : spec[option] !== undefined
  })
}

export function partsOf(spec: Spec): SectionName[] {
  if (!asksForSections(spec)) return []
  const byOption = sectionsOf(spec).filter((name) => sectionOf(name).option !== undefined)
  return Array.from(new Set<SectionName>([...byOption, ...spec.include]))
}

export function needs(name: SectionName, need: Need): boolean {
  const section: Section = sections[name]
  return section.needs.includes(need)
}

export function onlyOfOneBatch(name: RowName): string {
  const { whyOneBatch } = rowSectionOf(name)
  return `${name} is only available for a single batch${whyOneBatch === undefined ? '' : `: ${whyOneBatch}`}`
}
