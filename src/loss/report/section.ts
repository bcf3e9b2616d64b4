import type { ByteReader, ByteWriter } from '../bytes.ts'
import type { Slice } from '../fold.ts'
import type { Selection } from '../selection.ts'
import type { Spec } from '../spec.ts'
import type { Tally } from '../tally.ts'

/** A part of an answer about the single rows of one batch: it sees every slice of them. */
export interface RowSection {
  add(slice: Slice, selection: Selection): void
}

/**
 * A part of an answer about any number of batches. Its state is a sum over rows: that of a batch is the sum over its
 * slices, that of an evaluation the sum over its batches, and the sum is exact, so neither order nor cut matters.
 */
export type MergeableSection<State> = SectionAtOnce<State> | SectionInSteps<State>

interface SectionOf<State> {
  /** Numbers that the answer will hold, or the sums behind it if those are more. */
  answerNumbers(spec: Spec, outputs: number): number
  /** Bytes of memory that the state takes at most, whatever the numbers are. */
  stateBytes(spec: Spec, outputs: number): number
  empty(): State
  /** Adds `from` to `into`, which changes, step by step; there is but one for the state of a slice. */
  absorb(into: State, from: State): Generator<void, void>
  /** Writes equal states as equal bytes, step by step. */
  write(state: State, writer: ByteWriter): Generator<void, void>
  /**
   * Reads what `write` wrote, step by step.
   *
   * @throws InvalidState for bytes that it cannot have written
   */
  read(reader: ByteReader, spec: Spec): Generator<void, State>
  /**
   * Checks, step by step, that the rows which the tally counts can have this state.
   *
   * @throws InvalidState if not
   */
  check(state: State, tally: Tally, spec: Spec): Generator<void, void>
  /** Says what the state means, step by step. */
  report(state: State, tally: Tally, spec: Spec): Generator<void, unknown>
}

/** A section of which each slice of rows is folded at once. */
export interface SectionAtOnce<State> extends SectionOf<State> {
  /** The state of some rows. */
  fold(spec: Spec, slice: Slice): State
}

/** A section that has sums for each of many outputs, so that a slice takes steps of its own. */
export interface SectionInSteps<State> extends SectionOf<State> {
  /** Adds some rows to `into`, step by step. */
  foldInto(into: State, spec: Spec, slice: Slice): Generator<void, void>
}

/** Classes are the K outputs, or 0 and 1 for one binary output. */
export function classesOf({ decision }: Spec, outputs: number): number {
  return decision === 'binary' && outputs === 1 ? 2 : outputs
}
