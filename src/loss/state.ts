import type { Slice, Slices } from './fold.ts'
import { tallyAll } from './fold.ts'
import type { GroupKey } from './groups/partition.ts'
import type { MergeableName } from './report/sections.ts'
import { asksForSections, sectionOf, sectionsOf } from './report/sections.ts'
import type { Spec } from './spec.ts'
import { describeChoices } from './spec.ts'
import type { Tally } from './tally.ts'
import { emptyTally, merge as mergeTallies } from './tally.ts'

/** What is kept of some rows: their tally, and the mergeable sections. */
export interface RowsState {
  readonly tally: Tally
  readonly sections: ReadonlyMap<MergeableName, unknown>
}

/** What is kept of the rows of a group. */
export interface GroupState extends RowsState {
  readonly key: GroupKey
}

/** The groups of one grouping, by the text of their keys. */
export type GroupStates = ReadonlyMap<string, GroupState>

/** All that is kept of the rows so far, of each group likewise. States merge in any order and tree to the same. */
export interface EvaluationState extends RowsState {
  readonly spec: Spec
  /** One for each grouping of `groupBy`. */
  readonly groups: readonly GroupStates[]
}

/** The state of no rows; its K is 0, and it merges with any state of the same spec. */
export function emptyState(spec: Spec): EvaluationState {
  return { spec, ...emptyRows(spec), groups: emptyGroups(spec) }
}

/** The state of all rows of both. Commutative and associative. @throws Error for different specs, or different K */
export function merge(a: EvaluationState, b: EvaluationState): EvaluationState {
  const total = new RunningTotal(a.spec)
  total.add(a)
  total.add(b)
  return total
}

/** What is kept of some rows, others of which are merged into it. */
class RowsTotal implements RowsState {
  sections: ReadonlyMap<MergeableName, unknown>
  tally: Tally = emptyTally

  /** @param first what it begins with, which becomes its own */
  constructor(spec: Spec, first?: RowsState) {
    this.sections = first?.sections ?? emptySections(spec)
    if (first !== undefined) this.tally = first.tally
  }

  *absorb({ tally, sections }: RowsState): Generator<void, void> {
    this.tally = mergeTallies(this.tally, tally)
    for (const [name, into] of this.sections) yield* sectionOf(name).absorb(into, sections.get(name))
  }
}

class GroupTotal extends RowsTotal implements GroupState {
  readonly key: GroupKey

  constructor(spec: Spec, key: GroupKey, first?: RowsState) {
    super(spec, first)
    this.key = key
  }
}

/** A state that others are merged into. */
export class RunningTotal implements EvaluationState {
  readonly spec: Spec
  readonly #all: RowsTotal
  readonly #groups: Map<string, GroupTotal>[]

  constructor(spec: Spec) {
    this.spec = spec
    this.#all = new RowsTotal(spec)
    this.#groups = (spec.groupBy ?? []).map(() => new Map())
  }

  get tally(): Tally {
    return this.#all.tally
  }

  get sections(): ReadonlyMap<MergeableName, unknown> {
    return this.#all.sections
  }

  get groups(): readonly GroupStates[] {
    return this.#groups
  }

  /** Merges a state wholly or not at all. @throws Error for another spec, or another K */
  add(state: EvaluationState): void {
    finish(this.absorb(state))
  }

  /** Merges the tally of rows where there are no sections. */
  addTally(tally: Tally): void {
    checkFits(this.tally, tally)
    this.#all.tally = this.tally.samples === 0 ? tally : mergeTallies(this.tally, tally)
  }

  /**
   * Merges a state that is used for nothing else, in steps; what has begun is finished even when it is given up.
   * @throws Error for a state of another spec, or of another K
   */
  *take(state: EvaluationState): Generator<void, void> {
    const isFirst = this.tally.samples === 0
    checkBelongs(this, state)
    if (isFirst) {
      this.#all.tally = state.tally
      this.#all.sections = state.sections
      if (state.groups.length === 0) return
    }
    const steps = isFirst ? this.#absorbGroups(state, true) : this.absorb(state)
    try {
      while (!steps.next().done) yield
    } finally {
      finish(steps)
    }
  }

