import type { z } from 'zod'
import type { Dyadic } from '../numerics/dyadic.ts'
import { add, fromDouble, multiply, ratio, subtract, toDouble, zero } from '../numerics/dyadic.ts'
import { exactSum } from '../numerics/exact-sum.ts'
import { quadraticForm } from '../numerics/quadratic-form.ts'
import type { Spec } from '../spec.ts'
import type { Tally } from '../tally.ts'
import { errorOf, estimate, estimateOf, totalErrorOf } from './estimate.ts'
import type { Groups } from './groups.ts'
import { labelShape, replaceNumbers } from './interval-shapes.ts'
import type { Influence, LabelFigure } from './label-figures.ts'
import { labelFigures, mostCounted, rangeOf } from './label-figures.ts'
import type { Gradient } from './label-gradients.ts'
import { influenceAt } from './label-gradients.ts'
import type { LabelMetrics } from './label-metrics.ts'
import type { LabelMoments } from './label-moments.ts'
import { pairOf } from './label-moments.ts'
import { standardErrorOf } from './statistics.ts'

export const labelIntervals = labelShape(estimate, 'Intervals')
export type LabelIntervals = z.output<typeof labelIntervals>

/** How sure the metrics of labels are, in steps. @param sums of the metrics  @param report what they say */
export function* reportLabelIntervals(
  sums: Groups,
  moments: LabelMoments,
  report: LabelMetrics,
  tally: Tally,
  spec: Spec,
): Generator<void, LabelIntervals> {
  const errors = new Map<string, number | null>()
  if (report.perplexity !== undefined) errors.set('perplexity', perplexityError(report.perplexity, tally))
  if (tally.sampleWeighted > 1) {
    const errorBy = yield* errorsBy(moments, tally, spec)
    let left = figuresPerStep
    for (const figure of labelFigures(sums, report, tally, spec)) {
      errors.set(figure.path, yield* errorBy(figure))
      // a figure of all outputs or classes takes long
      if (figure.influence.kind === 'output' && --left > 0) continue
      left = figuresPerStep
      yield
    }
  }
  const most = mostCounted(tally)
  const leaf = (path: string, value: number | null) => estimateOf(value, errors.get(path) ?? null, rangeOf(path, most))
  // of the shape of the report
  return (yield* replaceNumbers(report, leaf)) as LabelIntervals
}

const figuresPerStep = 128

/** e to the mean has e to the mean times the standard error of the mean. */
function perplexityError(perplexity: number | null, tally: Tally): number | null {
  const error = standardErrorOf(tally, undefined)
  return perplexity === null || error === null ? null : perplexity * error
}

type ErrorBy = (figure: LabelFigure) => Generator<void, number | null>

function* errorsBy(moments: LabelMoments, tally: Tally, { decision }: Spec): Generator<void, ErrorBy> {
  const { outputs, sampleWeight, sampleWeighted } = tally
  const squared = multiply(sampleWeight, sampleWeight)
  const cells =
    decision === 'class' ? yield* cellsOf(moments.pairs, outputs, squared) : cellsOfOutput(moments, tally, squared)
  return function* ({ influence, total }) {
    if (influence.kind === 'classes') return cells.error(influence.gradient, sampleWeighted)
    const squares = yield* squaresOf(influence, moments, tally)
    if (squares === undefined) return null
    return total === undefined ? errorOf(tally, squares, squared) : totalErrorOf(tally, squares, total)
  }
}

/** sum s_i^2 of the squared influences, exactly; `undefined` where it is not known. */
function* squaresOf(influence: Influence, moments: LabelMoments, tally: Tally): Generator<void, Dyadic | undefined> {
  if (influence.kind === 'output') {
    const squares = squaresOfOutput(moments, influence.output, tally)
    if (!influence.cells.every(Number.isFinite)) return undefined
    return influence.cells
      .map(fromDouble)
      .reduce((sum, slope, cell) => add(sum, multiply(multiply(slope, slope), squares[cell])), zero)
  }
  const { constant, row, column, diagonal } = influence.gradient
  const coefficients = [constant]
  for (const k of row.keys()) coefficients.push(row[k], column[k], diagonal[k])
  if (!coefficients.every(Number.isFinite)) return undefined
  return yield* clustered(coefficients.map(fromDouble), moments, tally)
}

/** sum s_i^2 over the rows of each cell of an output: neither labelled nor decided, decided, labelled, both. */
function squaresOfOutput({ own }: LabelMoments, output: number, { sampleWeightSquared }: Tally): readonly Dyadic[] {
  const [labelled, predicted, right] = own.get(output)?.sums ?? [zero, zero, zero]
  return [
    subtract(add(sampleWeightSquared, right), add(labelled, predicted)),
    subtract(predicted, right),
    subtract(labelled, right),
    right,
  ]
}

/** The influence of a row is the sum of those of its outputs. @param coefficients of 1, and of each output labelled, decided and both */
function clustered(
  coefficients: readonly Dyadic[],
  { own, pairs }: LabelMoments,
  tally: Tally,
): Generator<void, Dyadic> {
  const ownMoment = (at: number) => own.get(Math.floor(at / 3))?.sums[at % 3] ?? zero
  return quadraticForm(coefficients, (f, g) => {
    if (f === 0) return g === 0 ? tally.sampleWeightSquared : ownMoment(g - 1)
    const [first, second] = [Math.floor((f - 1) / 3), Math.floor((g - 1) / 3)]
    // of one output, labelled and decided is both
    if (first === second) return f === g ? ownMoment(f - 1) : ownMoment(3 * first + 2)
    return pairs.get(pairOf(first, second))?.sums[3 * ((f - 1) % 3) + ((g - 1) % 3)] ?? zero
  })
}

/** Cells of a confusion matrix: label, decision, and sum s_i^2 in squares of the weight of all rows. */
class Cells {
  readonly labels: Int32Array
  readonly decisions: Int32Array
  readonly squares: Float64Array

  constructor(size: number) {
    this.labels = new Int32Array(size)
    this.decisions = new Int32Array(size)
    this.squares = new Float64Array(size)
  }

  error(gradient: Gradient, rows: number): number | null {
    const { labels, decisions, squares } = this
    const terms = squares.map((square, at) => {
      const influence = influenceAt(gradient, labels[at], decisions[at])
      return square * influence * influence
    })
    if (!terms.every(Number.isFinite)) return null
    return Math.sqrt((rows / (rows - 1)) * toDouble(exactSum(terms, terms.length)))
  }
}

const cellsPerStep = 2 ** 12

function* cellsOf(sums: Groups, classes: number, squared: Dyadic): Generator<void, Cells> {
  const cells = new Cells(sums.size)
  let at = 0
  for (const [cell, totals] of sums) {
    cells.labels[at] = Math.floor(cell / classes)
    cells.decisions[at] = cell % classes
    cells.squares[at] = ratio(totals.sums[0], squared)
    if (++at % cellsPerStep === 0) yield
  }
  return cells
}

/** Those of the classes 0 and 1 of the first binary output. */
function cellsOfOutput(moments: LabelMoments, tally: Tally, squared: Dyadic): Cells {
  const cells = new Cells(4)
  for (const [at, squares] of squaresOfOutput(moments, 0, tally).entries()) {
    cells.labels[at] = at >> 1
    cells.decisions[at] = at & 1
    cells.squares[at] = ratio(squares, squared)
  }
  return cells
}
