import type { Tensors } from './batch.ts'
import { layoutOfAll } from './batch.ts'
import type { Answer, EvaluationContext } from './evaluation.ts'
import { answerBytesOf, Evaluation } from './evaluation.ts'
import type { Slice } from './fold.ts'
import type { Memory } from './memory.ts'
import { ScopedMemory } from './memory.ts'
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
import type { Tensor } from './tensor.ts'

export interface PairedTensors extends Tensors {
  readonly baseline: Tensor
}

/** Two models over the same labels: each answer as that of an evaluation alone, and how they differ. */
export interface Comparison {
  readonly predictions: Answer
  readonly baseline: Answer
  readonly difference: DifferenceReport
  readonly agreement?: AgreementReport | undefined
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
    baseline.addSelected({ ...selected, batch }, answerBytes, memory, (slice) => pairs.match(slice)),
    pairs,
  )
  const [one, other] = [predictions.tally, baseline.tally]
  const answers = { predictions: yield* predictions.report(), baseline: yield* baseline.report() }
  const areBothInfinite = [one, other].every((tally) => lossOf(tally, mean).loss === null)
  const corrected = spec.miniBatch?.replacement === false ? selected.populationSize : undefined
  const agreement = yield* pairs.agreement.report(one, other, spec, memory)
  answerMemory.keep()
  return {
    ...answers,
    difference: differenceOf(pairedTally(one, other, pairs.crossProducts), areBothInfinite, corrected),
    agreement,
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

/** What slices of both models over the same rows have together. */
class Pairs {
  readonly agreement = new Agreement()
  crossProducts = zero
  readonly #taken: Slice[] = []

  get isWaiting(): boolean {
    return this.#taken.length > 0
  }

  take(slice: Slice): void {
    this.#taken.push(slice)
  }

  match({ losses, decisions }: Slice): void {
    for (const taken of this.#taken.splice(0)) {
      this.agreement.add(taken.decisions, decisions)
      // where one is not, the difference is not finite either
      if (!areFinite(taken.losses) || !areFinite(losses)) continue
      this.crossProducts = add(this.crossProducts, exactSumOfProducts(taken.losses, losses, losses.length))
    }
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
