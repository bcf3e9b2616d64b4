import type { Numbers } from './numbers.ts'
import type { InvalidContent } from './validation-errors.ts'

/** One element that is not a number. `path` are the indices from the tensor's root. */
export interface NonNumericElement {
  readonly path: readonly number[]
  readonly received: string | boolean | null
}

/** The first place where the arrays are not a tensor of rank 0, 1 or 2. */
export interface ShapeError {
  readonly path: readonly number[]
  readonly detail: string
  readonly received: string
}

/** The different texts in a tensor. NaN stands for each of them in its numbers, marked with the code of the text, from 1 on. */
export interface Names {
  /** The text of each code; the first belongs to code 1. A text is cut one character after the length of the longest name. */
  readonly texts: readonly string[]
  /** Whether there are more than `mostTexts`; those have the code 0. */
  readonly isOverfull: boolean
  /** What is wrong with the labels unless names are declared, where that is more than that texts are not numbers. */
  readonly refusal?: InvalidContent | undefined
  /** Whether the format has no types, so that numbers in it may have been meant as names. */
  readonly areUntyped?: boolean | undefined
  /** Bytes that are reserved for the texts. */
  readonly reserved: number
}

/**
 * Dense row-major numbers: shape `[]` one number, `[N]` a list, `[N, K]` rows. Foreign elements are NaN in `data`, which then has
 * doubles; the first 20 of them are in `nonNumeric`.
 */
export interface Tensor {
  readonly data: Numbers
  readonly shape: readonly number[]
  readonly nonNumeric: readonly NonNumericElement[]
  readonly nonNumericCount: number
  readonly shapeError?: ShapeError
  /** The texts in it, where they are distinguished: those of labels may be names of classes. */
  readonly names?: Names | undefined
}

/** A tensor of doubles, or a block of one: the numbers from `start` on, in the shape of all. */
export interface Doubles extends Tensor {
  readonly data: Float64Array
  readonly start?: number
}

export function hasDoubles(tensor: Tensor): tensor is Doubles {
  return tensor.data instanceof Float64Array
}

/** Whether a value is numbers that a body decoder has packed. */
export function isTensor(value: unknown): value is Tensor {
  return typeof value === 'object' && value !== null && 'data' in value && ArrayBuffer.isView(value.data)
}

/** What NaN has as its lowest bits where it stands for a truth value. */
export const truthMarks = { false: 1, true: 2 } as const

/** Makes 0 and 1 of truth values, in place; returns whether all elements that are not numbers were such. */
export function readTruths({ data, nonNumericCount }: Tensor): boolean {
  if (nonNumericCount === 0 || !(data instanceof Float64Array)) return false
  const words = new Uint32Array(data.buffer, data.byteOffset, 2 * data.length)
  let truths = 0
  for (let at = 0; at < data.length; at++) {
    if (!Number.isNaN(data[at])) continue
    const mark = words[2 * at]
    if (mark !== truthMarks.false && mark !== truthMarks.true) continue
    data[at] = mark === truthMarks.true ? 1 : 0
    truths++
  }
  return truths === nonNumericCount
}
