import type { Tensors } from './batch.ts'
import { layoutOfAll } from './batch.ts'
import type { Answer, EvaluationContext } from './evaluation.ts'
import { answerBytesOf, Evaluation } from './evaluation.ts'
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
import { differenceOf, mean, pairedTally } from './report/difference.ts'
import { lossOf } from './report/statistics.ts'
import type { RowSelection } from './row-selection.ts'
import { selectRows } from './row-selection.ts'
import type { Layout } from './shape.ts'
import type { Spec } from './spec.ts'
import type { EvaluationState } from './state.ts'
import type { Tally } from './tally.ts'
import type { Tensor } from './tensor.ts'

export interface PairedTensors extends Tensors {
  readonly baseline: Tensor
}

/** Two models over the same labels: each answer as that of an evaluation alone, and how they differ. */
export interface Comparison {
  readonly predictions: Omit<Answer, 'groups'>
  readonly baseline: Omit<Answer, 'groups'>
  readonly difference: DifferenceReport
  readonly agreement?: AgreementReport | undefined
  readonly groups?: readonly ComparedGrouping[] | undefined
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
  readonly difference: DifferenceReport
}

/** Evaluates two models over the same rows, in steps; at most one slice of each is kept. @throws InvalidContent, LimitExceeded */
export function* compare(spec: Spec, tensors: PairedTensors, context: EvaluationContext): Generator<void, Comparison> {
  const checkAnswer = (changed: Spec, layout: Layout) => answerBytesOf(changed, layout, context, 2) / 2
  using memory = new ScopedMemory(context.memory)
  const { selected, answerBytes } = yield* selectedPairs(spec, tensors, context, checkAnswer, memory)
  using answerMemory = new ScopedMemory(context.memory)
  const ofOne = { ...context, memory: answerMemory }
  const [predictions, baseline] = [new Evaluation(spec, ofOne), new Evaluation(spec, ofOne)]
  const pairs = new Pairs()
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
    reports && otherReports && (yield* compareGroups(reports, otherReports, predictions.total, baseline.total, pairs))
  answerMemory.keep()
  return {
    predictions: answer,
    baseline: otherAnswer,
    difference: differenceBetween(one, other, pairs.all, corrected),
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
  one: Tally,
  other: Tally,
  { crossProducts }: PairSums,
  corrected?: number,
): DifferenceReport {
  const areBothInfinite = [one, other].every((tally) => lossOf(tally, mean).loss === null)
  return differenceOf(pairedTally(one, other, crossProducts), areBothInfinite, corrected)
}

function* compareGroups(
  ofOne: readonly GroupingReport[],
  ofOther: readonly GroupingReport[],
  one: EvaluationState,
  other: EvaluationState,
  pairs: Pairs,
): Generator<void, ComparedGrouping[]> {
  const compared: ComparedGrouping[] = []
  for (const [grouping, { by, groups }] of ofOne.entries()) {
    // of one batch, states stand in the order of their keys, as reports do
    const [states, otherStates] = [one, other].map((state) => Array.from(state.groups[grouping].values()))
    const those: ComparedGroup[] = []
    for (const [group, { key, ...predictions }] of groups.entries()) {
      const { key: _, ...baseline } = ofOther[grouping].groups[group]
      // a group of ignored rows only has no slices
      const sums = pairs.groups[grouping]?.[group] ?? new PairSums()
      const difference = differenceBetween(states[group].tally, otherStates[group].tally, sums)
      those.push({ key, predictions, baseline, difference })
      yield
    }
    compared.push({ by, groups: those })
  }
  return compared
}

/** What slices of both models over some rows have together. */
class PairSums {
  readonly agreement = new Agreement()
  /** sum x_i y_i of the losses that are finite. */
  crossProducts = zero

  add(taken: Slice['decisions'], other: Slice['decisions'], products: Dyadic): void {
    this.agreement.add(taken, other)
    this.crossProducts = add(this.crossProducts, products)
  }
}

/** The same of all rows, and of each group. */
class Pairs {
  readonly all = new PairSums()
  /** By grouping and group. */
  readonly groups: PairSums[][] = []
  readonly #taken: Slice[] = []

  get isWaiting(): boolean {
    return this.#taken.length > 0
  }

  take(slice: Slice): void {
    this.#taken.push(slice)
  }

  match({ losses, decisions }: Slice, place?: GroupPlace): void {
    for (const taken of this.#taken.splice(0)) {
      // where one is not finite, the difference is not either
      const areAllFinite = areFinite(taken.losses) && areFinite(losses)
      const products = areAllFinite ? exactSumOfProducts(taken.losses, losses, losses.length) : zero
      // all rows are those of the groups of one grouping
      if (place === undefined || place.grouping === 0) this.all.add(taken.decisions, decisions, products)
      if (place !== undefined) this.#sumsAt(place).add(taken.decisions, decisions, products)
    }
  }

  #sumsAt({ grouping, group }: GroupPlace): PairSums {
    this.groups[grouping] ??= []
    this.groups[grouping][group] ??= new PairSums()
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