  /** Merges a state that is used elsewhere, too, in steps. Given up in between, the total is of no use. @throws as `take` does */
  *absorb(state: EvaluationState): Generator<void, void> {
    checkBelongs(this, state)
    yield* this.#all.absorb(state)
    yield* this.#absorbGroups(state)
  }

  /** @param takesNew whether the states of groups that are new belong to nothing else */
  *#absorbGroups({ groups }: EvaluationState, takesNew = false): Generator<void, void> {
    for (const [at, states] of groups.entries()) {
      const into = this.#groups[at]
      for (const [text, group] of states) {
        let total = into.get(text)
        if (total === undefined) {
          total = new GroupTotal(this.spec, group.key, takesNew ? group : undefined)
          into.set(text, total)
          if (takesNew) continue
        }
        yield* total.absorb(group)
        if (into.size % groupsPerStep === 0) yield
      }
    }
  }
}

/** Groups that are merged in a step. */
const groupsPerStep = 16

/** Does all steps that are left at once. */
export function finish<Result>(steps: Generator<void, Result>): Result {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
  }
}

export function reportSection(
  { tally, sections }: RowsState,
  name: MergeableName,
  spec: Spec,
): Generator<void, unknown> {
  return sectionOf(name).report(sections.get(name), tally, spec)
}

/** The state of some rows, in steps. @param ignored rows besides these that `ignoreIndex` leaves out  @param observe sees each slice */
export function* foldRows<Of extends Slice>(
  spec: Spec,
  rows: Slices<Of>,
  ignored: number,
  observe?: (slice: Of) => void,
): Generator<void, RowsState> {
  const sections = emptySections(spec)
  const linger = sections.size === 0 ? undefined : (slice: Of) => foldSections(spec, sections, slice)
  const tally = yield* tallyAll(spec, rows, observe, linger)
  if (ignored === 0) return { tally, sections }
  const leftOut = { ...emptyTally, outputs: rows.outputs, samples: ignored, ignored }
  return { tally: mergeTallies(tally, leftOut), sections }
}

function* foldSections(spec: Spec, sections: RowsState['sections'], slice: Slice): Generator<void, void> {
  for (const [name, into] of sections) {
    const section = sectionOf(name)
    if ('foldInto' in section) yield* section.foldInto(into, spec, slice)
    else finish(section.absorb(into, section.fold(spec, slice)))
  }
}

/**
 * What a state depends on, as canonical text. Without `reduction` and sections of single rows, which are not in a state, and
 * without defaults, so that a new option leaves the states of today readable.
 */
export function stateSpecText(spec: Spec): string {
  const { reduction, include: _, ...options } = describeChoices(spec)
  const include = sectionsOf({ include: spec.include, topK: undefined, thresholds: undefined })
  const choices = include.length === 0 ? options : { ...options, include }
  const entries = Object.entries(choices).sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify(Object.fromEntries(entries))
}

const none: ReadonlyMap<MergeableName, unknown> = new Map()

function emptyRows(spec: Spec): RowsState {
  return { tally: emptyTally, sections: emptySections(spec) }
}

function emptySections(spec: Spec): ReadonlyMap<MergeableName, unknown> {
  if (!asksForSections(spec)) return none
  return new Map(sectionsOf(spec).map((name) => [name, sectionOf(name).empty()]))
}

function emptyGroups({ groupBy = [] }: Spec): GroupStates[] {
  return groupBy.map(() => new Map())
}

function checkBelongs(a: EvaluationState, b: EvaluationState): void {
  if (a.spec !== b.spec && stateSpecText(a.spec) !== stateSpecText(b.spec)) {
    throw new Error('states of different specs cannot be merged')
  }
  checkFits(a.tally, b.tally)
}

function checkFits({ outputs, samples, correct }: Tally, other: Tally): void {
  if (outputs !== 0 && other.outputs !== 0 && outputs !== other.outputs) {
    throw new Error(`states of ${outputs} and of ${other.outputs} outputs cannot be merged`)
  }
  if (!Number.isSafeInteger(samples + other.samples) || !Number.isSafeInteger(correct + other.correct)) {
    throw new Error('the counts of both together are beyond 2^53 - 1')
  }
}
