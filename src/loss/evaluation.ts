import type { Tensors } from './batch.ts'
import { BatchCheck, layoutOfAll, rowsPerStep } from './batch.ts'
import type { Slice } from './fold.ts'
import { computeRows, rowsOfBatch, slicesOf, tallyOf } from './fold.ts'
import type { GroupPlace } from './groups/fold.ts'
import { foldGroups, partitionsOf } from './groups/fold.ts'
import type { Partition } from './groups/partition.ts'
import { checkGroupCount } from './groups/partition.ts'
import type { GroupingReport } from './groups/report.ts'
import { reportGroups } from './groups/report.ts'
import type { Memory } from './memory.ts'
import { ScopedMemory } from './memory.ts'
import { refuseWithHint } from './remedies/refuse.ts'
import type { NumberRows } from './report/number-rows.ts'
import type { RowParts } from './report/row-parts.ts'
import { lossesOf, noRowParts, observer, rowNumbersOf, startRowParts } from './report/row-parts.ts'
import type { RowNumbers } from './report/section.ts'
import type { Reports, SectionName } from './report/sections.ts'
import { asksForSections, isMergeable, needs, onlyOfOneBatch, partsOf, sectionOf, sections } from './report/sections.ts'
import type { Statistics } from './report/statistics.ts'
import { statisticsOf } from './report/statistics.ts'
import type { RandomSource, RowSelection } from './row-selection.ts'
import { selectRows } from './row-selection.ts'
import { selectedRows } from './selection.ts'
import type { Layout } from './shape.ts'
import { counted } from './shape.ts'
import type { MiniBatch, Spec } from './spec.ts'
import { describeSpec } from './spec.ts'
import type { EvaluationState } from './state.ts'
import { emptyState, foldRows, merge, RunningTotal, reportSection } from './state.ts'
import type { Tally } from './tally.ts'
import type { Path } from './validation-errors.ts'
import { LimitExceeded, refuse } from './validation-errors.ts'

export interface EvaluationContext {
  /** What everything that grows with the rows or the outputs is counted in, before it is taken. */
  readonly memory: Memory
  readonly uniformIntegers: RandomSource
  /** The largest count of numbers that one part of an answer may hold. */
  readonly maxAnswerNumbers: number
  /** The largest count of numbers in the rows of a mini-batch. */
  readonly maxMiniBatchNumbers: number
  /** How many groups there may be of all groupings together. */
  readonly maxGroups: number
  /** Whether the options were declared in an earlier request. */
  readonly isDeclared?: boolean
  /** Whether the numbers of rows are taken as they are: then there is no answer that they could be too many for. */
  readonly isRaw?: boolean
}

export interface Findings extends Statistics, Reports {
  readonly populationSize?: number
  readonly losses?: NumberRows
  /** Of each grouping of `groupBy`. */
  readonly groups?: readonly GroupingReport[]
}

/** The answer to an evaluation: what it found, and under which options. */
export interface Answer extends Findings {
  readonly spec: Record<string, unknown>
}

/** What a state says, as an answer, in steps. */
export function* answerOf(state: EvaluationState): Generator<void, Answer> {
  return withSpec(yield* findingsOf(state, noRowParts), state.spec)
}

function withSpec(findings: Findings, spec: Spec): Answer {
  return { ...findings, spec: describeSpec(spec) }
}

function* findingsOf(state: EvaluationState, rows: RowParts, populationSize?: number): Generator<void, Findings> {
  const { spec, tally } = state
  const findings = figuresOf(state, populationSize) as Statistics & Record<string, unknown>
  if (populationSize !== undefined) findings.populationSize = populationSize
  if (spec.reduction === 'none') findings.losses = yield* lossesOf(rows, tally)
  for (const name of partsOf(spec)) {
    if (isMergeable(name)) findings[name] = yield* reportSection(state, name, spec)
    else {
      const part = rows.get(name)
      findings[name] = part && (yield* part.report(tally))
    }
    yield
  }
  if (spec.include.includes('intervals')) findings.intervals = withRowParts(findings.intervals, rows)
  if (spec.groupBy !== undefined) findings.groups = yield* reportGroups(state)
  // the fields are named by strings of the same lists as the type
  return findings as Findings
}

