/** @import { TrainingOptions, TrainingRun } from '../types.d.ts' */

/** What can be chosen, and where it begins. */
export const choices = { size: [1, 10, 50, 200, 900], rate: [0.01, 0.1, 0.5, 2, 10, 50] }
const first = { size: 50, rate: 0.5, seed: 1 }

/** A run ends here; a seed has no more steps of its own. */
export const mostSteps = 1000

/** @type {Record<keyof TrainingOptions, string>} */
const names = { size: 'trainSize', rate: 'trainRate', seed: 'trainSeed' }
const item = 'training'

/** The options that the address has, where they can be chosen. @returns {TrainingOptions} */
export function optionsOfAddress() {
  const query = new URLSearchParams(location.search)
  const of = (/** @type {keyof TrainingOptions} */ name) => Number(query.get(names[name]) ?? Number.NaN)
  const [size, rate, seed] = [of('size'), of('rate'), of('seed')]
  return {
    size: choices.size.includes(size) ? size : first.size,
    rate: choices.rate.includes(rate) ? rate : first.rate,
    seed: isSeed(seed) ? seed : first.seed,
  }
}

/** @param {number} seed */
export function isSeed(seed) {
  return Number.isInteger(seed) && seed >= 0 && seed < 10_000
}

/** Makes the address have them. @param {TrainingOptions} options */
export function keepInAddress(options) {
  const address = new URL(location.href)
  for (const name of /** @type {(keyof TrainingOptions)[]} */ (Object.keys(names))) {
    address.searchParams.set(names[name], String(options[name]))
  }
  history.replaceState(history.state, '', address)
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
    // a browser that keeps nothing begins anew after a reload
  }
}

/** The run with these options that this tab had before a reload. @param {TrainingOptions} options */
export function keptRun(options) {
  try {
    const run = /** @type {TrainingRun | null} */ (JSON.parse(sessionStorage.getItem(item) ?? 'null'))
    return run !== null && nameOf(run.options) === nameOf(options) ? run : undefined
  } catch {
    return undefined
  }
}
