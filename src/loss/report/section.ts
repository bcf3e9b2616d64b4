import type { z } from 'zod'
import type { Batch } from '../batch.ts'
import type { ByteReader, ByteWriter } from '../bytes.ts'
import type { Slice } from '../fold.ts'
import type { Memory } from '../memory.ts'
import type { Selection } from '../selection.ts'
import type { Spec } from '../spec.ts'
import type { Tally } from '../tally.ts'
import type { NumberRows, Written } from './number-rows.ts'

/**
 * What an evaluation must have for a section: labels that are right or wrong, predictions that are probabilities or can be
 * made such, or one decision for each row rather than one for each of several outputs.
 */
export type Need = 'decisions' | 'probabilities' | 'one decision per row'

/** What every part of an answer says of itself. */
interface SectionTraits<Report> {
  readonly needs: readonly Need[]
  /** The part as JSON. */
  readonly schema: z.ZodType<AsJson<Report>>
  /** Numbers that the answer will hold, or the sums behind it if those are more. */
  answerNumbers(spec: Spec, rows: Pick<ReceivedRows, 'samples' | 'outputs'>): number
}

/** What JSON makes of a report: NumberRows become arrays. */
type AsJson<Report> = Report extends NumberRows
  ? Written[] | Written[][]
  : Report extends readonly (infer Element)[]
    ? readonly AsJson<Element>[]
    : Report extends object
      ? { readonly [Name in keyof Report]: AsJson<Report[Name]> }
      : Report

/** The rows of the one batch of an evaluation, as they were received. */
export interface ReceivedRows {
  readonly samples: number
  /** K, numbers per row. */
  readonly outputs: number
  /** Whether `predictions` came as one list. */
  readonly isList: boolean
}

/** A section about the single rows of one batch, which a stream of batches cannot have. */
export interface RowSection<Report> extends SectionTraits<Report> {
  /** Why it takes one batch only, where that is not plain. */
  readonly whyOneBatch?: string
  /** Begins with a batch, and reserves memory for it. */
  start(spec: Spec, rows: ReceivedRows, memory: Memory): RowPart<Report>
}

/** The numbers about rows that can be had as they are. */
export type RowNumbers = 'losses' | 'correct' | 'gradient'

/** What a row section gathers. */
export interface RowPart<Report> {
  /** Sees every slice of rows. */
  add?(slice: Slice, selection: Selection): void
  /** Sees the batch after its last slice, step by step. */
  addBatch?(batch: Batch, selection: Selection): Generator<void, void>
  /** Says what was gathered, step by step; to be asked for once. */
  report(tally: Tally): Generator<void, Report>
  /** These numbers, step by step, if they are of this part; to be asked for once, and not beside `report`. */
  numbers?(name: RowNumbers, tally: Tally): Generator<void, Float64Array | Int32Array | undefined>
}

/**
 * A section about any number of batches. Its state is a sum over rows: that of a batch is the sum over its slices, that of an
 * evaluation the sum over its batches, and the sum is exact, so neither order nor cut matters.
 */
export type MergeableSection<State, Report> = SectionAtOnce<State, Report> | SectionInSteps<State, Report>

interface SectionOf<State, Report> extends SectionTraits<Report> {
  /** The option that asks for it, where `include` does not. */
  readonly option?: 'topK'
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
   * @throws InvalidState for bytes that end too early
   */
  read(reader: ByteReader, spec: Spec): Generator<void, State>
  /** Says what the state means, step by step. */
  report(state: State, tally: Tally, spec: Spec): Generator<void, Report>
}

/** A section of which each slice of rows is folded at once. */
export interface SectionAtOnce<State, Report> extends SectionOf<State, Report> {
  /** The state of some rows. */
  fold(spec: Spec, slice: Slice): State
}

/** A section that has sums for each of many outputs, so that a slice takes steps of its own. */
export interface SectionInSteps<State, Report> extends SectionOf<State, Report> {
  /** Adds some rows to `into`, step by step. */
  foldInto(into: State, spec: Spec, slice: Slice): Generator<void, void>
}

export type Section = RowSection<unknown> | MergeableSection<unknown, unknown>

/** Classes are the K outputs, or 0 and 1 for one binary output. */
export function classesOf({ decision }: Spec, outputs: number): number {
  return decision === 'binary' && outputs === 1 ? 2 : outputs
}
