import type { Memory } from './memory.ts'
import { freeArrays, integersIn } from './memory.ts'
import type { MiniBatch } from './spec.ts'

/** Draws an integer from 0 to `bound - 1`, each as likely as any other. */
export type UniformInteger = (bound: number) => number

/** Bytes that drawing takes for each row: its number, and without replacement the entry of a Map that may have to grow. */
export const bytesPerDraw = { withReplacement: 4, withoutReplacement: 100 } as const

const drawsPerStep = 8192

/**
 * Row numbers of a random sample, in the order drawn. With replacement each draw is one uniform integer below
 * `populationSize`; without, they are the first `size` steps of a Fisher-Yates shuffle of 0 .. populationSize - 1 from
 * the front: draw i swaps position i with a uniform position from i up. It is drawn step by step, so that the caller may
 * do something else in between; who receives the rows frees them.
 *
 * @param populationSize rows to draw from, at least `size` without replacement
 */
export function* drawRows(
  populationSize: number,
  { size, replacement }: Omit<MiniBatch, 'seed'>,
  uniform: UniformInteger,
  memory: Memory,
): Generator<void, Int32Array> {
  const rows = integersIn(memory, size)
  let isDone = false
  try {
    const draws = replacement
      ? drawAll(rows, populationSize, uniform)
      : shuffleFront(rows, populationSize, uniform, memory)
    yield* draws
    isDone = true
    return rows
  } finally {
    if (!isDone) freeArrays(memory, rows)
  }
}

function* drawAll(rows: Int32Array, populationSize: number, uniform: UniformInteger): Generator<void, void> {
  for (let from = 0; from < rows.length; from += drawsPerStep) {
    const to = Math.min(from + drawsPerStep, rows.length)
    for (let i = from; i < to; i++) rows[i] = uniform(populationSize)
    yield
  }
}

function* shuffleFront(
  rows: Int32Array,
  populationSize: number,
  uniform: UniformInteger,
  memory: Memory,
): Generator<void, void> {
  const bytes = rows.length * (bytesPerDraw.withoutReplacement - bytesPerDraw.withReplacement)
  memory.reserve(bytes)
  try {
    // only the positions that a swap has changed are kept
    const moved = new Map<number, number>()
    for (let from = 0; from < rows.length; from += drawsPerStep) {
      const to = Math.min(from + drawsPerStep, rows.length)
      for (let i = from; i < to; i++) {
        const at = i + uniform(populationSize - i)
        rows[i] = moved.get(at) ?? at
        moved.set(at, moved.get(i) ?? i)
      }
      yield
    }
  } finally {
    memory.release(bytes)
  }
}
