import type { Tensors } from './batch.ts'
import { layoutOfAll } from './batch.ts'
import type { Answer, EvaluationContext } from './evaluation.ts'
import { answerBytesOf, bytesPerNumber, Evaluation } from './evaluation.ts'
import type { Slice } from './fold.ts'
import type { GroupPlace } from './groups/fold.ts'
import type { GroupingReport, GroupReport, NamedKey } from './groups/report.ts'
import type { Memory } from './memory.ts'
import { ScopedMemory } from './memory.ts'
import type { Dyadic } from './numerics/dyadic.ts'
import { add, zero } from './numerics/dyadic.ts'
import { exactSumOfProducts } from './numerics/exact-sum.ts'
import { refuseWithHint } from './remedies/refuse.ts'
import type { AgreementReport } from './report/agreement.ts'
import { Agreement } from './report/agreement.ts'
import type { DifferenceReport } from './report/difference.ts'
import { differenceOf, mean, pairedTally, RightDifferences } from './report/difference.ts'
import type { MetricsReport } from './report/metrics.ts'
import { metrics } from './report/metrics.ts'
import type { PairedMetrics } from './report/paired-metrics.ts'
import { comparedMetrics, sideOf } from './report/paired-metrics.ts'
import type { PairedChunk } from './report/paired-rows.ts'
import { pairedBytes, pairedChunk, pairsMetrics } from './report/paired-rows.ts'
import { lossOf } from './report/statistics.ts'
import type { RowSelection } from './row-selection.ts'
import { selectRows } from './row-selection.ts'
import type { Layout } from './shape.ts'
import type { Spec } from './spec.ts'
import type { EvaluationState, RowsState } from './state.ts'
import type { Tally } from './tally.ts'
import type { Tensor } from './tensor.ts'

export interface PairedTensors extends Tensors {
  readonly baseline: Tensor
}

/** Two models over the same labels: each answer as that of an evaluation alone, and how they differ. */
export interface Comparison {
  readonly predictions: Omit<Answer, 'groups'>
  readonly baseline: Omit<Answer, 'groups'>
  readonly difference: PairedDifference
  readonly agreement?: AgreementReport | undefined
  readonly groups?: readonly ComparedGrouping[] | undefined
}

/** How far two models are apart; in each figure, if `include` has `metrics` and `intervals`. */
export interface PairedDifference extends DifferenceReport {
  readonly metrics?: PairedMetrics | undefined
}

/** The groups of a grouping in the order of their keys: both answers over the rows of each, and how they differ. */
export interface ComparedGrouping {
  readonly by: readonly string[]
  readonly groups: readonly ComparedGroup[]
}

export interface ComparedGroup {
  readonly key: NamedKey
  readonly predictions: Omit<GroupReport, 'key'>
  readonly baseline: Omit<GroupReport, 'key'>
  readonly difference: PairedDifference
}

/**
 * Evaluates two models over the same rows, in steps; at most one slice of each is kept, and what figures are of, where they are
 * paired.
 *
 * @throws InvalidContent, LimitExceeded
 */
export function* compare(spec: Spec, tensors: PairedTensors, context: EvaluationContext): Generator<void, Comparison> {
  const checkAnswer = (changed: Spec, layout: Layout) => answerBytesOf(changed, layout, context, 2) / 2
  using memory = new ScopedMemory(context.memory)
  const { selected, answerBytes } = yield* selectedPairs(spec, tensors, context, checkAnswer, memory)
  using answerMemory = new ScopedMemory(context.memory)
  const ofOne = { ...context, memory: answerMemory }
  const [predictions, baseline] = [new Evaluation(spec, ofOne), new Evaluation(spec, ofOne)]
  const pairs = new Pairs(spec)
  if (pairsMetrics(spec)) {
    const { samples, outputs } = selected.batch
    memory.reserve(
      (1 + (spec.groupBy?.length ?? 0)) * pairedBytes(spec, selected.selection.rows?.length ?? samples, outputs),
    )
    answerMemory.reserve(pairedAnswerBytes(spec, outputs))
  }
  // `largest` is that of the predictions
  const batch = { ...selected.batch, predictions: tensors.baseline.data, largest: undefined }
  yield* alternate(
    predictions.addSelected(selected, answerBytes, memory, (slice) => pairs.take(slice)),
    baseline.addSelected({ ...selected, batch }, answerBytes, memory, (slice, place) => pairs.match(slice, place)),
    pairs,
  )
  const [one, other] = [predictions.tally, baseline.tally]
  const { groups: reports, ...answer } = yield* predictions.report()
  const { groups: otherReports, ...otherAnswer } = yield* baseline.report()
  const corrected = spec.miniBatch?.replacement === false ? selected.populationSize : undefined
  const agreement = yield* pairs.all.agreement.report(one, other, spec, memory)
  const groups =
    reports &&
    otherReports &&
    (yield* compareGroups(reports, otherReports, predictions.total, baseline.total, pairs, answerMemory))
  const differences = yield* pairs.all.metrics(spec, [predictions.total, baseline.total], [answer, otherAnswer])
  answerMemory.keep()
  return {
    predictions: answer,
    baseline: otherAnswer,
    difference: { ...differenceBetween(spec, one, other, pairs.all, corrected), ...differences },
    agreement,
    groups,
  }
}

function* selectedPairs(
  spec: Spec,
  tensors: PairedTensors,
  context: EvaluationContext,
  answerBytesFor: (spec: Spec, layout: Layout) => number,
  memory: Memory,
): Generator<void, { readonly selected: RowSelection; readonly answerBytes: number }> {
  try {
    const layout = layoutOfAll(spec, tensors)
    const answerBytes = answerBytesFor(spec, layout)
    return { selected: yield* selectRows(spec, tensors, layout, memory, context.uniformIntegers), answerBytes }
  } catch (error) {
    return yield* refuseWithHint(error, { spec, tensors, checkAnswer: answerBytesFor, memory })
  }
}

