/** @import { TrainingOptions, TrainingRun } from '../types.d.ts' */

/** A run ends here; a seed has no more steps of its own. */
export const mostSteps = 1000

const item = 'training'

/** @param {number} seed */
export function isSeed(seed) {
  return Number.isInteger(seed) && seed >= 0 && seed < 10_000
}

/**
 * The evaluation of a run. Runs with the same options have the same batches, so they are one evaluation.
 *
 * @param {TrainingOptions} options
 */
export function nameOf({ size, rate, seed }) {
  return `explore-softmax-size-${size}-rate-${rate}-seed-${seed}`
}

/** The seed of a step's mini-batch. @param {TrainingOptions} options @param {number} step */
export function seedOf({ seed }, step) {
  return seed * mostSteps + step
}

/** Keeps a run in this tab. @param {TrainingRun} run */
export function keepRun(run) {
  try {
    sessionStorage.setItem(item, JSON.stringify(run))
  } catch {
    // a browser that keeps nothing begins again after a reload
  }
}

/** The run with these options that this tab had before a reload. @param {TrainingOptions} options */
export function keptRun(options) {
  try {
    const run = /** @type {TrainingRun | null} */ (JSON.parse(sessionStorage.getItem(item) ?? 'null'))
    return run?.right !== undefined && nameOf(run.options) === nameOf(options) ? run : undefined
  } catch {
    return undefined
  }
}
