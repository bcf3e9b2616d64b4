import type { Memory } from './memory.ts'
import { doublesIn } from './memory.ts'

/**
 * Numbers of the type in which they came, each of which is a double exactly. What runs over many of them reads them as doubles,
 * a block at a time: `widened`. So they take no more memory than their bytes, and loops know one type of array.
 */
export type Numbers<Buffer extends ArrayBufferLike = ArrayBufferLike> =
  | Float64Array<Buffer>
  | Float32Array<Buffer>
  | Int8Array<Buffer>
  | Uint8Array<Buffer>
  | Int16Array<Buffer>
  | Uint16Array<Buffer>
  | Int32Array<Buffer>
  | Uint32Array<Buffer>

/** A block of doubles, and that of another tensor beside it, fit the first-level cache. */
export const numbersPerBlock = 2 ** 11

export function areDoubles(numbers: Numbers | undefined): numbers is Float64Array | undefined {
  return numbers === undefined || numbers instanceof Float64Array
}

/** Where the numbers of a block become doubles; nothing for those that are. @param most that it has */
export function blockFor(numbers: Numbers | undefined, most: number, memory: Memory): Float64Array | undefined {
  return areDoubles(numbers) ? undefined : doublesIn(memory, most)
}

/** The numbers `[from, to)` as doubles, in `block` if they are none yet: good until it is used again. */
export function widened(numbers: Numbers, from: number, to: number, block?: Float64Array): Float64Array {
  if (numbers instanceof Float64Array) return from === 0 && to === numbers.length ? numbers : numbers.subarray(from, to)
  const doubles = block === undefined ? new Float64Array(to - from) : block.subarray(0, to - from)
  doubles.set(numbers.subarray(from, to))
  return doubles
}
