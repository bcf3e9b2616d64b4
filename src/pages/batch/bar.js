/** @import { Place } from '../line-chart.js' */
import { svg } from '../dom.js'

/**
 * A bar of a histogram.
 *
 * @param {Place} x
 * @param {Place} y
 * @param {number} low
 * @param {number} high
 * @param {number} count
 */
export function bar(x, y, low, high, count) {
  const size = { x: x(low) + 1, y: y(count), width: Math.max(1, x(high) - x(low) - 2), height: y(0) - y(count) }
  return svg('rect', { class: 'bar-of', ...size, 'data-count': count }, svg('title', {}, String(count)))
}
