import type { Dyadic } from '../numerics/dyadic.ts'
import { add, fromInteger, multiply, subtract, toDouble, zero } from '../numerics/dyadic.ts'
import type { Spec } from '../spec.ts'
import type { Tally } from '../tally.ts'
import type { Range } from './estimate.ts'
import { positive, signed, unit } from './estimate.ts'
import type { Groups } from './groups.ts'
import type { Gradient } from './label-gradients.ts'
import {
  agreementGradients,
  agreementNames,
  averageGradients,
  averageNames,
  emptyGradient,
  influenceAt,
  slopesOf,
} from './label-gradients.ts'
import type { Confusion, LabelMetrics } from './label-metrics.ts'
import { bothClasses, confusionOf, measures, occurs } from './label-metrics.ts'
import { mostAveraged } from './label-moments.ts'

/** A number of the metrics of labels, by its path in them, and what rows add to it. */
export interface LabelFigure {
  readonly path: string
  readonly influence: Influence
  /** Of a count: its sum of weights, to which a row adds its weight times the influence. */
  readonly total?: Dyadic
}

export type Influence =
  /** Of one of K classes as label and one as decision. */
  | { readonly kind: 'classes'; readonly gradient: Gradient }
  /** Of the binary outputs together. */
  | { readonly kind: 'outputs'; readonly gradient: Gradient }
  /** Of one binary output: if it is neither labelled nor decided, decided only, labelled only, both. */
  | { readonly kind: 'output'; readonly output: number; readonly cells: readonly number[] }

const counts = {
  truePositives: [0, 0, 0, 1],
  falsePositives: [0, 1, 0, 0],
  trueNegatives: [1, 0, 0, 0],
  falseNegatives: [0, 0, 1, 0],
} as const
const countNames = ['truePositives', 'falsePositives', 'trueNegatives', 'falseNegatives'] as const

/** The range of a figure by the last name of its path. @param most the weight of all rows, of all outputs */
export function rangeOf(path: string, most: number): Range {
  const name = path.slice(path.lastIndexOf('.') + 1)
  if (name === 'matthewsCorrelation' || name === 'cohenKappa') return signed
  if (name === 'perplexity') return positive
  return name in counts ? [0, most] : unit
}

/** The largest that a count can be. */
export function mostCounted({ sampleWeight, outputs }: Tally): number {
  return toDouble(multiply(sampleWeight, fromInteger(outputs)))
}

/** Every figure of some rows that have weight, one after the other; no averages over many binary outputs. @param sums of the metrics  @param report what they say */
export function* labelFigures(
  sums: Groups,
  report: Pick<LabelMetrics, 'perOutput'>,
  { outputs, sampleWeight: weight }: Tally,
  { decision }: Spec,
): Generator<LabelFigure> {
  const confusions: Confusion[] = []
  for (let k = 0; k < outputs; k++) confusions.push(confusionOf(sums, k))
  if (decision === 'class') {
    yield* classFigures(confusions, weight)
    return
  }
  const means = new Map<string, MeanGradient>(meanNames.map((name) => [name, new MeanGradient(outputs)]))
  const totals = new Map<string, Dyadic>()
  for (const [k, confusion] of confusions.entries()) {
    for (const figure of outputFigures(confusion, k, weight)) {
      const { path, influence, total } = figure
      if (outputs === 1 && (total !== undefined || path === 'specificity')) yield figure
      yield { ...figure, path: `perOutput.${k}.${path}` }
      if (total !== undefined) totals.set(path, add(totals.get(path) ?? zero, total))
      const mean = means.get(path)
      const isKnown = typeof report.perOutput?.[k][path as (typeof meanNames)[number]] === 'number'
      if (mean !== undefined && isKnown) mean.add(k, influence.cells)
    }
  }
  if (outputs === 1) {
    yield* classFigures(bothClasses(confusions[0], weight), weight)
    return
  }
  if (outputs > mostAveraged) return
  yield* averageFigures(confusions, weight, 'outputs', (gradient) => gradient)
  for (const [path, mean] of means) yield { path, influence: { kind: 'outputs', gradient: mean.gradient() } }
  for (const path of countNames) {
    const sum = new MeanGradient(outputs, 1)
    for (let k = 0; k < outputs; k++) sum.add(k, counts[path])
    yield { path, influence: { kind: 'outputs', gradient: sum.gradient() }, total: totals.get(path) ?? zero }
  }
}

