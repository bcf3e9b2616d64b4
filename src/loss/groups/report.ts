import type { Reports } from '../report/sections.ts'
import { isMergeable, partsOf } from '../report/sections.ts'
import type { Statistics } from '../report/statistics.ts'
import { statisticsOf } from '../report/statistics.ts'
import type { EvaluationState, GroupState } from '../state.ts'
import { reportSection } from '../state.ts'
import type { GroupValue } from './columns.ts'
import { columnsIn } from './columns.ts'
import type { GroupKey } from './partition.ts'
import { compareKeys } from './partition.ts'

/** A group by the names of its columns. */
export type NamedKey = { readonly [column: string]: GroupValue }

/** What an evaluation of the rows of one group says; parts about single rows are left out. */
export interface GroupReport extends Statistics, Reports {
  readonly key: NamedKey
}

interface Extreme {
  readonly key: NamedKey
  readonly value: number
}

/** How far groups are apart in one number. */
export interface GroupDifference {
  readonly lowest: Extreme
  readonly highest: Extreme
  readonly difference: number | null
  /** Highest / lowest; `null` where the lowest is 0 or they differ in sign. */
  readonly ratio: number | null
}

export interface GroupingReport {
  readonly by: readonly string[]
  /** In the order of their keys. */
  readonly groups: readonly GroupReport[]
  /** By the path of the number, such as `metrics.f1.macro`. */
  readonly differences: { readonly [path: string]: GroupDifference }
}

/** What the groups of a state say, in steps. */
export function* reportGroups(state: EvaluationState): Generator<void, GroupingReport[]> {
  const { spec, groups } = state
  const reports: GroupingReport[] = []
  for (const [at, states] of groups.entries()) {
    const by = columnsIn((spec.groupBy ?? [])[at])
    const sorted = Array.from(states.values()).sort((a, b) => compareKeys(a.key, b.key))
    const those: GroupReport[] = []
    for (const group of sorted) {
      those.push(yield* reportGroup(state, group, by))
      yield
    }
    reports.push({ by, groups: those, differences: differencesBetween(those) })
    yield
  }
  return reports
}

function* reportGroup(
  { spec }: EvaluationState,
  group: GroupState,
  by: readonly string[],
): Generator<void, GroupReport> {
  const report: Record<string, unknown> = { key: namedKey(by, group.key), ...statisticsOf(group.tally, spec) }
  for (const name of partsOf(spec)) if (isMergeable(name)) report[name] = yield* reportSection(group, name, spec)
  // the fields are named by strings of the same lists as the type
  return report as unknown as GroupReport
}

export function namedKey(by: readonly string[], key: GroupKey): NamedKey {
  return Object.fromEntries(by.map((name, at) => [name, key[at]]))
}

function differencesBetween(groups: readonly GroupReport[]): GroupingReport['differences'] {
  const differences: Record<string, GroupDifference> = {}
  for (const group of groups) {
    for (const [path, value] of numbersOf({ loss: group.loss, accuracy: group.accuracy, metrics: group.metrics })) {
      const here = { key: group.key, value }
      const known = differences[path]
      const lowest = known === undefined || value < known.lowest.value ? here : known.lowest
      const highest = known === undefined || value > known.highest.value ? here : known.highest
      differences[path] = { lowest, highest, ...apart(lowest.value, highest.value) }
    }
  }
  return differences
}

/** The single numbers of an object by their paths; lists are passed over. */
function* numbersOf(value: object, path = ''): Generator<[path: string, value: number]> {
  for (const [name, inner] of Object.entries(value)) {
    if (typeof inner === 'number') yield [path + name, inner]
    else if (typeof inner === 'object' && inner !== null && !Array.isArray(inner)) {
      yield* numbersOf(inner, `${path}${name}.`)
    }
  }
}

function apart(lowest: number, highest: number): Pick<GroupDifference, 'difference' | 'ratio'> {
  const ratio = lowest === 0 || lowest < 0 !== highest < 0 ? null : highest / lowest
  return { difference: finite(highest - lowest), ratio: finite(ratio) }
}

function finite(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null
}