/** The intervals of sections that merge, and those of row sections. */
function withRowParts(intervals: unknown, rows: RowParts): unknown {
  const ofRows = Array.from(rows).map(([name, part]) => [name, part.intervals?.()] as const)
  return Object.assign({}, intervals, Object.fromEntries(ofRows.filter(([, each]) => each !== undefined)))
}

function figuresOf({ tally, spec }: EvaluationState, populationSize?: number): Statistics {
  return statisticsOf(tally, spec, spec.miniBatch?.replacement === false ? populationSize : undefined)
}

/** What the name of a class takes, in numbers. */
const numbersPerName = 4
/** What a number of the answer takes: itself, the array around it, and its text. */
export const bytesPerNumber = 64

type Sizes = Pick<EvaluationContext, 'maxAnswerNumbers' | 'maxMiniBatchNumbers' | 'isRaw'>

/**
 * The bytes that the answer will take. @throws InvalidContent, LimitExceeded for what asks for too large an answer
 * @param answers how many there are in one; a part of them all may not be too large
 */
export function answerBytesOf(spec: Spec, { samples, outputs }: Layout, sizes: Sizes, answers = 1): number {
  const { miniBatch, reduction, decision, classWeights, positiveWeight, classes } = spec
  if (miniBatch !== undefined) checkMiniBatch(miniBatch, outputs, sizes)
  if (sizes.isRaw) return 0
  const evaluated = miniBatch?.size ?? samples
  const weights = (classWeights?.length ?? 0) + (typeof positiveWeight === 'number' ? 0 : positiveWeight.length)
  const names = numbersPerName * (classes?.length ?? 0)
  let bytes = answers * (weights + names) * bytesPerNumber
  if (reduction === 'none') bytes += bytesPerNumber * checkSize(answers * 2 * evaluated, ['reduction'], sizes)
  for (const name of partsOf(spec)) {
    const path = pathOf(name, spec)
    if (decision === 'binary' && outputs > 1 && needs(name, 'one decision per row')) {
      refuse(
        path,
        `${name} needs one decision per sample; these samples have ${outputs} binary outputs each`,
        name,
        'not-available',
      )
    }
    const numbers = sections[name].answerNumbers(spec, { samples, outputs })
    bytes += bytesPerNumber * checkSize(answers * numbers, path, sizes)
    if (isMergeable(name)) bytes += answers * sectionOf(name).stateBytes(spec, outputs)
  }
  return bytes
}

/** Where a spec asks for a part of the answer. */
function pathOf(name: SectionName, { include }: Spec): Path {
  const asked: readonly string[] = include
  const option = isMergeable(name) ? sectionOf(name).option : undefined
  return option === undefined ? ['include', asked.indexOf(name)] : [option]
}

/** The bytes that one of so many groups will take in an answer. @throws LimitExceeded for too large a part of all together */
export function groupAnswerBytesOf(spec: Spec, outputs: number, groups: number, sizes: Sizes): number {
  let bytes = bytesPerGroup
  for (const name of partsOf(spec)) {
    if (!isMergeable(name)) continue
    const numbers = sections[name].answerNumbers(spec, { samples: 0, outputs })
    if (!sizes.isRaw) checkSize(groups * numbers, pathOf(name, spec), sizes)
    bytes += bytesPerNumber * numbers + sectionOf(name).stateBytes(spec, outputs)
  }
  return bytes
}

/** A tally, a key, and the figures of an answer. */
const bytesPerGroup = 2 ** 13

function checkMiniBatch({ size }: MiniBatch, outputs: number, { maxMiniBatchNumbers }: Sizes): void {
  if (size * outputs <= maxMiniBatchNumbers) return
  const detail = `${size} rows of ${counted(outputs, 'number')} are more than the limit maxMiniBatchNumbers, ${maxMiniBatchNumbers}`
  throw new LimitExceeded('maxMiniBatchNumbers', maxMiniBatchNumbers, ['miniBatch', 'size'], detail)
}

