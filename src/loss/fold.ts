import type { Decisions } from './accuracy.ts'
import { decideBinary, decideClasses } from './accuracy.ts'
import type { Batch, BatchOfDoubles } from './batch.ts'
import { isOfDoubles, rowsPerStep } from './batch.ts'
import { losses } from './kernels/index.ts'
import type { Loss, Rows } from './kernels/loss.ts'
import type { Memory } from './memory.ts'
import { blockFor, widened } from './numbers.ts'
import type { Dyadic } from './numerics/dyadic.ts'
import { fromInteger, zero } from './numerics/dyadic.ts'
import { exactCostSoFar } from './numerics/elementary/elementary.ts'
import type { Moments } from './numerics/exact-sum.ts'
import { exactMoments, exactSumOfProducts } from './numerics/exact-sum.ts'
import { exactSumsOfTriples } from './numerics/triple-sum.ts'
import type { Spec } from './spec.ts'
import type { Tally } from './tally.ts'
import { decisionsPerRow, emptyTally, merge } from './tally.ts'

/** Where the rows to evaluate come from: a batch, some rows of one, or a batch that is changed on the way. */
export interface RowSource {
  readonly samples: number
  readonly outputs: number
  /** The rows `[from, to)`, those of the batch from `start` on; good until the next call. */
  part(from: number, to: number): Part
}

export interface Part {
  readonly batch: BatchOfDoubles
  readonly start: number
}

/** All rows of a batch; its numbers become doubles for each part, which has no more than a step. */
export function rowsOfBatch(batch: Batch, memory: Memory): RowSource {
  const { samples, outputs, predictions, classes, largest, targets, sampleWeights } = batch
  if (isOfDoubles(batch)) return { samples, outputs, part: (from) => ({ batch, start: from }) }
  const most = Math.min(rowsPerStep(outputs), samples)
  const [ofPredictions, ofTargets] = [predictions, targets].map((numbers) => blockFor(numbers, most * outputs, memory))
  const ofWeights = blockFor(sampleWeights, most, memory)
  const part = (from: number, to: number): Part => ({
    batch: {
      samples: to - from,
      outputs,
      predictions: widened(predictions, from * outputs, to * outputs, ofPredictions),
      classes: classes?.subarray(from, to),
      largest: largest?.subarray(from, to),
      targets: targets && widened(targets, from * outputs, to * outputs, ofTargets),
      sampleWeights: sampleWeights && widened(sampleWeights, from, to, ofWeights),
    },
    start: 0,
  })
  return { samples, outputs, part }
}

/** What was computed for a run of rows. */
export interface Slice {
  readonly rows: Rows
  /** x_i = s_i l_i */
  readonly losses: Float64Array
  /** x_i with 0 for those that are infinite; `losses` itself where none is. */
  readonly finite: Float64Array
  readonly weights: Float64Array | undefined
  /** s_i, or `undefined` where all are 1. */
  readonly sampleWeights: Float64Array | undefined
  readonly decisions: Decisions | undefined
  /** 1 for a row in which a logarithm that counts met its guard. */
  readonly clipped: Int32Array
}

/** The same of rows as they come. */
export interface SliceOfBatch extends Slice {
  readonly batch: BatchOfDoubles
  readonly from: number
  /** Position of the first row in all that are evaluated. */
  readonly at: number
}

/** Computes the rows `[first, end)` of a source, or only the first of them where they cost more than a step should. */
export function computeRows(spec: Spec, source: RowSource, first: number, end: number): SliceOfBatch {
  const { batch, start: from } = source.part(first, end)
  const loss: Loss = losses[spec.loss]
  const asked = rowsOf(spec, loss.readsClasses, batch, from, from + end - first)
  const termsOfAsked = new Float64Array(asked.count)
  const clippedOfAsked = new Int32Array(asked.count)
  const count = computeTerms(loss, asked, spec, termsOfAsked, clippedOfAsked)
  const to = from + count
  const rows = rowsBetween(asked, 0, count)
  const terms = doublesOf(termsOfAsked, 0, count)
  const clipped = integersOf(clippedOfAsked, 0, count)
  const sampleWeights = batch.sampleWeights && doublesOf(batch.sampleWeights, from, to)
  const weights = spec.classWeights === undefined ? sampleWeights : weightsOf(spec.classWeights, batch, from, to)
  if (sampleWeights !== undefined) {
    // a weight of 0 leaves a row out, an infinite loss included
    for (let i = 0; i < count; i++) terms[i] = sampleWeights[i] === 0 ? 0 : terms[i] * sampleWeights[i]
  }
  const decisions = decide(spec, batch, from, to)
  const finite = withoutInfinite(terms)
  return { batch, from, at: first, rows, losses: terms, finite, weights, sampleWeights, decisions, clipped }
}

/** Numbers that are computed before what they cost is looked at: 35 ms where each takes the exact way twice. */
const numbersPerLook = 2 ** 12
/** Numbers of a step that may take the exact way: 2 ms. */
const mostExact = 2 ** 10

