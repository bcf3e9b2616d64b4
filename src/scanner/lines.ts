import type { Memory } from '../loss/memory.ts'
import { doublesIn } from '../loss/memory.ts'
import { NamesBuilder } from '../loss/names.ts'
import type { Tensor } from '../loss/tensor.ts'
import { labels, lines, memory as module, numbers, state } from './engine.ts'
import * as layout from './layout.ts'
import { tellTexts } from './texts.ts'

/** Lines of an NDJSON body that were read together, as one batch. */
export interface LineGroup {
  readonly lines: number
  readonly bytes: number
  /** Whether each line is one sample, its predictions a plain list: so only where outputs are classes. */
  readonly isOfSingles: boolean
  readonly predictions: Tensor
  readonly labels: Tensor
}

export const longestLine = layout.INPUT_CAPACITY

/**
 * Reads the whole lines at the beginning of some bytes that are plainly written `{"predictions": ..., "labels": ...}` and alike in
 * ranks and columns; `undefined` where the first is not: the scanner of documents can explain it.
 */
export function readLineGroup(bytes: Uint8Array, memory: Memory): LineGroup | undefined {
  const length = Math.min(bytes.length, layout.INPUT_CAPACITY)
  module.set(length === bytes.length ? bytes : bytes.subarray(0, length), layout.INPUT)
  const behind = lines(layout.INPUT, layout.INPUT + length)
  const count = state[layout.LINES]
  if (count === 0) return undefined
  const columns = state[layout.COLUMNS]
  const predictions = (state[layout.NUMBERS_END] - layout.NUMBERS) / 8
  const rows = predictions / columns
  return {
    lines: count,
    bytes: behind - layout.INPUT,
    isOfSingles: state[layout.RANK] === 1,
    predictions: tensorOf(numbers, predictions, [rows, columns], memory),
    labels: labelsOf(
      labels,
      (state[layout.LABELS_END] - layout.KEYS) / 8,
      state[layout.LABELS_RANK] === 2 ? [rows, columns] : [rows],
      memory,
    ),
  }
}

function labelsOf(from: Float64Array, length: number, shape: readonly number[], memory: Memory): Tensor {
  const names = new NamesBuilder(memory)
  const words = new Uint32Array(from.buffer, from.byteOffset, 2 * length)
  const nonNumericCount = tellTexts(words, length, names)
  const tensor = tensorOf(from, length, shape, memory)
  return nonNumericCount === 0 ? tensor : { ...tensor, nonNumericCount, names: names.names() }
}

function tensorOf(from: Float64Array, length: number, shape: readonly number[], memory: Memory): Tensor {
  const data = doublesIn(memory, length)
  data.set(from.subarray(0, length))
  return { data, shape, nonNumeric: [], nonNumericCount: 0 }
}
