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

/** What was computed for a run of rows, for the sections of an answer that look at single rows. */
export interface Slice {
  readonly batch: BatchOfDoubles
  readonly from: number
  /** Position of the first row in all that are evaluated. */
  readonly at: number
  readonly rows: Rows
  /** x_i = s_i l_i */
  readonly losses: Float64Array
  /** x_i with 0 for those that are infinite; `losses` itself where none is. */
  readonly finite: Float64Array
  readonly weights: Float64Array | undefined
  /** s_i, or `undefined` where all are 1. */
  readonly sampleWeights: Float64Array | undefined
  readonly decisions: Decisions | undefined
}

export function tallyRows(
  spec: Spec,
  source: RowSource,
  first: number,
  end: number,
  observe?: (slice: Slice) => void,
): Tally {
  const { batch, start: from } = source.part(first, end)
  const to = from + end - first
  const loss: Loss = losses[spec.loss]
  const rows = rowsOf(spec, loss.readsClasses, batch, from, to)
  const { count, outputs } = rows
  const terms = new Float64Array(count)
  const clipped = loss.losses(rows, spec, terms)
  const sampleWeights = batch.sampleWeights && doublesOf(batch.sampleWeights, from, to)
  const weights = spec.classWeights === undefined ? sampleWeights : weightsOf(spec.classWeights, batch, from, to)
  if (sampleWeights !== undefined) {
    // a weight of 0 leaves a row out, an infinite loss included
    for (let i = 0; i < count; i++) terms[i] = sampleWeights[i] === 0 ? 0 : terms[i] * sampleWeights[i]
  }
  const decisions = decide(spec, batch, from, to)
  const { infinite, finite } = withoutInfinite(terms)
  observe?.({ batch, from, at: first, rows, losses: terms, finite, weights, sampleWeights, decisions })

  const correct = decisions?.right ?? 0
  const ofLosses = exactMoments(finite, count)
  const ofWeights = momentsOf(weights, count)
  const ofSampleWeights = weights === sampleWeights ? ofWeights : momentsOf(sampleWeights, count)
  return {
    outputs,
    samples: count,
    ignored: 0,
    correct,
    ties: decisions?.ties ?? 0,
    clipped,
    infinite,
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
    ...momentsOfCorrect(spec, outputs, decisions, sampleWeights),
  }
}

/** Evaluates all rows of a source, in steps. @param observe sees each slice  @param linger looks at each slice in steps, afterwards */
export function* tallyAll(
  spec: Spec,
  source: RowSource,
  observe?: (slice: Slice) => void,
  linger?: (slice: Slice) => Generator<void, void>,
): Generator<void, Tally> {
  const { samples, outputs } = source
  let tally = emptyTally
  const step = rowsPerStep(outputs)
  for (let from = 0; from < samples; from += step) {
    let seen: Slice | undefined
    const to = Math.min(from + step, samples)
    const part = tallyRows(spec, source, from, to, (slice) => {
      seen = slice
      observe?.(slice)
    })
    tally = from === 0 ? part : merge(tally, part)
    yield
    if (seen !== undefined && linger !== undefined) yield* linger(seen)
  }
  return tally
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

/** Counts infinite terms and leaves them out of the sums; `terms` stay as they are. */
function withoutInfinite(terms: Float64Array): { infinite: number; finite: Float64Array } {
  let infinite = 0
  for (let i = 0; i < terms.length; i++) if (!Number.isFinite(terms[i])) infinite++
  if (infinite === 0) return { infinite, finite: terms }
  const finite = new Float64Array(terms.length)
  for (let i = 0; i < terms.length; i++) if (Number.isFinite(terms[i])) finite[i] = terms[i]
  return { infinite, finite }
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