/** Computes the terms of the first rows, and how many: mostly of all, fewer where many take the exact way. */
function computeTerms(loss: Loss, rows: Rows, spec: Spec, out: Float64Array, clipped: Int32Array): number {
  const { count, outputs } = rows
  const step = Math.max(1, Math.floor(numbersPerLook / outputs))
  if (count <= step) {
    loss.losses(rows, spec, out, clipped)
    return count
  }
  const before = exactCostSoFar()
  for (let from = 0; from < count; from += step) {
    const to = Math.min(from + step, count)
    loss.losses(rowsBetween(rows, from, to), spec, out.subarray(from, to), clipped.subarray(from, to))
    // the count wraps
    if (((exactCostSoFar() - before) | 0) > mostExact) return to
  }
  return count
}

function rowsBetween(rows: Rows, from: number, to: number): Rows {
  if (from === 0 && to === rows.count) return rows
  const { outputs, predictions, targets, classes } = rows
  return {
    count: to - from,
    outputs,
    predictions: predictions.subarray(from * outputs, to * outputs),
    targets: targets.subarray(from * outputs, to * outputs),
    classes: classes?.subarray(from, to),
  }
}

/** What the rows of a slice add up to. */
export function tallyOf(spec: Spec, slice: Slice): Tally {
  const { rows, losses: terms, finite, weights, sampleWeights, decisions, clipped } = slice
  const { count, outputs } = rows
  const correct = decisions?.right ?? 0
  const ofLosses = exactMoments(finite, count)
  const ofWeights = momentsOf(weights, count)
  const ofSampleWeights = weights === sampleWeights ? ofWeights : momentsOf(sampleWeights, count)
  const ofCorrect = momentsOfCorrect(spec, outputs, decisions, sampleWeights)
  return {
    terms: 2,
    outputs,
    samples: count,
    ignored: 0,
    correct,
    ties: countMarks(decisions?.tied),
    clipped: countMarks(clipped),
    infinite: terms === finite ? 0 : countInfinite(terms),
    weighted: countPositive(weights, count),
    sampleWeighted: countPositive(sampleWeights, count),
    loss: ofLosses.sum,
    lossSquared: ofLosses.squares,
    lossTimesWeight: weights === undefined ? ofLosses.sum : exactSumOfProducts(finite, weights, count),
    weight: ofWeights.sum,
    weightSquared: ofWeights.squares,
    sampleWeight: ofSampleWeights.sum,
    sampleWeightSquared: ofSampleWeights.squares,
    correctWeight: correctWeight(correct, decisions, sampleWeights),
    correctWeightSquared: ofCorrect.correctWeightSquared,
    correctSquaredWeightSquared: ofCorrect.correctSquaredWeightSquared,
  }
}

/** Computed rows, by runs of them. */
export interface Slices<Of extends Slice> {
  readonly samples: number
  readonly outputs: number
  /** The rows `[from, to)`, or only the first of them; good until the next call. */
  slice(from: number, to: number): Of
}

/** The rows of a source, computed when they are asked for. */
export function slicesOf(spec: Spec, source: RowSource): Slices<SliceOfBatch> {
  const { samples, outputs } = source
  return { samples, outputs, slice: (from, to) => computeRows(spec, source, from, to) }
}

/** Adds up all rows, in steps. @param observe sees each slice  @param linger looks at each slice in steps, afterwards */
export function* tallyAll<Of extends Slice>(
  spec: Spec,
  { samples, outputs, slice: sliceOf }: Slices<Of>,
  observe?: (slice: Of) => void,
  linger?: (slice: Of) => Generator<void, void>,
): Generator<void, Tally> {
  let tally = emptyTally
  const step = Math.ceil(rowsPerStep(outputs) / (isCostly(spec) ? 8 : 1))
  for (let from = 0; from < samples; ) {
    const slice = sliceOf(from, Math.min(from + step, samples))
    observe?.(slice)
    const part = tallyOf(spec, slice)
    tally = from === 0 ? part : merge(tally, part)
    from += slice.rows.count
    yield
    if (linger !== undefined) yield* linger(slice)
  }
  return tally
}

/** Whether an observer may compute two functions of each number: slopes of logits, or of logarithms. */
function isCostly({ include, predictionFormat }: Spec): boolean {
  return include.includes('gradient') && predictionFormat !== 'probabilities'
}

/** The rows for a kernel; dense targets are made only for a loss that needs them. */
export function rowsOf(spec: Spec, readsClasses: boolean, batch: BatchOfDoubles, from: number, to: number): Rows {
  const { outputs } = batch
  const count = to - from
  const predictions = doublesOf(batch.predictions, from * outputs, to * outputs)
  if (readsClasses && batch.targets === undefined && spec.labelSmoothing === 0) {
    return {
      count,
      outputs,
      predictions,
      targets: noTargets,
      classes: batch.classes && integersOf(batch.classes, from, to),
    }
  }
  return { count, outputs, predictions, targets: targetsOf(spec, batch, from, to), classes: undefined }
}

const noTargets = new Float64Array(0)

