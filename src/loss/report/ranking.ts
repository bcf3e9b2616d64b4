import { z } from 'zod'
import type { Batch } from '../batch.ts'
import { rowsPerStep } from '../batch.ts'
import { rowsOfBatch } from '../fold.ts'
import type { Memory } from '../memory.ts'
import { doublesIn, integersIn, ScopedMemory } from '../memory.ts'
import { CompensatedSum } from '../numerics/compensated-sum.ts'
import { logSoftmax } from '../numerics/elementary/elementary.ts'
import { rankRows } from '../numerics/rank.ts'
import type { Selection } from '../selection.ts'
import type { Spec } from '../spec.ts'
import type { RankingIntervals } from './ranking-intervals.ts'
import { RankingInfluences } from './ranking-intervals.ts'
import { count, share } from './schemas.ts'
import type { RowPart, RowSection } from './section.ts'

const ranks = z.object({
  rocAuc: share.meta({
    description:
      'Probability that a positive sample is ranked above a negative one, with ties counting half; null unless both occur.',
  }),
  averagePrecision: share.meta({
    description:
      'Sum over the distinct scores of the increase in recall times the precision; null if there are no positive samples.',
  }),
})

const schema = ranks
  .extend({
    perOutput: z
      .array(ranks)
      .meta({ description: 'One entry for each binary output, or for each class against the rest.' }),
    averagedOver: z
      .object({ rocAuc: count, averagePrecision: count })
      .meta({ description: 'Number of entries of `perOutput` that are not null, over which the mean is taken.' }),
  })
  .meta({
    id: 'Ranking',
    description:
      'How well the predictions rank positive samples above negative ones. Both values are exact and treat ties as scikit-learn does. They are means over the classes that occur, or over the binary outputs that have a value; null if there is none.',
  })

type Ranks = z.output<typeof ranks>
export type RankingReport = z.output<typeof schema>

export const ranking: RowSection<RankingReport> = {
  needs: ['decisions'],
  whyOneBatch: 'it compares every score with all others, and a stream keeps no rows',
  schema,
  answerNumbers: (_, { outputs }) => 2 * outputs + 4,
  start: (spec, _, memory) => new Ranking(spec, memory),
}

class Ranking implements RowPart<RankingReport> {
  readonly #spec: Spec
  readonly #memory: Memory
  #report: RankingReport = reportOf([])
  #intervals: RankingIntervals | undefined

  constructor(spec: Spec, memory: Memory) {
    this.#spec = spec
    this.#memory = memory
  }

