import { z } from 'zod'
import type { Dyadic } from '../numerics/dyadic.ts'
import { add, fromDouble, fromInteger, multiply, ratio, subtract, toDouble, zero } from '../numerics/dyadic.ts'
import { exactSum } from '../numerics/exact-sum.ts'
import { quadraticForm } from '../numerics/quadratic-form.ts'
import type { Spec } from '../spec.ts'
import type { Tally } from '../tally.ts'
import type { Estimate, Range } from './estimate.ts'
import { errorOf, estimate, estimateOf, positive, signed, unit, unknown } from './estimate.ts'
import type { Groups } from './groups.ts'
import type { AgreementName, Gradient } from './label-gradients.ts'
import {
  agreementGradients,
  agreementNames,
  averageGradients,
  averageNames,
  emptyGradient,
  influenceAt,
  slopesOf,
} from './label-gradients.ts'
import type { Confusion, LabelMetrics, Measure } from './label-metrics.ts'
import { bothClasses, confusionOf, measures, occurs } from './label-metrics.ts'
import type { LabelMoments } from './label-moments.ts'
import { mostAveraged, pairOf } from './label-moments.ts'
import { standardErrorOf } from './statistics.ts'

const averages = z
  .object({ macro: estimate, micro: estimate, weighted: estimate })
  .nullable()
  .meta({ id: 'AveragesIntervals', description: 'How sure the averages are; null where they are.' })
const agreement = { balancedAccuracy: estimate, matthewsCorrelation: estimate, cohenKappa: estimate }
const counts = {
  truePositives: estimate,
  falsePositives: estimate,
  trueNegatives: estimate,
  falseNegatives: estimate,
}

const outputIntervals = z
  .object({
    ...counts,
    precision: estimate,
    recall: estimate,
    f1: estimate,
    jaccard: estimate,
    specificity: estimate,
    ...agreement,
  })
  .meta({ id: 'OutputMetricsIntervals', description: 'How sure the metrics of one binary output are.' })

export const labelIntervals = z
  .object({
    precision: averages,
    recall: averages,
    f1: averages,
    jaccard: averages,
    ...agreement,
    truePositives: estimate.optional(),
    falsePositives: estimate.optional(),
    trueNegatives: estimate.optional(),
    falseNegatives: estimate.optional(),
    specificity: estimate.optional(),
    perOutput: z.array(outputIntervals).optional(),
    perplexity: estimate.optional(),
  })
  .meta({
    id: 'LabelMetricsIntervals',
    description: `How sure each of LabelMetrics is. Several binary outputs are clustered by row; of more than ${mostAveraged} only \`perOutput\` and \`perplexity\` have intervals.`,
  })

export type LabelIntervals = z.output<typeof labelIntervals>
type OutputIntervals = z.output<typeof outputIntervals>
type CountName = keyof typeof counts
const countNames = ['truePositives', 'falsePositives', 'trueNegatives', 'falseNegatives'] as const

/** Standard error of a figure by its gradient. */
type ErrorBy = (gradient: Gradient) => number | null

