import type { RowSource, Slice } from './fold.ts'
import { tallyAll } from './fold.ts'
import type { MergeableName } from './report/sections.ts'
import { sectionOf, sectionsOf } from './report/sections.ts'
import type { Spec } from './spec.ts'
import { describeChoices } from './spec.ts'
import type { Tally } from './tally.ts'
import { emptyTally, merge as mergeTallies } from './tally.ts'

/**
 * All that is kept of the rows evaluated so far: the tally, and the state of every mergeable section that `include` asks
 * for. A value: nothing changes it. States merge in any order and in any tree to the same state.
 */
export interface EvaluationState {
  readonly spec: Spec
  readonly tally: Tally
  readonly sections: ReadonlyMap<MergeableName, unknown>
}

/** The state of no rows; its K is 0, and it merges with any state of the same spec. */
export function emptyState(spec: Spec): EvaluationState {
  return { spec, tally: emptyTally, sections: emptySections(spec) }
}

/**
 * The state of all rows of both. Commutative and associative, with `emptyState` as identity.
 *
 * @throws Error for states of different specs, or of different K
 */
export function merge(a: EvaluationState, b: EvaluationState): EvaluationState {
  const total = new RunningTotal(a.spec)
  total.add(a)
  total.add(b)
  return total
}

/** A state that grows: others are merged into it one by one, without a copy of all it holds at each. */
export class RunningTotal implements EvaluationState {
  readonly spec: Spec
  #sections: ReadonlyMap<MergeableName, unknown>
  #tally: Tally = emptyTally

  constructor(spec: Spec) {
    this.spec = spec
    this.#sections = emptySections(spec)
  }

  get tally(): Tally {
    return this.#tally
  }

  get sections(): ReadonlyMap<MergeableName, unknown> {
    return this.#sections
  }

  /**
   * Merges a state into this one, wholly or not at all.
   *
   * @throws Error for a state of another spec, or of another K
   */
  add(state: EvaluationState): void {
    finish(this.#absorb(state))
  }

  /** Merges the tally of rows where there are no sections. */
  addTally(tally: Tally): void {
    checkFits(this.#tally, tally)
    this.#tally = this.#tally.samples === 0 ? tally : mergeTallies(this.#tally, tally)
  }

  /**
   * Merges a state that is used for nothing else, step by step, so that the caller may do something else in between. The
   * first one is taken as it is. What has begun is finished, even when it is given up: a state is merged wholly or not at
   * all.
   *
   * @throws Error for a state of another spec, or of another K
   */
  *take(state: EvaluationState): Generator<void, void> {
    if (this.#tally.samples === 0) {
      checkBelongs(this, state)
      this.#tally = state.tally
      this.#sections = state.sections
      return
    }
    const steps = this.#absorb(state)
    try {
      while (!steps.next().done) yield
    } finally {
      finish(steps)
    }
  }

  *#absorb(state: EvaluationState): Generator<void, void> {
    checkBelongs(this, state)
    this.#tally = mergeTallies(this.#tally, state.tally)
    for (const [name, into] of this.#sections) yield* sectionOf(name).absorb(into, state.sections.get(name))
  }
}

/** Does all steps that are left at once. */
function finish(steps: Generator<void, unknown>): void {
  while (!steps.next().done);
}

/** What a section says about a state that has it, step by step. */
export function reportSection(
  { spec, tally, sections }: EvaluationState,
  name: MergeableName,
): Generator<void, unknown> {
  return sectionOf(name).report(sections.get(name), tally, spec)
}

/**
 * The state of some rows, step by step, so that the caller may do something else in between. Nothing else changes: a fold
 * that is given up halfway leaves no trace.
 *
 * @param ignored rows besides these that `ignoreIndex` leaves out
 * @param observe sees what was computed for each slice of rows
 */
export function* foldRows(
  spec: Spec,
  source: RowSource,
  ignored: number,
  observe?: (slice: Slice) => void,
): Generator<void, EvaluationState> {
  const sections = emptySections(spec)
  const tally = yield* sections.size === 0
    ? tallyAll(spec, source, observe)
    : tallyAll(spec, source, bothOf(spec, sections, observe), inSteps(spec, sections))
  if (ignored === 0) return { spec, tally, sections }
  const leftOut = { ...emptyTally, outputs: source.outputs, samples: ignored, ignored }
  return { spec, tally: mergeTallies(tally, leftOut), sections }
}

/** Folds each slice into the sections, then shows it to the observer. */
function bothOf(spec: Spec, sections: EvaluationState['sections'], observe?: (slice: Slice) => void) {
  return (slice: Slice): void => {
    for (const [name, into] of sections) {
      const section = sectionOf(name)
      if ('fold' in section) finish(section.absorb(into, section.fold(spec, slice)))
    }
    observe?.(slice)
  }
}

/** Folds each slice into the sections that take steps for it, if there are any. */
function inSteps(spec: Spec, sections: EvaluationState['sections']) {
  const slow = Array.from(sections).flatMap(([name, into]) => {
    const section = sectionOf(name)
    return 'foldInto' in section ? [{ section, into }] : []
  })
  if (slow.length === 0) return undefined
  return function* (slice: Slice): Generator<void, void> {
    for (const { section, into } of slow) yield* section.foldInto(into, spec, slice)
  }
}

/**
 * The canonical text of what a state depends on, the options by name. It leaves out `reduction`, which only chooses what
 * is read from a state, and the sections about single rows, which a state does not hold. It also leaves out options at
 * their defaults: an option that is added later, with a default, must not make the states of today unreadable.
 */
export function stateSpecText(spec: Spec): string {
  const { reduction, include: _, ...options } = describeChoices(spec)
  const include = sectionsOf({ include: spec.include, topK: undefined })
  const choices = include.length === 0 ? options : { ...options, include }
  const entries = Object.entries(choices).sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify(Object.fromEntries(entries))
}

const none: ReadonlyMap<MergeableName, unknown> = new Map()

function emptySections(spec: Spec): ReadonlyMap<MergeableName, unknown> {
  if (spec.include.length === 0 && spec.topK === undefined) return none
  return new Map(sectionsOf(spec).map((name) => [name, sectionOf(name).empty()]))
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
