import { roundTicks } from '../line-chart.js'

/**
 * Ticks of a logarithmic scale: powers of ten, and 2 and 5 times these where they are few.
 *
 * @param {number} low above 0
 * @param {number} high
 * @param {number} most how many, about
 */
export function logarithmicTicks(low, high, most) {
  const [from, to] = [Math.log10(low), Math.log10(high)]
  const decades = Array.from({ length: Math.ceil(to) - Math.floor(from) + 1 }, (_, at) => Math.floor(from) + at)
  const skip = Math.max(1, Math.round(decades.length / most))
  const digits = to - from < 1 ? [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9] : to - from < most / 2 ? [1, 2, 5] : [1]
  const ticks = decades
    .filter((decade) => decade % skip === 0)
    .flatMap((decade) => digits.map((digit) => Number((digit * 10 ** decade).toPrecision(2))))
    .filter((tick) => tick >= low && tick <= high)
  // a range between two digits has ticks as on a linear scale
  return ticks.length < 2 ? roundTicks(low, high, most) : ticks
}