/** How sure the metrics of labels are, in steps. @param sums of the metrics  @param report what they say */
export function* reportLabelIntervals(
  sums: Groups,
  moments: LabelMoments,
  report: LabelMetrics,
  tally: Tally,
  { decision }: Spec,
): Generator<void, LabelIntervals> {
  const { outputs, sampleWeight } = tally
  const confusions: Confusion[] = []
  for (let k = 0; k < outputs; k++) confusions.push(confusionOf(sums, k))
  yield
  const perplexity =
    report.perplexity === undefined
      ? {}
      : { perplexity: estimateOf(report.perplexity, perplexityError(report.perplexity, tally), positive) }
  if (decision === 'class') {
    const classes = Array.from(confusions.keys()).filter((k) => occurs(confusions[k]))
    const cells = yield* cellsOf(moments.pairs, classes, tally)
    const those = classes.map((k) => confusions[k])
    return {
      ...(yield* classIntervals(those, report, (gradient) => cells.error(gradient), sampleWeight)),
      ...perplexity,
    }
  }
  const perOutput: OutputIntervals[] = []
  const tables: Table[] = []
  for (let k = 0; k < outputs; k++) {
    const table = new Table(confusions[k], moments.own.get(k)?.sums ?? nothing, tally)
    tables.push(table)
    perOutput.push(outputIntervalsOf(table, report.perOutput?.[k]))
    if (k % outputsPerStep === outputsPerStep - 1) yield
  }
  if (outputs === 1) {
    const [table] = tables
    const errorBy = (gradient: Gradient) => table.error(gradient)
    const [{ specificity, truePositives, falsePositives, trueNegatives, falseNegatives }] = perOutput
    return {
      ...(yield* classIntervals(table.classes, report, errorBy, sampleWeight)),
      ...{ truePositives, falsePositives, trueNegatives, falseNegatives, specificity },
      perOutput,
      ...perplexity,
    }
  }
  return { ...(yield* outputAverages(tables, moments, report, tally)), perOutput, ...perplexity }
}

const nothing: readonly Dyadic[] = [zero, zero, zero]
const outputsPerStep = 16

/** e to the mean has e to the mean times the standard error of the mean. */
export function perplexityError(perplexity: number | null, tally: Tally): number | null {
  const error = standardErrorOf(tally, undefined)
  return perplexity === null || error === null ? null : perplexity * error
}

function* classIntervals(
  classes: readonly Confusion[],
  report: LabelMetrics,
  errorBy: ErrorBy,
  weight: Dyadic,
): Generator<void, Pick<LabelIntervals, Measure | AgreementName>> {
  if (classes.length === 0) return noIntervals
  const ofAverages = averageGradients(classes, weight)
  yield
  const ofAgreement = agreementGradients(classes, weight)
  yield
  const averages: Partial<Record<Measure, NonNullable<LabelIntervals['f1']>>> = {}
  for (const name of measures) {
    averages[name] = { macro: unknown, micro: unknown, weighted: unknown }
    for (const average of averageNames) {
      averages[name][average] = estimateOf(report[name]?.[average], errorBy(ofAverages[name][average]), unit)
      yield
    }
  }
  const { precision = null, recall = null, f1 = null, jaccard = null } = averages
  const [balancedAccuracy, matthewsCorrelation, cohenKappa] = agreementNames.map((name) =>
    estimateOf(report[name], errorBy(ofAgreement[name]), rangeOf(name)),
  )
  return { precision, recall, f1, jaccard, balancedAccuracy, matthewsCorrelation, cohenKappa }
}

const noIntervals = {
  precision: null,
  recall: null,
  f1: null,
  jaccard: null,
  balancedAccuracy: unknown,
  matthewsCorrelation: unknown,
  cohenKappa: unknown,
}

export function rangeOf(name: string): Range {
  return name === 'matthewsCorrelation' || name === 'cohenKappa' ? signed : unit
}

/** The cells of a confusion matrix that have weight: places of label and decision, and sum s_i^2 in squares of all weight. */
class Cells {
  readonly #labels: Int32Array
  readonly #decisions: Int32Array
  readonly #squares: Float64Array
  readonly #rows: number

  constructor(labels: Int32Array, decisions: Int32Array, squares: Float64Array, rows: number) {
    this.#labels = labels
    this.#decisions = decisions
    this.#squares = squares
    this.#rows = rows
  }