const meanNames = ['specificity', ...agreementNames] as const

/** @param all classes, also those that do not occur */
function* classFigures(all: readonly Confusion[], weight: Dyadic): Generator<LabelFigure> {
  const places = Array.from(all.keys()).filter((k) => occurs(all[k]))
  const classes = places.map((k) => all[k])
  const spread = (gradient: Gradient) => ofAll(gradient, places, all.length)
  yield* averageFigures(classes, weight, 'classes', spread)
  const ofAgreement = agreementGradients(classes, weight)
  for (const path of agreementNames) {
    yield { path, influence: { kind: 'classes', gradient: spread(ofAgreement[path]) } }
  }
}

function* averageFigures(
  classes: readonly Confusion[],
  weight: Dyadic,
  kind: 'classes' | 'outputs',
  spread: (gradient: Gradient) => Gradient,
): Generator<LabelFigure> {
  for (const name of measures) {
    const gradients = averageGradients(name, classes, weight)
    for (const average of averageNames) {
      yield { path: `${name}.${average}`, influence: { kind, gradient: spread(gradients[average]) } }
    }
  }
}

/** A gradient by the classes at some places as one by all classes. */
function ofAll(gradient: Gradient, places: readonly number[], size: number): Gradient {
  const wide = emptyGradient(size)
  for (const [from, to] of places.entries()) {
    wide.row[to] = gradient.row[from]
    wide.column[to] = gradient.column[from]
    wide.diagonal[to] = gradient.diagonal[from]
  }
  return { ...wide, constant: gradient.constant }
}

interface OutputFigure extends LabelFigure {
  readonly influence: Influence & { readonly kind: 'output' }
}

function* outputFigures(positive: Confusion, output: number, weight: Dyadic): Generator<OutputFigure> {
  const { labelled, predicted, right } = positive
  const both = bothClasses(positive, weight)
  const totals = [subtract(predicted, right), subtract(labelled, right), right]
  const ofCounts = { falsePositives: totals[0], falseNegatives: totals[1], truePositives: right }
  for (const path of countNames) {
    const total = path === 'trueNegatives' ? both[0].right : ofCounts[path]
    yield { path, influence: { kind: 'output', output, cells: counts[path] }, total }
  }
  for (const path of [...measures, 'specificity'] as const) {
    const [name, at] = path === 'specificity' ? (['recall', 0] as const) : ([path, 1] as const)
    const { row, column, diagonal } = slopesOf(name, both[at], weight)
    const cells = [0, 0, 0, 0].map((_, cell) => {
      const [isLabelled, isDecided] = [cell >> 1 === at, (cell & 1) === at]
      return (isLabelled ? row : 0) + (isDecided ? column : 0) + (isLabelled && isDecided ? diagonal : 0)
    })
    yield { path, influence: { kind: 'output', output, cells } }
  }
  const places = [0, 1].filter((at) => occurs(both[at]))
  const ofAgreement = agreementGradients(
    places.map((at) => both[at]),
    weight,
  )
  for (const path of agreementNames) {
    const gradient = ofAll(ofAgreement[path], places, 2)
    const cells = [0, 1, 2, 3].map((cell) => influenceAt(gradient, cell >> 1, cell & 1))
    yield { path, influence: { kind: 'output', output, cells } }
  }
}

/** The mean of figures of outputs, or their sum, by what a row has of each output. */
class MeanGradient {
  readonly #sum: Gradient
  #constant = 0
  #count = 0
  readonly #divisor: number | undefined

  /** @param divisor of the sum; without one, how many were added */
  constructor(outputs: number, divisor?: number) {
    this.#sum = emptyGradient(outputs)
    this.#divisor = divisor
  }

  add(k: number, [none, decided, labelled, both]: readonly number[]): void {
    this.#count++
    this.#constant += none
    this.#sum.row[k] = labelled - none
    this.#sum.column[k] = decided - none
    this.#sum.diagonal[k] = both - labelled - decided + none
  }

  gradient(): Gradient {
    const { row, column, diagonal } = this.#sum
    const by = this.#divisor ?? Math.max(this.#count, 1)
    const [rows, columns, diagonals] = [row, column, diagonal].map((each) => each.map((slope) => slope / by))
    return { constant: this.#constant / by, row: rows, column: columns, diagonal: diagonals }
  }
}
