import { svg, text } from '../dom.js'
import { strings } from '../strings.js'

const words = strings.curve

const margin = { left: 44, right: 16, top: 16, bottom: 44 }
const highest = 7

/**
 * The curve, and the sample as a point on it. The slider of the page lies over it with the same margins.
 *
 * @param {number} width
 * @param {number} height
 * @param {{ y: number, loss: number }[]} curve
 * @param {{ y: number, loss: number } | undefined} point
 */
export function picture(width, height, curve, point) {
  const across = (/** @type {number} */ y) => margin.left + y * (width - margin.left - margin.right)
  const up = (/** @type {number} */ loss) =>
    height - margin.bottom - (loss / highest) * (height - margin.top - margin.bottom)
  /** @type {SVGElement[]} */
  const parts = [...axes(height, across, up)]
  if (curve.length > 0) {
    const d = curve.map(({ y, loss }, at) => `${at === 0 ? 'M' : 'L'}${across(y).toFixed(2)} ${up(loss).toFixed(2)}`)
    parts.push(
      svg('path', { class: 'line', d: d.join(''), 'data-losses': JSON.stringify(curve.map(({ loss }) => loss)) }),
    )
  }
  if (point !== undefined) {
    const x = across(point.y)
    const y = up(point.loss)
    parts.push(
      svg('path', { class: 'guide', d: `M${across(0)} ${y}H${x}V${up(0)}` }),
      svg('circle', { class: 'halo', cx: x, cy: y, r: 15 }),
      svg('circle', { class: 'point', cx: x, cy: y, r: 8, 'data-loss': point.loss }),
      pointLabel(point.loss, x, y, width),
    )
  }
  return svg('svg', { width, height, viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true' }, ...parts)
}

/**
 * @param {number} loss
 * @param {number} x
 * @param {number} y
 * @param {number} width
 */
function pointLabel(loss, x, y, width) {
  return svg(
    'text',
    { class: 'label', x: Math.min(x + 16, width - 110), y: Math.max(y - 20, 18) },
    words.point(text(loss, 4)),
  )
}

/**
 * @param {number} height
 * @param {(y: number) => number} across
 * @param {(loss: number) => number} up
 */
function* axes(height, across, up) {
  for (let loss = 0; loss <= highest; loss++) {
    yield svg('line', { class: 'grid', x1: across(0), x2: across(1), y1: up(loss), y2: up(loss) })
    yield svg('text', { class: 'tick', x: across(0) - 8, y: up(loss) + 4, 'text-anchor': 'end' }, String(loss))
  }
  for (const y of [0, 0.2, 0.4, 0.6, 0.8, 1]) {
    yield svg('line', { class: 'grid', x1: across(y), x2: across(y), y1: up(0), y2: up(highest) })
    yield svg('text', { class: 'tick', x: across(y), y: up(0) + 20, 'text-anchor': 'middle' }, String(y))
  }
  yield svg('text', { class: 'tick', x: across(0.5), y: height - 6, 'text-anchor': 'middle' }, words.across)
  yield svg('text', { class: 'tick', x: across(0) + 8, y: margin.top - 4 }, words.up)
}
