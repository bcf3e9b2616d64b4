import { z } from 'zod'
import type { Batch } from '../batch.ts'
import type { Memory } from '../memory.ts'
import { doublesIn, integersIn, ScopedMemory } from '../memory.ts'
import type { Numbers } from '../numbers.ts'
import { toDouble } from '../numerics/dyadic.ts'
import { exactMoments } from '../numerics/exact-sum.ts'
import type { Estimate } from './estimate.ts'
import { estimate, estimateOf, unit } from './estimate.ts'

const ranks = z.object({
  rocAuc: estimate.meta({
    description: 'By DeLong; nulls with `sampleWeights`, or for fewer than two rows of a class.',
  }),
  averagePrecision: estimate,
})

export const rankingIntervals = ranks.extend({ perOutput: z.array(ranks) }).meta({
  id: 'RankingIntervals',
  description: 'How sure each of Ranking is; of the means, the outputs of a row are clustered.',
})

export type RankingIntervals = z.output<typeof rankingIntervals>

interface Ranks {
  readonly rocAuc: number | null
  readonly averagePrecision: number | null
}

interface Means extends Ranks {
  readonly averagedOver: { readonly [Name in keyof Ranks]: number }
}

const rowsPerLook = 2 ** 14

/** The influence of each row on the means over outputs, and how sure they are of each output. */
export class RankingInfluences {
  readonly #memory: Memory
  readonly #areas: Influences
  readonly #precisions: Influences
  #correction = Number.NaN
  readonly #perOutput: RankingIntervals['perOutput'] = []

  /** @param memory that what is kept of rows is taken from until it reports */
  constructor(samples: number, memory: Memory) {
    this.#memory = memory
    this.#areas = new Influences(doublesIn(memory, samples))
    this.#precisions = new Influences(doublesIn(memory, samples))
  }

  /** Adds one output, in steps. @param order the rows, the highest score first  @param scoreOf scores of rows */
  *add(
    ranks: Ranks,
    order: Int32Array,
    { sampleWeights }: Batch,
    isPositive: (row: number) => boolean,
    scoreOf: (row: number) => number,
  ): Generator<void, void> {
    using scope = new ScopedMemory(this.#memory)
    const count = order.length
    const ends = integersIn(scope, count)
    const [positives, negatives] = [doublesIn(scope, count), doublesIn(scope, count)]
    let groups = 0
    let [tp, fp] = [0, 0]
    for (let i = 0; i < count; i++) {
      const row = order[i]
      const weight = sampleWeights === undefined ? 1 : sampleWeights[row]
      if (isPositive(row)) tp += weight
      else fp += weight
      if (i + 1 === count || scoreOf(order[i + 1]) !== scoreOf(row)) {
        ends[groups] = i + 1
        positives[groups] = tp
        negatives[groups++] = fp
      }
      if (i % rowsPerLook === rowsPerLook - 1) yield
    }
    const [rocAuc, averagePrecision] = [new Terms(this.#areas), new Terms(this.#precisions)]
    const isKnown = sampleWeights === undefined && tp > 1 && fp > 1
    const [ofPositive, ofNegative] = [1 / Math.sqrt(tp * (tp - 1)), 1 / Math.sqrt(fp * (fp - 1))]
    let [gained, lost] = [0, 0]
    let seen = 0
    for (let group = groups - 1; group >= 0; group--) {
      const from = group === 0 ? 0 : ends[group - 1]
      const [abovePositive, aboveNegative] = group === 0 ? [0, 0] : [positives[group - 1], negatives[group - 1]]
      const size = positives[group] + negatives[group]
      const here = positives[group] - abovePositive
      const precision = size === 0 ? 0 : positives[group] / size
      if (size > 0) {
        gained += here / size
        lost += (here / size) * precision
      }
      // the share of the other class that is ranked on the right side, ties half
      const ofPositives = (fp - (aboveNegative + negatives[group]) / 2) / fp
      const ofNegatives = (abovePositive + positives[group]) / 2 / tp
      for (let i = from; i < ends[group]; i++) {
        const row = order[i]
        const positive = isPositive(row)
        if (ranks.averagePrecision !== null) {
          const share = (sampleWeights === undefined ? 1 : sampleWeights[row]) / tp
          const influence = positive ? precision - ranks.averagePrecision + gained - lost : -lost
          averagePrecision.add(row, influence * share)
        }
        if (ranks.rocAuc !== null && isKnown) {
          rocAuc.add(
            row,
            positive ? (ofPositives - ranks.rocAuc) * ofPositive : (ofNegatives - ranks.rocAuc) * ofNegative,
          )
        }
        if (++seen % rowsPerLook === 0) yield
      }
    }
    if (ranks.rocAuc !== null && !isKnown) this.#areas.isKnown = false
    // the same for every output
    this.#correction = correctionOf(rowsOfWeight(order, sampleWeights))
    this.#perOutput.push({
      rocAuc: isKnown ? estimateOf(ranks.rocAuc, rocAuc.error(1), unit) : estimateOf(null, null, unit),
      averagePrecision: estimateOf(ranks.averagePrecision, averagePrecision.error(this.#correction), unit),
    })
  }

  /** How sure the means of the outputs are which have a number. */
  report({ averagedOver, ...means }: Means): RankingIntervals {
    return {
      rocAuc: this.#areas.estimate(means.rocAuc, averagedOver.rocAuc, 1),
      averagePrecision: this.#precisions.estimate(
        means.averagePrecision,
        averagedOver.averagePrecision,
        this.#correction,
      ),
      perOutput: this.#perOutput,
    }
  }
}

function rowsOfWeight(order: Int32Array, sampleWeights: Numbers | undefined): number {
  if (sampleWeights === undefined) return order.length
  let rows = 0
  for (let i = 0; i < order.length; i++) rows += Number(sampleWeights[order[i]] > 0)
  return rows
}

function correctionOf(rows: number): number {
  return rows < 2 ? Number.NaN : rows / (rows - 1)
}

/** Sums over outputs, for each row. */
class Influences {
  readonly sums: Float64Array
  isKnown = true

  constructor(sums: Float64Array) {
    this.sums = sums
  }

  estimate(mean: number | null, outputs: number, correction: number): Estimate {
    if (!this.isKnown || mean === null) return estimateOf(null, null, unit)
    return estimateOf(mean, errorOf(this.sums, correction) / outputs, unit)
  }
}

/** The influences on one output, which are added to those on all. */
class Terms {
  readonly #all: Influences
  #squares = 0

  constructor(all: Influences) {
    this.#all = all
  }

  add(row: number, influence: number): void {
    this.#all.sums[row] += influence
    this.#squares += influence * influence
  }

  error(correction: number): number {
    return Math.sqrt(correction * this.#squares)
  }
}

function errorOf(influences: Float64Array, correction: number): number {
  if (!influences.every(Number.isFinite)) return Number.NaN
  return Math.sqrt(correction * toDouble(exactMoments(influences, influences.length).squares))
}
