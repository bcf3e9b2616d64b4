/**
 * How many values lie in each of some equal bins, which reach from the least to the greatest and include 0.
 *
 * @param {readonly number[]} values at least one
 * @param {number} count of bins
 */
export function histogramOf(values, count) {
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)]
  const width = (high - low) / count || 1
  const bins = Array.from({ length: count }, (_, at) => ({
    low: low + at * width,
    high: low + (at + 1) * width,
    count: 0,
  }))
  for (const value of values) bins[Math.min(count - 1, Math.floor((value - low) / width))].count++
  return bins
}
