import type { MiniBatch } from './spec.ts'

/** Draws an integer from 0 to `bound - 1`, each as likely as any other. */
export type UniformInteger = (bound: number) => number

/**
 * Row numbers of a random sample, in the order drawn. With replacement each draw is one uniform integer below
 * `populationSize`; without, they are the first `size` steps of a Fisher-Yates shuffle of 0 .. populationSize - 1 from
 * the front: draw i swaps position i with a uniform position from i up.
 *
 * @param populationSize rows to draw from, at least `size` without replacement
 */
export function drawRows(
  populationSize: number,
  { size, replacement }: Omit<MiniBatch, 'seed'>,
  uniform: UniformInteger,
): Int32Array {
  const rows = new Int32Array(size)
  if (replacement) {
    for (let i = 0; i < size; i++) rows[i] = uniform(populationSize)
    return rows
  }
  // only the positions that a swap has changed are kept
  const moved = new Map<number, number>()
  for (let i = 0; i < size; i++) {
    const at = i + uniform(populationSize - i)
    rows[i] = moved.get(at) ?? at
    moved.set(at, moved.get(i) ?? i)
  }
  return rows
}
