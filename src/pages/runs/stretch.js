/** Of the normal distribution, for 95 %. */
const width = 1.96

/** @typedef {{ from: number, to: number, mean: number, margin: number | null }} Stretch of paired batches, by their number in the first run */

/**
 * Paired batches taken together: their mean difference by weight, and half its 95 % interval.
 *
 * @param {{ at: number, weight: number, difference: number }[]} pairs at least one
 * @returns {Stretch}
 */
export function stretchOf(pairs) {
  const sum = (/** @type {(pair: typeof pairs[number]) => number} */ of) =>
    pairs.reduce((all, pair) => all + of(pair), 0)
  const weights = sum(({ weight }) => weight)
  const mean = sum(({ weight, difference }) => weight * difference) / weights
  const squares = sum(({ weight, difference }) => (weight * (difference - mean)) ** 2)
  const n = pairs.length
  const margin = n < 2 ? null : (width * Math.sqrt((squares * n) / (n - 1))) / weights
  return { from: pairs[0].at, to: pairs[n - 1].at, mean, margin }
}
