import type { Tensors } from './batch.ts'
import { layOut } from './batch.ts'
import type { Answer, EvaluationContext } from './evaluation.ts'
import { answerBytesOf, Evaluation } from './evaluation.ts'
import type { Slice } from './fold.ts'
import { add, zero } from './numerics/dyadic.ts'
import { exactSumOfProducts } from './numerics/exact-sum.ts'
import type { AgreementReport } from './report/agreement.ts'
import { Agreement } from './report/agreement.ts'
import type { DifferenceReport } from './report/difference.ts'
import { differenceOf, pairedTally } from './report/difference.ts'
import { choose } from './row-selection.ts'
import type { Spec } from './spec.ts'
import type { Tensor } from './tensor.ts'

/** A batch with the predictions of two models. */
export interface PairedTensors extends Tensors {
  readonly baseline: Tensor
}

/** Two models over the same labels: each answer as that of an evaluation alone, and how they differ. */
export interface Comparison {
  readonly predictions: Answer
  readonly baseline: Answer
  readonly difference: DifferenceReport
  /** Where labels can be right or wrong. */
  readonly agreement?: AgreementReport | undefined
}

/**
 * Evaluates two models over the same rows, step by step, so that the caller may do something else in between. Both are folded
 * in turns, so that of each no more than a slice is kept to be paired.
 *
 * @throws InvalidContent, LimitExceeded
 */
export function* compare(spec: Spec, tensors: PairedTensors, context: EvaluationContext): Generator<void, Comparison> {
  const layout = yield* layOut(spec, tensors)
  const answerBytes = answerBytesOf(spec, layout, context, 2) / 2
  const chosen = yield* choose(spec, tensors, layout, context)
  const [predictions, baseline] = [new Evaluation(spec, context), new Evaluation(spec, context)]
  const pairs = new Pairs()
  let isDone = false
  try {
    // what was noted of the predictions is not so of the baseline
    const batch = { ...chosen.batch, predictions: tensors.baseline.data, largest: undefined }
    const ofBaseline = { ...chosen, batch }
    yield* inTurns(
      predictions.addChosen(chosen, answerBytes, (slice) => pairs.take(slice)),
      baseline.addChosen(ofBaseline, answerBytes, (slice) => pairs.match(slice)),
      pairs,
    )
    const [one, other] = [predictions.tally, baseline.tally]
    const answers = { predictions: yield* predictions.report(), baseline: yield* baseline.report() }
    const areBothInfinite = answers.predictions.loss === null && answers.baseline.loss === null
    const corrected = spec.miniBatch?.replacement === false ? chosen.populationSize : undefined
    isDone = true
    return {
      ...answers,
      difference: differenceOf(pairedTally(one, other, pairs.crossProducts), spec, areBothInfinite, corrected),
      agreement: pairs.agreement.report(one, other, spec),
    }
  } finally {
    chosen.free()
    if (!isDone) {
      predictions.close()
      baseline.close()
    }
  }
}

/** What slices of both models over the same rows have together. */
class Pairs {
  readonly agreement = new Agreement()
  /** sum x_i y_i of the losses that are finite. */
  crossProducts = zero
  /** One, or none. */
  readonly #taken: Slice[] = []

  /** Whether a slice waits for that of the other model. */
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
function* inTurns(first: Generator<void, void>, second: Generator<void, void>, pairs: Pairs): Generator<void, void> {
  try {
    let [isFirstDone, isSecondDone] = [false, false]
    while (!isSecondDone) {
      if (isFirstDone || pairs.isWaiting) isSecondDone = second.next().done === true
      else isFirstDone = first.next().done === true
      yield
    }
  } finally {
    // so that what was begun frees what it holds
    first.return()
    second.return()
  }
}

function areFinite(numbers: Float64Array): boolean {
  for (let i = 0; i < numbers.length; i++) if (!Number.isFinite(numbers[i])) return false
  return true
}
