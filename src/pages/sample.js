/** The textbook's sample: ten outputs, the third is true. */
export const tenClasses = [0.1, 0.05, 0.6, 0, 0.05, 0.1, 0, 0.1, 0, 0]
export const trueClass = 2

/** Its second one: the same truth, but the model says 7. */
export const saysSeven = [0.1, 0.05, 0.1, 0, 0.05, 0.1, 0, 0.6, 0, 0]

/**
 * The sample with another probability of one class; the others share the rest in their old proportions.
 *
 * @param {number} y
 * @param {number[]} sample
 * @param {number} place
 */
export function sampleWith(y, sample = tenClasses, place = trueClass) {
  const given = sample[place]
  if (y === given) return sample
  return sample.map((other, at) => (at === place ? y : (other * (1 - y)) / (1 - given)))
}

/** Tells the other sections that the sample has changed; `detail` is the ten outputs. */
export const sampleChanged = 'samplechanged'

let current = sampleOfAddress()

/** The sample as it was left. */
export function currentSample() {
  return current
}

/** @param {number[]} sample */
export function leaveSample(sample) {
  current = sample
  document.dispatchEvent(new CustomEvent(sampleChanged))
}

/** As a link to the curve left it. */
function sampleOfAddress() {
  const y = Number(new URLSearchParams(location.search).get('curve.y') ?? Number.NaN)
  return y > 0 && y <= 1 ? sampleWith(y) : tenClasses
}