function doublesOf(array: Float64Array, from: number, to: number): Float64Array {
  return from === 0 && to === array.length ? array : array.subarray(from, to)
}

function integersOf(array: Int32Array, from: number, to: number): Int32Array {
  return from === 0 && to === array.length ? array : array.subarray(from, to)
}

/** The targets as given or one-hot, smoothed: t (1 - a) + a / K, or of binary outputs + a / 2. */
function targetsOf(spec: Spec, batch: BatchOfDoubles, from: number, to: number): Float64Array {
  const { outputs, targets, classes } = batch
  const { labelSmoothing, decision } = spec
  const keep = 1 - labelSmoothing
  const spread = labelSmoothing / (decision === 'binary' ? 2 : outputs)
  if (targets !== undefined) {
    const given = doublesOf(targets, from * outputs, to * outputs)
    if (labelSmoothing === 0) return given
    const smoothed = new Float64Array(given.length)
    for (let at = 0; at < given.length; at++) smoothed[at] = given[at] * keep + spread
    return smoothed
  }
  const dense = new Float64Array((to - from) * outputs).fill(spread)
  if (classes !== undefined) for (let i = from; i < to; i++) dense[(i - from) * outputs + classes[i]] = keep + spread
  return dense
}

function weightsOf(classWeights: Float64Array, batch: BatchOfDoubles, from: number, to: number): Float64Array {
  const { outputs, sampleWeights, classes, targets } = batch
  const weights = new Float64Array(to - from)
  for (let i = from; i < to; i++) {
    let weight = 0
    if (targets !== undefined) for (let k = 0; k < outputs; k++) weight += classWeights[k] * targets[i * outputs + k]
    else if (classes !== undefined) weight = classWeights[classes[i]]
    weights[i - from] = sampleWeights === undefined ? weight : sampleWeights[i] * weight
  }
  return weights
}

function decide(spec: Spec, batch: BatchOfDoubles, from: number, to: number): Decisions | undefined {
  const { outputs, classes, largest, targets } = batch
  const predictions = doublesOf(batch.predictions, from * outputs, to * outputs)
  if (classes !== undefined) {
    return decideClasses(predictions, outputs, integersOf(classes, from, to), largest && integersOf(largest, from, to))
  }
  if (targets === undefined || spec.decision === 'none') return undefined
  const labels = doublesOf(targets, from * outputs, to * outputs)
  return decideBinary(predictions, outputs, labels, spec.threshold, spec.predictionFormat)
}

function momentsOf(weights: Float64Array | undefined, count: number): Moments {
  if (weights !== undefined) return exactMoments(weights, count)
  const sum = fromInteger(count)
  return { sum, squares: sum }
}

function countInfinite(terms: Float64Array): number {
  let infinite = 0
  for (let i = 0; i < terms.length; i++) if (!Number.isFinite(terms[i])) infinite++
  return infinite
}

/** Leaves infinite terms out; `terms` stay as they are. */
export function withoutInfinite(terms: Float64Array): Float64Array {
  if (countInfinite(terms) === 0) return terms
  const finite = new Float64Array(terms.length)
  for (let i = 0; i < terms.length; i++) if (Number.isFinite(terms[i])) finite[i] = terms[i]
  return finite
}

function countMarks(marks: Int32Array | undefined): number {
  // there is mostly none, which is found out faster than they are counted
  const first = marks === undefined ? -1 : marks.indexOf(1)
  if (marks === undefined || first < 0) return 0
  let count = 0
  for (let at = first; at < marks.length; at++) count += marks[at]
  return count
}

function correctWeight(
  correct: number,
  decisions: Decisions | undefined,
  sampleWeights: Float64Array | undefined,
): Dyadic {
  if (decisions === undefined || sampleWeights === undefined) return fromInteger(correct)
  return exactSumOfProducts(new Float64Array(decisions.correct), sampleWeights, sampleWeights.length)
}

function countPositive(weights: Float64Array | undefined, count: number): number {
  if (weights === undefined) return count
  let positive = 0
  for (let i = 0; i < count; i++) positive += Number(weights[i] > 0)
  return positive
}

/** How the right decisions of a row depend on each other, where it has several. */
function momentsOfCorrect(
  spec: Spec,
  outputs: number,
  decisions: Decisions | undefined,
  sampleWeights: Float64Array | undefined,
): Pick<Tally, 'correctWeightSquared' | 'correctSquaredWeightSquared'> {
  if (decisions === undefined || decisionsPerRow(spec, outputs) < 2) return noMomentsOfCorrect
  const right = new Float64Array(decisions.correct)
  const { length } = right
  if (sampleWeights === undefined) {
    const { sum, squares } = exactMoments(right, length)
    return { correctWeightSquared: sum, correctSquaredWeightSquared: squares }
  }
  const squares = right.map((count) => count * count)
  const [first, second] = exactSumsOfTriples(sampleWeights, sampleWeights, [right, squares], length)
  return { correctWeightSquared: first, correctSquaredWeightSquared: second }
}

const noMomentsOfCorrect = { correctWeightSquared: zero, correctSquaredWeightSquared: zero }
