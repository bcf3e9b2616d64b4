/** @typedef {{ low: number, high: number, ticks: number[], share: (value: number) => number }} Scale where values lie: 0 at `low`, 1 at `high` */

/**
 * A linear scale that holds the values, with ticks at round numbers.
 *
 * @param {number} low
 * @param {number} high
 * @param {number} count about how many ticks
 * @returns {Scale}
 */
export function linear(low, high, count) {
  const step = roundStep((high - low) / count)
  const first = Math.ceil(low / step - 1e-9)
  const last = Math.floor(high / step + 1e-9)
  const ticks = Array.from({ length: last - first + 1 }, (_, at) => Number(((first + at) * step).toPrecision(12)))
  return { low, high, ticks, share: (value) => (value - low) / (high - low) }
}

/**
 * A logarithmic scale, with ticks at 1, 2 and 5 times powers of ten where these are few.
 *
 * @param {number} low above 0
 * @param {number} high
 * @param {number} count about how many ticks
 * @returns {Scale}
 */
export function logarithmic(low, high, count) {
  const [from, to] = [Math.log10(low), Math.log10(high)]
  const share = (/** @type {number} */ value) => (Math.log10(value) - from) / (to - from)
  const decades = Array.from({ length: Math.ceil(to) - Math.floor(from) + 1 }, (_, at) => Math.floor(from) + at)
  const skip = Math.max(1, Math.round(decades.length / count))
  const digits = to - from < 1 ? [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9] : to - from < count / 2 ? [1, 2, 5] : [1]
  const ticks = decades
    .filter((decade) => decade % skip === 0)
    .flatMap((decade) => digits.map((digit) => Number((digit * 10 ** decade).toPrecision(2))))
    .filter((tick) => tick >= low && tick <= high)
  // what lies between two digits has its ticks as on a linear scale
  return { low, high, ticks: ticks.length < 2 ? linear(low, high, count).ticks : ticks, share }
}

/** The next 1, 2, 2.5 or 5 times a power of ten. @param {number} step above 0 */
function roundStep(step) {
  const power = 10 ** Math.floor(Math.log10(step))
  return power * ([1, 2, 2.5, 5, 10].find((digit) => digit * power >= step * 0.999) ?? 10)
}
