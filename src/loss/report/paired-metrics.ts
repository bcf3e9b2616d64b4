import { z } from 'zod'
import type { Dyadic } from '../numerics/dyadic.ts'
import { multiply, ratio, subtract, zero } from '../numerics/dyadic.ts'
import type { Spec } from '../spec.ts'
import type { RowsState } from '../state.ts'
import { anyValue, errorOf, estimate, estimateOf, totalErrorOf, unknown } from './estimate.ts'
import { labelShape, replaceNumbers, valueShape } from './interval-shapes.ts'
import type { IntervalsState } from './intervals.ts'
import type { Influence } from './label-figures.ts'
import { labelFigures, mostCounted, rangeOf } from './label-figures.ts'
import type { MetricsReport } from './metrics.ts'
import type { PairedChunk } from './paired-rows.ts'
import type { Errors, Side } from './paired-sums.ts'
import { addSquares } from './paired-sums.ts'
import { valueErrors } from './paired-values.ts'

export const pairedEstimate = z
  .object({
    value: z.number().nullable(),
    ...estimate.shape,
  })
  .meta({
    id: 'PairedEstimate',
    description:
      'The value for `predictions` minus the value for `baseline`, null unless both are numbers, with its standard error and 95 % interval. Both are paired: the influences of the two models are subtracted row by row before they are squared.',
  })

export const pairedMetrics = z
  .union([labelShape(pairedEstimate, 'Paired'), valueShape(pairedEstimate, 'Paired')])
  .meta({ description: 'With `metrics` and `intervals`: the difference in each metric, paired row by row.' })

export type PairedMetrics = z.output<typeof pairedMetrics>

export function sideOf({ tally, sections }: RowsState, report: MetricsReport): Side {
  // under each name is the state of its section
  return { tally, report, state: sections.get('intervals') as IntervalsState }
}

/** How far two models are apart in each figure, in steps. @param chunks of all their rows */
export function* comparedMetrics(
  chunks: readonly PairedChunk[],
  sides: readonly [Side, Side],
  spec: Spec,
): Generator<void, PairedMetrics> {
  const [{ tally, report }, other] = sides
  const errors = yield* tally.sampleWeighted < 2
    ? noErrors()
    : spec.decision === 'none'
      ? valueErrors(chunks, sides)
      : labelErrors(chunks, sides, spec)
  const most = mostCounted(tally)
  const others = new Map<string, number | null>()
  yield* replaceNumbers(other.report, (path, value) => others.set(path, value))
  const leaf = (path: string, value: number | null) => {
    const baseline = others.get(path) ?? null
    if (value === null || baseline === null || !Number.isFinite(value - baseline)) return { value: null, ...unknown }
    const [least, greatest] = spec.decision === 'none' ? anyValue : rangeOf(path, most)
    const difference = value - baseline
    return {
      value: difference,
      ...estimateOf(difference, errors.get(path) ?? null, [least - greatest, greatest - least]),
    }
  }
  // of the shape of the report
  return (yield* replaceNumbers(report, leaf)) as PairedMetrics
}

// biome-ignore lint/correctness/useYield: there is nothing to do
function* noErrors(): Generator<void, Errors> {
  return new Map()
}

const costPerStep = 2 ** 15
const costOfFigure = 64

function* labelErrors(
  chunks: readonly PairedChunk[],
  [one, other]: readonly [Side, Side],
  spec: Spec,
): Generator<void, Errors> {
  const errors = new Map<string, number | null>()
  const { tally } = one
  const squaredWeight = multiply(tally.sampleWeight, tally.sampleWeight)
  const [figures, others] = [one, other].map(({ state, report, tally: of }) =>
    labelFigures(state.metrics.groups, 'rmse' in report ? {} : report, of, spec),
  )
  let left = costPerStep
  for (const figure of figures) {
    // both come in the same order
    const baseline = others.next().value
    if (baseline === undefined) break
    let squares: Dyadic | undefined = zero
    for (const chunk of chunks) {
      const terms = new Float64Array(chunk.count)
      addInfluence(figure.influence, chunk, 0, terms, 1)
      addInfluence(baseline.influence, chunk, 1, terms, -1)
      squares = squares && addSquares(squares, terms, chunk.sampleWeights)
      left -= figure.influence.kind === 'outputs' ? chunk.count * chunk.outputs : chunk.count + costOfFigure
      if (left > 0) continue
      left = costPerStep
      yield
    }
    const { total } = figure
    if (squares === undefined) errors.set(figure.path, null)
    else if (total === undefined) errors.set(figure.path, errorOf(tally, squares, squaredWeight))
    else errors.set(figure.path, totalErrorOf(tally, squares, subtract(total, baseline.total ?? zero)))
  }
  errors.set('perplexity', yield* perplexityError(chunks, [one, other]))
  return errors
}

/** Adds the influences of rows on a figure, for each unit of their weight. */
function addInfluence(
  influence: Influence,
  { count, outputs, labelled, predicted }: PairedChunk,
  side: 0 | 1,
  terms: Float64Array,
  sign: number,
): void {
  const decided = predicted[side]
  if (influence.kind === 'output') {
    const { cells, output } = influence
    for (let i = 0, at = output; i < count; i++, at += outputs) terms[i] += sign * cells[2 * labelled[at] + decided[at]]
    return
  }
  const { constant, row, column, diagonal } = influence.gradient
  if (influence.kind === 'classes') {
    for (let i = 0; i < count; i++) {
      const [j, k] = [labelled[i], decided[i]]
      terms[i] += sign * (constant + (row[j] + column[k] + (j === k ? diagonal[j] : 0)))
    }
    return
  }
  for (let i = 0, at = 0; i < count; i++) {
    let sum = constant
    for (let k = 0; k < outputs; k++, at++) {
      sum += labelled[at] * row[k] + decided[at] * column[k] + labelled[at] * decided[at] * diagonal[k]
    }
    terms[i] += sign * sum
  }
}

/** Of the perplexities p, e to the means m: a row adds p (x_i - m w_i) over all weight. */
function* perplexityError(
  chunks: readonly PairedChunk[],
  sides: readonly [Side, Side],
): Generator<void, number | null> {
  const [{ tally }] = sides
  if (tally.weighted < 2) return null
  const slopes = sides.map(({ report }) => ('perplexity' in report ? report.perplexity : null) ?? null)
  const [first, second] = slopes
  if (first === null || second === null) return null
  const means = sides.map(({ tally: { loss, weight } }) => ratio(loss, weight))
  let squares: Dyadic = zero
  for (const { count, losses, weights } of chunks) {
    if (losses === undefined) return null
    const terms = new Float64Array(count)
    for (let i = 0; i < count; i++) {
      const weight = weights === undefined ? 1 : weights[i]
      terms[i] = first * (losses[0][i] - means[0] * weight) - second * (losses[1][i] - means[1] * weight)
    }
    const sum = addSquares(squares, terms, undefined)
    if (sum === undefined) return null
    squares = sum
    yield
  }
  const rows = { sampleWeighted: tally.weighted }
  return errorOf(rows, squares, multiply(tally.weight, tally.weight))
}
