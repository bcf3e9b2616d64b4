import type { Pair, Store } from '../database/store.ts'
import type { DifferenceReport } from '../loss/report/difference.ts'
import { accuracyDifference, batchDifference, batchRightDifference, differenceOf } from '../loss/report/difference.ts'
import type { Tally } from '../loss/tally.ts'
import { emptyTally, merge } from '../loss/tally.ts'
import type { Task } from '../runtime/scheduler.ts'
import { corrupt } from './block-ranges.ts'
import type { OpenEvaluation } from './open-evaluation.ts'

export interface EvaluationComparison {
  readonly predictions: Tally
  readonly baseline: Tally
  readonly difference: DifferenceReport
  readonly batches: PairedBatches
}

export interface PairedBatches {
  readonly paired: number
  readonly onlyPredictions: number
  readonly onlyBaseline: number
  readonly labelsDiffer: number
}

const pageMilliseconds = 5000

/**
 * Compares the batches that both evaluations had when they were found. The standard error is that over m pairs of batches:
 * sqrt(m/(m-1) sum (D_j - mean W_j)^2) / sum W_j, with D_j the difference of the sums of losses and W_j the weight.
 *
 * @throws EvaluationGone, StoreUnavailable
 */
export async function comparisonOf(
  store: Store,
  one: OpenEvaluation,
  other: OpenEvaluation,
  task: Task,
): Promise<EvaluationComparison> {
  const isSwapped = one.stored.batches > other.stored.batches
  const [fewer, more] = isSwapped ? [other, one] : [one, other]
  const { spec } = one.declared
  let [first, second, differences, ofRight] = [emptyTally, emptyTally, emptyTally, emptyTally]
  let [named, paired] = [0, 0]
  function* take(pairs: readonly Pair[]): Generator<void, void> {
    for (const { states } of pairs) {
      named++
      if (states === undefined) continue
      const x = yield* fewer.batches.codec.readTally(states[0])
      const y = yield* more.batches.codec.readTally(states[1])
      paired++
      first = merge(first, x)
      second = merge(second, y)
      const [ofOne, ofOther] = isSwapped ? [y, x] : [x, y]
      differences = merge(differences, batchDifference(ofOne, ofOther))
      ofRight = merge(ofRight, batchRightDifference(ofOne, ofOther, spec))
    }
  }
  task.stop()
  for await (const page of store.pairs(fewer.stored, more.stored)) {
    task.allow(pageMilliseconds)
    task.start()
    await task.run(take(page)).catch(corrupt)
    task.stop()
  }
  task.start()
  const [predictions, baseline] = isSwapped ? [second, first] : [first, second]
  const areBothInfinite = predictions.infinite > 0 && baseline.infinite > 0
  return {
    predictions,
    baseline,
    difference: {
      ...differenceOf(differences, areBothInfinite),
      accuracy: spec.decision === 'none' ? undefined : accuracyDifference(ofRight),
    },
    batches: {
      paired,
      onlyPredictions: one.stored.batches - named,
      onlyBaseline: other.stored.batches - named,
      labelsDiffer: named - paired,
    },
  }
}
