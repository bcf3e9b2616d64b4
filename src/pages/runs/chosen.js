/** @import { Run } from '../types.d.ts' */

/** The runs that are shown, by their names, in the order in which they were chosen. @type {Map<string, Run>} */
export const chosen = new Map()

/** Told when other runs are chosen, or one of them has changed. */
export const runsChanged = 'runschanged'

/** The name of a run in the colour that it has everywhere. @param {Run} run */
export function keyClass(run) {
  return `run-key run-${run.colour}`
}