function differenceBetween(
  spec: Spec,
  one: Tally,
  other: Tally,
  { crossProducts, right }: PairSums,
  corrected?: number,
): DifferenceReport {
  const areBothInfinite = [one, other].every((tally) => lossOf(tally, mean).loss === null)
  const difference = differenceOf(pairedTally(one, other, crossProducts), areBothInfinite, corrected)
  return { ...difference, accuracy: right.report(one, other, spec, corrected) }
}

function* compareGroups(
  ofOne: readonly GroupingReport[],
  ofOther: readonly GroupingReport[],
  one: EvaluationState,
  other: EvaluationState,
  pairs: Pairs,
  memory: Memory,
): Generator<void, ComparedGrouping[]> {
  const { spec } = one
  const compared: ComparedGrouping[] = []
  for (const [grouping, { by, groups }] of ofOne.entries()) {
    // of one batch, states stand in the order of their keys, as reports do
    const [states, otherStates] = [one, other].map((state) => Array.from(state.groups[grouping].values()))
    const those: ComparedGroup[] = []
    for (const [group, { key, ...predictions }] of groups.entries()) {
      const { key: _, ...baseline } = ofOther[grouping].groups[group]
      // a group of ignored rows only has no slices
      const sums = pairs.groups[grouping]?.[group] ?? new PairSums(spec)
      if (pairsMetrics(spec)) memory.reserve(pairedAnswerBytes(spec, one.tally.outputs))
      const sides = [states[group], otherStates[group]] as const
      const difference = {
        ...differenceBetween(spec, sides[0].tally, sides[1].tally, sums),
        ...(yield* sums.metrics(spec, sides, [predictions, baseline])),
      }
      those.push({ key, predictions, baseline, difference })
      yield
    }
    compared.push({ by, groups: those })
  }
  return compared
}

interface MetricsAnswer {
  readonly metrics?: MetricsReport
}

/** Three numbers of each figure. */
function pairedAnswerBytes(spec: Spec, outputs: number): number {
  return 4 * bytesPerNumber * metrics.answerNumbers(spec, { samples: 0, outputs })
}

/** What slices of both models over some rows have together. */
class PairSums {
  readonly agreement = new Agreement()
  readonly right = new RightDifferences()
  /** sum x_i y_i of the losses that are finite. */
  crossProducts = zero
  readonly #isPaired: boolean
  readonly #chunks: PairedChunk[] = []

  constructor(spec: Spec) {
    this.#isPaired = pairsMetrics(spec)
  }

  add(taken: Slice, other: Slice, products: Dyadic, chunk: PairedChunk | undefined): void {
    this.agreement.add(taken.decisions, other.decisions)
    this.right.add(taken, other)
    this.crossProducts = add(this.crossProducts, products)
    if (chunk !== undefined) this.#chunks.push(chunk)
  }

  /** The differences of figures, where they are asked for. */
  *metrics(
    spec: Spec,
    [one, other]: readonly [RowsState, RowsState],
    [report, otherReport]: readonly [MetricsAnswer, MetricsAnswer],
  ): Generator<void, { readonly metrics?: PairedMetrics }> {
    if (!this.#isPaired || report.metrics === undefined || otherReport.metrics === undefined) return {}
    const sides = [sideOf(one, report.metrics), sideOf(other, otherReport.metrics)] as const
    return { metrics: yield* comparedMetrics(this.#chunks, sides, spec) }
  }
}

/** The same of all rows, and of each group. */
class Pairs {
  readonly all: PairSums
  /** By grouping and group. */
  readonly groups: PairSums[][] = []
  readonly #taken: Slice[] = []
  readonly #spec: Spec

  constructor(spec: Spec) {
    this.#spec = spec
    this.all = new PairSums(spec)
  }

  get isWaiting(): boolean {
    return this.#taken.length > 0
  }

  take(slice: Slice): void {
    this.#taken.push(slice)
  }

  match(slice: Slice, place?: GroupPlace): void {
    const { losses } = slice
    for (const taken of this.#taken.splice(0)) {
      // where one is not finite, the difference is not either
      const areAllFinite = areFinite(taken.losses) && areFinite(losses)
      const products = areAllFinite ? exactSumOfProducts(taken.losses, losses, losses.length) : zero
      const chunk = pairsMetrics(this.#spec) ? pairedChunk(this.#spec, taken, slice) : undefined
      const sums = place === undefined ? this.all : this.#sumsAt(place)
      sums.add(taken, slice, products, chunk)
    }
  }

  #sumsAt({ grouping, group }: GroupPlace): PairSums {
    this.groups[grouping] ??= []
    this.groups[grouping][group] ??= new PairSums(this.#spec)
    return this.groups[grouping][group]
  }
}

/** Takes steps of the second while a slice of the first waits for it, or the first is done; else those of the first. */
function* alternate(steps: Generator<void, void>, others: Generator<void, void>, pairs: Pairs): Generator<void, void> {
  // iterators are disposed of by `return`, so that each gives back what it holds
  using first = steps
  using second = others
  let [isFirstDone, isSecondDone] = [false, false]
  while (!isSecondDone) {
    if (isFirstDone || pairs.isWaiting) isSecondDone = second.next().done === true
    else isFirstDone = first.next().done === true
    yield
  }
}

function areFinite(numbers: Float64Array): boolean {
  for (let i = 0; i < numbers.length; i++) if (!Number.isFinite(numbers[i])) return false
  return true
}