  error(gradient: Gradient): number | null {
    if (this.#rows < 2) return null
    const terms = this.#squares.map(
      (squares, at) => squares * influenceAt(gradient, this.#labels[at], this.#decisions[at]) ** 2,
    )
    if (!terms.every(Number.isFinite)) return null
    const sum = ratio(exactSum(terms, terms.length), fromInteger(1))
    return Math.sqrt((this.#rows / (this.#rows - 1)) * sum)
  }
}

function* cellsOf(
  sums: Groups,
  classes: readonly number[],
  { outputs, sampleWeight, sampleWeighted }: Tally,
): Generator<void, Cells> {
  const places = new Int32Array(outputs)
  for (const [place, k] of classes.entries()) places[k] = place
  const size = sums.size
  const [labels, decisions, squares] = [new Int32Array(size), new Int32Array(size), new Float64Array(size)]
  const squared = multiply(sampleWeight, sampleWeight)
  let at = 0
  for (const [
    cell,
    {
      sums: [sum],
    },
  ] of sums) {
    labels[at] = places[Math.floor(cell / outputs)]
    decisions[at] = places[cell % outputs]
    squares[at] = ratio(sum, squared)
    if (++at % cellsPerStep === 0) yield
  }
  return new Cells(labels, decisions, squares, sampleWeighted)
}

const cellsPerStep = 2 ** 12

/** The four cells of one binary output. */
class Table {
  readonly positive: Confusion
  /** Those of its two classes that occur. */
  readonly classes: readonly Confusion[]
  readonly weight: Dyadic
  readonly #places: readonly number[]
  readonly #cells: Cells
  readonly #squares: readonly Dyadic[]
  readonly #rows: number

  /** @param squares of the labelled, the decided and the right */
  constructor(positive: Confusion, [labelled, predicted, right]: readonly Dyadic[], tally: Tally) {
    const { sampleWeight, sampleWeightSquared, sampleWeighted } = tally
    const both = bothClasses(positive, sampleWeight)
    this.positive = positive
    this.weight = sampleWeight
    this.#places = [0, 1].filter((at) => occurs(both[at]))
    this.classes = this.#places.map((at) => both[at])
    this.#rows = sampleWeighted
    // by label and decision: both 0, decided 1, labelled 1, both 1
    this.#squares = [
      subtract(add(sampleWeightSquared, right), add(labelled, predicted)),
      subtract(predicted, right),
      subtract(labelled, right),
      right,
    ]
    const squared = multiply(sampleWeight, sampleWeight)
    const shares = this.#squares.map((sum) => (squared.mantissa === 0n ? 0 : ratio(sum, squared)))
    this.#cells = new Cells(
      Int32Array.of(0, 0, 1, 1),
      Int32Array.of(0, 1, 0, 1),
      Float64Array.from(shares),
      sampleWeighted,
    )
  }

  /** @param gradient by the classes that occur */
  error(gradient: Gradient): number | null {
    return this.#cells.error(this.ofBoth(gradient))
  }

  /** The gradient by both classes. */
  ofBoth(gradient: Gradient): Gradient {
    const wide = emptyGradient(2)
    for (const [from, to] of this.#places.entries()) {
      wide.row[to] = gradient.row[from]
      wide.column[to] = gradient.column[from]
      wide.diagonal[to] = gradient.diagonal[from]
    }
    return { ...wide, constant: gradient.constant }
  }

  gradients(): Record<Measure | 'specificity' | AgreementName, Gradient> {
    const { classes, positive, weight } = this
    const [negative] = bothClasses(positive, weight)
    const ofOne = (name: Measure, of: Confusion, at: number): Gradient => {
      const { row, column, diagonal } = slopesOf(name, of, weight)
      const gradient = emptyGradient(2)
      gradient.row[at] = row
      gradient.column[at] = column
      gradient.diagonal[at] = diagonal
      return gradient
    }
    const ofAgreement = agreementGradients(classes, weight)
    return {
      precision: ofOne('precision', positive, 1),
      recall: ofOne('recall', positive, 1),
      f1: ofOne('f1', positive, 1),
      jaccard: ofOne('jaccard', positive, 1),
      specificity: ofOne('recall', negative, 0),
      balancedAccuracy: this.ofBoth(ofAgreement.balancedAccuracy),
      matthewsCorrelation: this.ofBoth(ofAgreement.matthewsCorrelation),
      cohenKappa: this.ofBoth(ofAgreement.cohenKappa),
    }
  }

  errorOf(gradient: Gradient): number | null {
    return this.#cells.error(gradient)
  }

  countError(name: CountName): number | null {
    const cell = { trueNegatives: 0, falsePositives: 1, falseNegatives: 2, truePositives: 3 }[name]
    return totalError(this.#squares[cell], sumsOf(this.positive, this.weight)[name], this.#rows)
  }
}

function sumsOf({ labelled, predicted, right }: Confusion, weight: Dyadic): Record<CountName, Dyadic> {
  return {
    truePositives: right,
    falsePositives: subtract(predicted, right),
    trueNegatives: subtract(add(weight, right), add(labelled, predicted)),
    falseNegatives: subtract(labelled, right),
  }
}

function rangeOfSums(weight: Dyadic, outputs: number): Range {
  return [0, toDouble(multiply(weight, fromInteger(outputs)))]
}

/** Of a sum over n rows: sqrt(n / (n - 1) sum (x_i - mean)^2). @param squares sum x_i^2 */
function totalError(squares: Dyadic, sum: Dyadic, rows: number): number | null {
  const spread = subtract(multiply(fromInteger(rows), squares), multiply(sum, sum))
  return errorOf({ sampleWeighted: rows }, spread, fromInteger(rows))
}

function outputIntervalsOf(table: Table, report: Partial<Record<string, number | null>> | undefined): OutputIntervals {
  const most = rangeOfSums(table.weight, 1)
  const hasWeight = table.weight.mantissa !== 0n
  const counted = (name: CountName) => estimateOf(report?.[name], table.countError(name), most)
  const gradients = hasWeight ? table.gradients() : undefined
  const figure = (name: keyof ReturnType<Table['gradients']>): Estimate =>
    gradients === undefined ? unknown : estimateOf(report?.[name], table.errorOf(gradients[name]), rangeOf(name))
  return {
    truePositives: counted('truePositives'),
    falsePositives: counted('falsePositives'),
    trueNegatives: counted('trueNegatives'),
    falseNegatives: counted('falseNegatives'),
    precision: figure('precision'),
    recall: figure('recall'),
    f1: figure('f1'),
    jaccard: figure('jaccard'),
    specificity: figure('specificity'),
    balancedAccuracy: figure('balancedAccuracy'),
    matthewsCorrelation: figure('matthewsCorrelation'),
    cohenKappa: figure('cohenKappa'),
  }
}

type Averaged = Pick<LabelIntervals, Measure | AgreementName | CountName | 'specificity'>

function* outputAverages(
  tables: readonly Table[],
  moments: LabelMoments,
  report: LabelMetrics,
  tally: Tally,
): Generator<void, Averaged> {
  const { sampleWeight: weight, sampleWeighted: rows } = tally
  const blank = { ...noIntervals, specificity: unknown }
  const noCounts = { truePositives: unknown, falsePositives: unknown, trueNegatives: unknown, falseNegatives: unknown }
  if (weight.mantissa === 0n) return { ...blank, ...noCounts }
  if (tables.length > mostAveraged) {
    const none = { macro: unknown, micro: unknown, weighted: unknown }
    return { ...blank, ...noCounts, precision: none, recall: none, f1: none, jaccard: none }
  }
  const squaresBy = (gradient: Gradient) => clustered(gradient, moments, tally)
  const squared = multiply(weight, weight)
  const figure = function* (value: number | null | undefined, gradient: Gradient, range: Range) {
    return estimateOf(value, errorOf(tally, yield* squaresBy(gradient), squared), range)
  }
  const ofAverages = averageGradients(
    tables.map(({ positive }) => positive),
    weight,
  )
  const averaged: Partial<Record<Measure, NonNullable<LabelIntervals['f1']>>> = {}
  for (const name of measures) {
    averaged[name] = { macro: unknown, micro: unknown, weighted: unknown }
    for (const average of averageNames) {
      averaged[name][average] = yield* figure(report[name]?.[average], ofAverages[name][average], unit)
    }
  }
  const { precision = null, recall = null, f1 = null, jaccard = null } = averaged
  const means: Partial<Record<AgreementName | 'specificity', Estimate>> = {}
  const gradients = tables.map((table) => table.gradients())
  for (const name of [...agreementNames, 'specificity'] as const) {
    const isKnown = tables.map((_, k) => typeof report.perOutput?.[k][name] === 'number')
    const gradient = meanGradient(
      gradients.map((each) => each[name]),
      isKnown,
    )
    means[name] = yield* figure(report[name], gradient, rangeOf(name))
  }
  const totals: Partial<Record<CountName, Estimate>> = {}
  for (const name of countNames) {
    const sum = tables.reduce((total, { positive }) => add(total, sumsOf(positive, weight)[name]), zero)
    const squares = yield* squaresBy(countGradient(name, tables.length))
    totals[name] = estimateOf(report[name], totalError(squares, sum, rows), rangeOfSums(weight, tables.length))
  }
  const { balancedAccuracy = unknown, matthewsCorrelation = unknown } = means
  const { cohenKappa = unknown, specificity = unknown } = means
  return {
    ...{ precision, recall, f1, jaccard, balancedAccuracy, matthewsCorrelation, cohenKappa, specificity },
    ...noCounts,
    ...totals,
  }
}

/** The mean of figures of outputs, by what a row has of each output. @param gradients by the two classes of each */
function meanGradient(gradients: readonly Gradient[], isKnown: readonly boolean[]): Gradient {
  const mean = emptyGradient(gradients.length)
  const count = isKnown.filter(Boolean).length
  let constant = 0
  for (const [k, gradient] of gradients.entries()) {
    if (!isKnown[k]) continue
    const [none, decided, labelled, both] = [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ].map(([label, decision]) => influenceAt(gradient, label, decision) / count)
    constant += none
    mean.row[k] = labelled - none
    mean.column[k] = decided - none
    mean.diagonal[k] = both - labelled - decided + none
  }
  return { ...mean, constant }
}

function countGradient(name: CountName, outputs: number): Gradient {
  const slopes = {
    truePositives: [0, 0, 0, 1],
    falsePositives: [0, 0, 1, -1],
    trueNegatives: [outputs, -1, -1, 1],
    falseNegatives: [0, 1, 0, -1],
  }[name]
  const [constant, row, column, diagonal] = slopes
  const gradient = emptyGradient(outputs)
  gradient.row.fill(row)
  gradient.column.fill(column)
  gradient.diagonal.fill(diagonal)
  return { ...gradient, constant }
}

/** sum s_i^2 of the squared influences of rows, which are sums over their outputs, exactly. */
function clustered(gradient: Gradient, { own, pairs }: LabelMoments, tally: Tally): Generator<void, Dyadic> {
  const { constant, row, column, diagonal } = gradient
  const coefficients = [constant]
  for (const k of row.keys()) coefficients.push(row[k], column[k], diagonal[k])
  return quadraticForm(coefficients.map(fromFinite), (f, g) => {
    if (f === 0) return g === 0 ? tally.sampleWeightSquared : ownMoment(g - 1)
    const [first, second] = [Math.floor((f - 1) / 3), Math.floor((g - 1) / 3)]
    // of one output, labelled and decided is right
    if (first === second) return f === g ? ownMoment(f - 1) : ownMoment(3 * first + 2)
    return pairs.get(pairOf(first, second))?.sums[3 * ((f - 1) % 3) + ((g - 1) % 3)] ?? zero
  })
  function ownMoment(at: number): Dyadic {
    return own.get(Math.floor(at / 3))?.sums[at % 3] ?? zero
  }
}

function fromFinite(value: number): Dyadic {
  return Number.isFinite(value) ? fromDouble(value) : zero
}