  *addBatch(batch: Batch, selection: Selection): Generator<void, void> {
    if (!this.#spec.include.includes('intervals')) {
      this.#report = yield* rankingOf(this.#spec, batch, selection, this.#memory)
      return
    }
    using scope = new ScopedMemory(this.#memory)
    const influences = new RankingInfluences(batch.samples, scope)
    this.#report = yield* rankingOf(this.#spec, batch, selection, scope, influences)
    this.#intervals = influences.report(this.#report)
  }

  intervals(): RankingIntervals | undefined {
    return this.#intervals
  }

  // biome-ignore lint/correctness/useYield: it is there
  *report(): Generator<void, RankingReport> {
    return this.#report
  }
}

const rowsPerLook = 2 ** 14
const rowsPerFill = 2 ** 18

/** Ranks the selected rows of one batch by each output, in steps. */
export function* rankingOf(
  spec: Spec,
  batch: Batch,
  { rows }: Pick<Selection, 'rows'>,
  memory: Memory,
  influences?: RankingInfluences,
): Generator<void, RankingReport> {
  const { outputs } = batch
  const count = rows === undefined ? batch.samples : rows.length
  using scope = new ScopedMemory(memory)
  const scores = yield* scoresOf(spec, batch, scope)
  // of what are no doubles yet, one column at a time
  const column = doublesIn(scope, scores === undefined ? batch.samples : 0)
  const order = integersIn(scope, count)
  const scratch = integersIn(scope, count)
  const perOutput: Ranks[] = []
  let left = rowsPerLook
  for (let k = 0; k < outputs; k++) {
    for (let from = 0; from < count; from += rowsPerFill) {
      const to = Math.min(from + rowsPerFill, count)
      if (rows === undefined) for (let i = from; i < to; i++) order[i] = i
      else order.set(rows.subarray(from, to), from)
      if (to < count) yield
    }
    if (scores === undefined) yield* readColumn(batch, k, column)
    const ranked: Column =
      scores === undefined ? { numbers: column, width: 1, at: 0 } : { numbers: scores, width: outputs, at: k }
    yield* rankRows(ranked.numbers, ranked.width, ranked.at, order, scratch)
    const ranks = yield* ranksOf(batch, ranked, k, order)
    perOutput.push(ranks)
    if (influences !== undefined) {
      const { numbers, width, at } = ranked
      yield* influences.add(ranks, order, batch, positivesOf(batch, k), (row) => numbers[row * width + at])
    }
    left -= count + 512
    if (left > 0) continue
    left = rowsPerLook
    yield
  }
  return reportOf(perOutput)
}

function reportOf(perOutput: Ranks[]): RankingReport {
  const rocAuc = perOutput.map((ranks) => ranks.rocAuc).filter((value) => value !== null)
  const averagePrecision = perOutput.map((ranks) => ranks.averagePrecision).filter((value) => value !== null)
  return {
    rocAuc: meanOf(rocAuc),
    averagePrecision: meanOf(averagePrecision),
    averagedOver: { rocAuc: rocAuc.length, averagePrecision: averagePrecision.length },
    perOutput,
  }
}

/** What rows are ranked by, as doubles, if all of them are there. */
function* scoresOf(spec: Spec, batch: Batch, memory: Memory): Generator<void, Float64Array | undefined> {
  const { samples, outputs, predictions } = batch
  if (spec.decision !== 'class' || spec.predictionFormat !== 'logits') {
    return predictions instanceof Float64Array ? predictions : undefined
  }
  const scores = doublesIn(memory, samples * outputs)
  yield* logProbabilities(batch, scores, memory)
  return scores
}

function* readColumn({ samples, outputs, predictions }: Batch, k: number, column: Float64Array): Generator<void, void> {
  for (let from = 0; from < samples; from += rowsPerFill) {
    const to = Math.min(from + rowsPerFill, samples)
    for (let i = from; i < to; i++) column[i] = predictions[i * outputs + k]
    if (to < samples) yield
  }
}

/** Logits of different rows are compared by the probabilities that they mean. */
function* logProbabilities(batch: Batch, out: Float64Array, memory: Memory): Generator<void, void> {
  const { samples, outputs, part } = rowsOfBatch(batch, memory)
  const step = rowsPerStep(outputs)
  for (let from = 0; from < samples; from += step) {
    const to = Math.min(from + step, samples)
    const { batch: rows, start } = part(from, to)
    for (let i = from, at = start * outputs; i < to; i++, at += outputs) {
      logSoftmax(rows.predictions, at, outputs, out.subarray(i * outputs, (i + 1) * outputs))
    }
    if (to < samples) yield
  }
}

/** The score of row i is `numbers[i * width + at]`. */
interface Column {
  readonly numbers: Float64Array
  readonly width: number
  readonly at: number
}

function* ranksOf(batch: Batch, { numbers, width, at }: Column, k: number, order: Int32Array): Generator<void, Ranks> {
  const { sampleWeights } = batch
  const count = order.length
  const isPositive = positivesOf(batch, k)
  const scoreOf = (row: number) => numbers[row * width + at]
  const weightOf = (row: number) => (sampleWeights === undefined ? 1 : sampleWeights[row])
  const ofAll = [new CompensatedSum(), new CompensatedSum()]
  for (let i = 0; i < count; i++) {
    ofAll[isPositive(order[i]) ? 1 : 0].add(weightOf(order[i]))
    if (i % rowsPerLook === rowsPerLook - 1) yield
  }
  const [negative, positive] = ofAll.map(({ value }) => value)
  // without weights all terms are integers, and only the last division rounds
  const [negativeUnit, positiveUnit] = sampleWeights === undefined ? [1, 1] : [negative, positive]

  const [above, below, atPositive, atNegative] = [0, 0, 0, 0].map(() => new CompensatedSum())
  // twice the weights of pairs in the right order and in the wrong one, ties half and half
  const [right, wrong, precision] = [0, 0, 0].map(() => new CompensatedSum())
  for (let i = 0; i < count; i++) {
    const row = order[i]
    const sum = isPositive(row) ? atPositive : atNegative
    sum.add(weightOf(row))
    const isLast = i + 1 === count || scoreOf(order[i + 1]) !== scoreOf(row)
    if (isLast) {
      const [tp, fp] = [atPositive.value, atNegative.value]
      if (fp > 0) right.add((fp / negativeUnit) * ((2 * above.value + tp) / positiveUnit))
      if (tp > 0) wrong.add((tp / positiveUnit) * ((2 * below.value + fp) / negativeUnit))
      above.add(tp)
      below.add(fp)
      if (tp > 0) precision.add(tp * (above.value / (above.value + below.value)))
      atPositive.clear()
      atNegative.clear()
    }
    if (i % rowsPerLook === rowsPerLook - 1) yield
  }
  return {
    rocAuc: positive > 0 && negative > 0 ? right.value / (right.value + wrong.value) : null,
    averagePrecision: positive > 0 ? Math.min(1, precision.value / positive) : null,
  }
}

function positivesOf({ outputs, classes, targets }: Batch, k: number): (row: number) => boolean {
  return (row) =>
    classes === undefined ? targets !== undefined && targets[row * outputs + k] > 0.5 : classes[row] === k
}

function meanOf(values: readonly number[]): number | null {
  const sum = new CompensatedSum()
  for (const value of values) sum.add(value)
  return values.length === 0 ? null : sum.value / values.length
}
