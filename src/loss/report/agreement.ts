import type { Slice } from '../fold.ts'
import type { Memory } from '../memory.ts'
import { mcnemarPValue } from '../numerics/binomial.ts'
import { subtract } from '../numerics/dyadic.ts'
import { signFlipPValue } from '../numerics/sign-flips.ts'
import type { Spec } from '../spec.ts'
import type { Tally } from '../tally.ts'
import { accuracyOf } from './statistics.ts'

/** How often two models are right about the same labels: counts of samples, or of binary outputs, whatever their weights. */
export interface AgreementReport {
  readonly bothRight: number
  readonly onlyPredictions: number
  readonly onlyBaseline: number
  readonly bothWrong: number
  /** Of the predictions less that of the baseline, weighted by s_i; `null` without weight. */
  readonly accuracyDifference: number | null
  /** Of the exact two-sided McNemar test; of several binary outputs clustered by row. */
  readonly pValue: number
}

export class Agreement {
  #bothRight = 0
  #onlyPredictions = 0
  #onlyBaseline = 0
  #bothWrong = 0
  /** Of rows with several decisions: how many have each difference of right ones. */
  readonly #differences = new Map<number, number>()

  add(predictions: Slice['decisions'], baseline: Slice['decisions']): void {
    if (predictions === undefined || baseline === undefined) return
    const { predicted, labelled, correct } = predictions
    const { predicted: others, correct: otherCorrect } = baseline
    const { length } = labelled
    let [both, only, onlyOther] = [0, 0, 0]
    for (let at = 0; at < length; at++) {
      const isRight = Number(predicted[at] === labelled[at])
      const isOtherRight = Number(others[at] === labelled[at])
      both += isRight & isOtherRight
      only += isRight & (1 - isOtherRight)
      onlyOther += (1 - isRight) & isOtherRight
    }
    this.#bothRight += both
    this.#onlyPredictions += only
    this.#onlyBaseline += onlyOther
    this.#bothWrong += length - both - only - onlyOther
    if (correct.length === length) return
    for (let i = 0; i < correct.length; i++) {
      const difference = correct[i] - otherCorrect[i]
      this.#differences.set(difference, (this.#differences.get(difference) ?? 0) + 1)
    }
  }

  /** What the counts say, in steps; `undefined` for values. */
  *report(
    predictions: Tally,
    baseline: Tally,
    spec: Spec,
    memory: Memory,
  ): Generator<void, AgreementReport | undefined> {
    if (spec.decision === 'none') return undefined
    const correctWeight = subtract(predictions.correctWeight, baseline.correctWeight)
    return {
      bothRight: this.#bothRight,
      onlyPredictions: this.#onlyPredictions,
      onlyBaseline: this.#onlyBaseline,
      bothWrong: this.#bothWrong,
      accuracyDifference: accuracyOf({ ...predictions, correctWeight }, spec),
      pValue:
        this.#differences.size > 0
          ? yield* signFlipPValue(this.#differences, memory)
          : mcnemarPValue(this.#onlyPredictions, this.#onlyBaseline),
    }
  }
}
