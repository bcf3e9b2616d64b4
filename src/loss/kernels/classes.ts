import type { Rows } from './loss.ts'

/** The class of a row, which dense targets say by their 1. */
export function classOf({ classes, targets, outputs }: Rows, i: number): number {
  return classes === undefined ? targets.indexOf(1, i * outputs) - i * outputs : classes[i]
}
