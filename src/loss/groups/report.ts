import type { Reports } from '../report/sections.ts'
import { asksForSections, isMergeable, partsOf } from '../report/sections.ts'
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

/** Groups without parts that are reported in a step. */
const groupsPerStep = 64

/** What the groups of a state say, in steps. */
export function* reportGroups(state: EvaluationState): Generator<void, GroupingReport[]> {
  const { spec, groups } = state
  const asksForParts = asksForSections(spec)
  const reports: GroupingReport[] = []
  for (const [at, states] of groups.entries()) {
    const by = columnsIn((spec.groupBy ?? [])[at])
    const sorted = Array.from(states.values()).sort((a, b) => compareKeys(a.key, b.key))
    const those: GroupReport[] = []
    for (const [place, group] of sorted.entries()) {
      those.push(yield* reportGroup(state, group, by))
      if (asksForParts || place % groupsPerStep === 0) yield
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
  const statistics = statisticsOf(group.tally, spec)
  const { loss, lossStatus, accuracy, samples, outputs, correct, ties, ignored, clipped } = statistics
  const { lossSum, weightSum, standardError, accuracyInterval } = statistics
  // one by one: spread behind the key they take six times as long
  const report: Statistics & Pick<GroupReport, 'key'> & Record<string, unknown> = {
    key: namedKey(by, group.key),
    loss,
    lossStatus,
    accuracy,
    samples,
    outputs,
    correct,
    ties,
    ignored,
    clipped,
    lossSum,
    weightSum,
    standardError,
    accuracyInterval,
  }
  for (const name of partsOf(spec)) if (isMergeable(name)) report[name] = yield* reportSection(group, name, spec)
  // the fields are named by strings of the same lists as the type
  return report as GroupReport
}

export function namedKey(by: readonly string[], key: GroupKey): NamedKey {
  return Object.fromEntries(by.map((name, at) => [name, key[at]]))
}

function differencesBetween(groups: readonly GroupReport[]): GroupingReport['differences'] {
  const extremes = new Map<string, { lowest: Extreme; highest: Extreme }>()
  for (const { key, loss, accuracy, metrics } of groups) {
    const see = (path: string, value: number) => {
      const known = extremes.get(path)
      if (known === undefined) extremes.set(path, { lowest: { key, value }, highest: { key, value } })
      else if (value < known.lowest.value) known.lowest = { key, value }
      else if (value > known.highest.value) known.highest = { key, value }
    }
    if (loss !== null) see('loss', loss)
    if (accuracy !== null) see('accuracy', accuracy)
    if (metrics !== undefined) forEachNumber(metrics, 'metrics.', see)
  }
  const differences = Array.from(
    extremes,
    ([path, { lowest, highest }]) => [path, { lowest, highest, ...apart(lowest.value, highest.value) }] as const,
  )
  return Object.fromEntries(differences)
}

/** The single numbers of an object by their paths; lists are passed over. */
function forEachNumber(value: object, path: string, see: (path: string, value: number) => void): void {
  for (const [name, inner] of Object.entries(value)) {
    if (typeof inner === 'number') see(path + name, inner)
    else if (typeof inner === 'object' && inner !== null && !Array.isArray(inner)) {
      forEachNumber(inner, `${path}${name}.`, see)
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
