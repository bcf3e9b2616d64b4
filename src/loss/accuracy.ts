import type { PredictionFormat } from './formats.ts'
import { exponential } from './numerics/elementary/elementary.ts'
import { sigmoid } from './numerics/softmax.ts'

/** What a run of rows decided: a class index for each row, or 0 or 1 for each of its binary outputs, row by row. */
export interface Decisions {
  readonly predicted: Int32Array
  readonly labelled: Int32Array
  /** How many of the row's decisions are right: 0 or 1 by class, 0 to K by threshold. */
  readonly correct: Int32Array
  readonly right: number
  /** 1 for a row with several largest outputs; `undefined` where no row has. */
  readonly tied: Int32Array | undefined
}

/** Decides by the largest of the K outputs; the lowest index wins a tie. @param largest where it is known already, below 0 where not */
export function decideClasses(
  predictions: Float64Array,
  outputs: number,
  labelled: Int32Array,
  largest?: Int32Array,
): Decisions {
  const count = labelled.length
  const words = new Int32Array(predictions.buffer, predictions.byteOffset, 2 * predictions.length)
  const correct = new Int32Array(count)
  let predicted = largest ?? new Int32Array(count)
  let right = 0
  let tied: Int32Array | undefined
  for (let i = 0; i < count; i++) {
    let where = largest === undefined ? -1 : largest[i]
    if (where < 0) {
      where = clearWinner(words, 2 * i * outputs, outputs)
      if (where < 0) {
        const from = i * outputs
        const end = from + outputs
        where = largestOf(predictions, from, end)
        if (isTied(predictions, from + where, end)) {
          tied ??= new Int32Array(count)
          tied[i] = 1
        }
      }
      if (predicted === largest) predicted = largest.slice()
      predicted[i] = where
    }
    const difference = where ^ labelled[i]
    const isRight = 1 + ((difference | -difference) >> 31)
    correct[i] = isRight
    right += isRight
  }
  return { predicted, labelled, correct, right, tied }
}

/** The index of the largest number of a row if the high words, which order positive doubles as integers, settle it; else -1. */
function clearWinner(words: Int32Array, from: number, outputs: number): number {
  let top = words[from + 1] >> 1
  let where = 0
  for (let k = 1, at = from + 3; k < outputs; k++, at += 2) {
    const lead = top - (words[at] >> 1)
    if (lead === 0) return -1
    const isBeaten = lead >> 31
    top -= lead & isBeaten
    where += (k - where) & isBeaten
  }
  return top > 0 ? where : -1
}

function largestOf(predictions: Float64Array, from: number, end: number): number {
  let where = from
  for (let at = from + 1; at < end; at++) if (predictions[at] > predictions[where]) where = at
  return where - from
}

function isTied(predictions: Float64Array, where: number, end: number): boolean {
  for (let at = where + 1; at < end; at++) if (predictions[at] === predictions[where]) return true
  return false
}

/** Decides each output by its threshold: positive when the probability (or score) is greater, a target when above 1/2. */
export function decideBinary(
  predictions: Float64Array,
  outputs: number,
  targets: Float64Array,
  threshold: number,
  format: PredictionFormat,
): Decisions {
  // the sigmoid of such a logit is not rounded to 1/2
  const isHalf = format === 'logits' && threshold === 0.5
  const isFarFromHalf = (y: number) => isHalf && Math.abs(y) > 1e-9
  const count = targets.length / outputs
  const predicted = new Int32Array(targets.length)
  const labelled = new Int32Array(targets.length)
  const correct = new Int32Array(count)
  let right = 0
  for (let i = 0, at = 0; i < count; i++) {
    for (let k = 0; k < outputs; k++, at++) {
      const y = predictions[at]
      const isPositive = isFarFromHalf(y) ? y > 0 : scoreOf(y, format) > threshold
      const isLabelled = targets[at] > 0.5
      if (isPositive === isLabelled) correct[i]++
      predicted[at] = isPositive ? 1 : 0
      labelled[at] = isLabelled ? 1 : 0
    }
    right += correct[i]
  }
  return { predicted, labelled, correct, right, tied: undefined }
}

function scoreOf(y: number, format: PredictionFormat): number {
  return format === 'logits' ? sigmoid(y) : format === 'log-probabilities' ? exponential(y) : y
}