/** @throws LimitExceeded */
function checkSize(numbers: number, path: Path, { maxAnswerNumbers }: Sizes): number {
  if (numbers <= maxAnswerNumbers) return numbers
  const detail = `this part of the answer would hold ${numbers} numbers; the limit maxAnswerNumbers is ${maxAnswerNumbers}`
  throw new LimitExceeded('maxAnswerNumbers', maxAnswerNumbers, path, detail)
}

const fewRows = 64

function isPlain(spec: Spec): boolean {
  const { groupBy, miniBatch, ignoreIndex, reduction } = spec
  const asksForParts = asksForSections(spec) || groupBy !== undefined || reduction === 'none'
  return !asksForParts && miniBatch === undefined && ignoreIndex === undefined
}

/** One evaluation: batches go in, one at a time, in any number; the answer is that of all their rows. */
export class Evaluation {
  readonly #spec: Spec
  readonly #context: EvaluationContext
  readonly #memory: ScopedMemory
  readonly #total: RunningTotal
  #rowParts: RowParts = noRowParts
  #populationSize: number | undefined

  constructor(spec: Spec, context: EvaluationContext) {
    this.#spec = spec
    this.#context = context
    this.#memory = new ScopedMemory(context.memory)
    this.#total = new RunningTotal(spec)
  }

  get tally(): Tally {
    return this.#total.tally
  }

  get total(): EvaluationState {
    return this.#total
  }

