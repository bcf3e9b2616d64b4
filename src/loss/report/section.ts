import type { z } from 'zod'
import type { Batch } from '../batch.ts'
import type { ByteReader, ByteWriter } from '../bytes.ts'
import type { Slice, SliceOfBatch } from '../fold.ts'
import type { Memory } from '../memory.ts'
import type { Selection } from '../selection.ts'
import type { Spec } from '../spec.ts'
import type { Tally } from '../tally.ts'
import type { NumberRows, Written } from './number-rows.ts'

/** Options that ask for a section of their own. */
export type SectionOption = 'topK' | 'thresholds'

/** What an evaluation must have for a section. */
export type Need = 'decisions' | 'probabilities' | 'one decision per row'

interface SectionTraits<Report> {
  readonly needs: readonly Need[]
  readonly schema: z.ZodType<AsJson<Report>>
  /** Numbers that the answer holds, or the sums behind it if those are more. */
  answerNumbers(spec: Spec, rows: Pick<ReceivedRows, 'samples' | 'outputs'>): number
}

type AsJson<Report> = Report extends NumberRows
  ? Written[] | Written[][]
  : Report extends readonly (infer Element)[]
    ? readonly AsJson<Element>[]
    : Report extends object
      ? { readonly [Name in keyof Report]: AsJson<Report[Name]> }
      : Report

export interface ReceivedRows {
  readonly samples: number
  readonly outputs: number
  readonly isList: boolean
}

/** A section about the single rows of one batch, which a stream of batches cannot have. */
export interface RowSection<Report> extends SectionTraits<Report> {
  /** Why it takes one batch only, where that is not plain. */
  readonly whyOneBatch?: string
  start(spec: Spec, rows: ReceivedRows, memory: Memory): RowPart<Report>
}

export type RowNumbers = 'losses' | 'correct' | 'gradient'

export interface RowPart<Report> {
  add?(slice: SliceOfBatch, selection: Selection): void
  addBatch?(batch: Batch, selection: Selection): Generator<void, void>
  /** Says what was gathered, in steps; to be asked for once. */
  report(tally: Tally): Generator<void, Report>
  /** Its part of `intervals`; to be asked for after all batches. */
  intervals?(): unknown
  /** These numbers, in steps; to be asked for once, and not beside `report`. */
  numbers?(name: RowNumbers, tally: Tally): Generator<void, Float64Array | Int32Array | undefined>
}

/** A section about any number of batches, whose state is an exact sum over rows: neither order nor cut matters. */
export type MergeableSection<State, Report> = SectionAtOnce<State, Report> | SectionInSteps<State, Report>

interface SectionOf<State, Report> extends SectionTraits<Report> {
  readonly option?: SectionOption
  /** Bytes of memory that the state takes at most, whatever the numbers are. */
  stateBytes(spec: Spec, outputs: number): number
  empty(): State
  /** Adds `from` to `into`, in steps; one step for the state of a slice. */
  absorb(into: State, from: State): Generator<void, void>
  write(state: State, writer: ByteWriter): Generator<void, void>
  /** Reads what `write` wrote, in steps. @throws InvalidState for bytes that end too early */
  read(reader: ByteReader, spec: Spec): Generator<void, State>
  report(state: State, tally: Tally, spec: Spec): Generator<void, Report>
}

export interface SectionAtOnce<State, Report> extends SectionOf<State, Report> {
  fold(spec: Spec, slice: Slice): State
}

/** A section with sums for each of many outputs, so that a slice takes steps. */
export interface SectionInSteps<State, Report> extends SectionOf<State, Report> {
  foldInto(into: State, spec: Spec, slice: Slice): Generator<void, void>
}

export type Section = RowSection<unknown> | MergeableSection<unknown, unknown>

/** Classes are the K outputs, or 0 and 1 for one binary output. */
export function classesOf({ decision }: Spec, outputs: number): number {
  return decision === 'binary' && outputs === 1 ? 2 : outputs
}
