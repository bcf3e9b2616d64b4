/** The textbook's sample: ten outputs, the third is true. */
export const tenClasses = [0.1, 0.05, 0.6, 0, 0.05, 0.1, 0, 0.1, 0, 0]
export const trueClass = 2

/**
 * The sample with another probability of its true class; the others share the rest in their old proportions.
 *
 * @param {number} y
 */
export function sampleWith(y) {
  const given = tenClasses[trueClass]
  if (y === given) return tenClasses
  return tenClasses.map((other, at) => (at === trueClass ? y : (other * (1 - y)) / (1 - given)))
}

/** Tells the other sections that the sample has changed; `detail` is the ten outputs. */
export const sampleChanged = 'samplechanged'

let current = tenClasses

/** The sample as it was left. */
export function currentSample() {
  return current
}

/** @param {number[]} sample */
export function leaveSample(sample) {
  current = sample
  document.dispatchEvent(new CustomEvent(sampleChanged))
}