  /** What is kept of the rows so far; later batches leave it as it is. */
  get state(): EvaluationState {
    return merge(this.#total, emptyState(this.#spec))
  }

  /**
   * Checks a batch and adds it wholly or not at all, in steps. What its answer takes is held until `close`.
   * @throws InvalidContent, LimitExceeded
   */
  *add(tensors: Tensors): Generator<void, void> {
    const spec = this.#spec
    try {
      const layout = layoutOfAll(spec, tensors)
      const answerBytes = this.#answerBytesWith(layout)
      // the generators of a large batch would make a request of one row cost 10 % more: `npm run bench`, "one row of 10"
      if (isPlain(spec) && layout.samples <= Math.min(fewRows, rowsPerStep(layout.outputs))) {
        const checking = new BatchCheck(spec, tensors, layout, this.#context.memory)
        checking.rows(0, layout.samples)
        checking.throwIfWrong()
        this.#memory.reserve(answerBytes)
        const rows = rowsOfBatch(checking.batch, this.#context.memory)
        for (let from = 0; from < layout.samples; ) {
          const slice = computeRows(spec, rows, from, layout.samples)
          this.#total.addTally(tallyOf(spec, slice))
          from += slice.rows.count
        }
      } else yield* this.#addInSteps(tensors, layout, answerBytes)
    } catch (error) {
      const { memory, isDeclared } = this.#context
      const checkAnswer = (changed: Spec, layout: Layout) => this.#checkAnswer(changed, layout)
      yield* refuseWithHint(error, { spec, tensors, checkAnswer, memory, isDeclared })
    }
  }

  #checkAnswer(spec: Spec, layout: Layout): void {
    if (this.#total.tally.outputs === 0) answerBytesOf(spec, layout, this.#context)
    else this.#checkFollows(layout.outputs)
  }

  *#addInSteps(tensors: Tensors, layout: Layout, answerBytes: number): Generator<void, void> {
    const { memory, uniformIntegers } = this.#context
    using scope = new ScopedMemory(memory)
    const selected = yield* selectRows(this.#spec, tensors, layout, scope, uniformIntegers)
    yield* this.addSelected(selected, answerBytes, scope)
  }

  /**
   * Adds the selected rows of a checked batch, likewise. @param answerBytes that the answer takes, if this is the first batch
   * @param memory for what is needed until they are added  @param watch sees each slice of rows
   */
  *addSelected(
    selected: RowSelection,
    answerBytes: number,
    memory: Memory,
    watch?: (slice: Slice, place?: GroupPlace) => void,
  ): Generator<void, void> {
    const spec = this.#spec
    const { batch, isList, selection, populationSize } = selected
    const partitions = yield* partitionsOf(spec, selected, this.#context.maxGroups, memory)
    this.#memory.reserve(answerBytes + this.#groupBytesWith(partitions, batch.outputs))
    const rowParts = startRowParts(spec, { ...batch, isList }, this.#memory)
    const state = yield* this.#stateOf(selected, partitions, rowParts, memory, watch)
    for (const part of rowParts.values()) if (part.addBatch) yield* part.addBatch(batch, selection)
    yield* this.#total.take(state)
    this.#rowParts = rowParts
    this.#populationSize = populationSize
  }

  *#stateOf(
    selected: RowSelection,
    partitions: readonly Partition[],
    rowParts: RowParts,
    memory: Memory,
    watch?: (slice: Slice, place?: GroupPlace) => void,
  ): Generator<void, EvaluationState> {
    const spec = this.#spec
    const { batch, selection } = selected
    const rows = slicesOf(spec, selectedRows(batch, selection, memory))
    const observe = observer(rowParts, selection, watch)
    if (partitions.length > 0) return yield* foldGroups(spec, rows, selected, partitions, memory, observe, watch)
    return { spec, ...(yield* foldRows(spec, rows, selection.ignored, observe)), groups: [] }
  }

  /** Bytes that groups take which are new. @throws LimitExceeded */
  #groupBytesWith(partitions: readonly Partition[], outputs: number): number {
    if (partitions.length === 0) return 0
    const known = this.#total.groups
    const added = partitions.map(({ texts }, at) => texts.filter((text) => !known[at].has(text)).length)
    const counts = known.map(({ size }, at) => size + added[at])
    checkGroupCount(partitions, counts, this.#context.maxGroups)
    const count = counts.reduce((sum, size) => sum + size, 0)
    return added.reduce((sum, size) => sum + size, 0) * groupAnswerBytesOf(this.#spec, outputs, count, this.#context)
  }

  /** Bytes that the answer takes in addition. @throws InvalidContent, LimitExceeded */
  #answerBytesWith(layout: Layout): number {
    if (this.#total.tally.outputs === 0) return answerBytesOf(this.#spec, layout, this.#context)
    this.#checkFollows(layout.outputs)
    return 0
  }

  *report(): Generator<void, Answer> {
    return withSpec(yield* this.findings(), this.#spec)
  }

  findings(): Generator<void, Findings> {
    return findingsOf(this.#total, this.#rowParts, this.#populationSize)
  }

  figures(): Statistics {
    return figuresOf(this.#total, this.#populationSize)
  }

  /** The numbers of a part about single rows, in steps, or `undefined`; to be asked for once. */
  rowNumbers(name: RowNumbers): Generator<void, Float64Array | Int32Array | undefined> {
    return rowNumbersOf(this.#rowParts, name, this.tally)
  }

  close(): void {
    this.#memory[Symbol.dispose]()
    this.#rowParts = noRowParts
  }

  /** A further batch must have as many outputs, and nothing may be asked for that keeps single rows. */
  #checkFollows(outputs: number): void {
    const { include, miniBatch, reduction } = this.#spec
    const { outputs: known } = this.tally
    if (known !== outputs) {
      refuse(
        ['predictions'],
        `predictions has ${outputs} numbers per row; the previous batches have ${known}`,
        outputs,
        'shape',
      )
    }
    for (const [at, name] of include.entries())
      if (!isMergeable(name)) refuse(['include', at], onlyOfOneBatch(name), name, 'not-available')
    if (reduction === 'none')
      refuse(['reduction'], 'reduction "none" is only available for a single batch', reduction, 'not-available')
    if (miniBatch !== undefined)
      refuse(['miniBatch'], 'miniBatch is only available for a single batch', miniBatch, 'not-available')
  }
}
