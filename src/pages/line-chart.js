import { percent, svg } from './dom.js'

/**
 * @typedef {object} Scale
 * @property {number} from
 * @property {number} to
 * @property {(number | [number, string])[]} ticks values, with their texts where these are other
 * @property {string} name
 */

/** @typedef {(value: number) => number} Place a value's place in px */
/** @typedef {readonly [x: number, y: number | null | undefined]} Point */

/** px around the lines; a slider that lies over a chart has the same. */
export const margin = { left: 44, right: 16, top: 16, bottom: 44 }

/**
 * Draws a flat chart as SVG into an element, as large as this is: axes, and what the caller draws between them.
 *
 * @param {HTMLElement} element
 * @param {Scale} across
 * @param {Scale} up
 * @param {(x: Place, y: Place) => { lines: SVGElement[], above?: SVGElement[] }} draw lines are cut at the axes
 */
export function lineChart(element, across, up, draw) {
  const { clientWidth: width, clientHeight: height } = element
  const inner = { width: width - margin.left - margin.right, height: height - margin.top - margin.bottom }
  if (inner.width <= 0) return
  const x = (/** @type {number} */ value) =>
    margin.left + ((value - across.from) / (across.to - across.from)) * inner.width
  const y = (/** @type {number} */ value) => margin.top + ((up.to - value) / (up.to - up.from)) * inner.height
  const { lines, above = [] } = draw(x, y)
  const window = { x: margin.left, y: margin.top - 2, width: inner.width, height: inner.height + 4 }
  element.replaceChildren(
    svg(
      'svg',
      { class: 'chart', width, height, viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true' },
      ...axes(across, up, x, y),
      svg(
        'text',
        { class: 'tick', x: x((across.from + across.to) / 2), y: height - 6, 'text-anchor': 'middle' },
        across.name,
      ),
      svg('text', { class: 'tick', x: margin.left + 8, y: margin.top - 4 }, up.name),
      svg('svg', { ...window, viewBox: `${window.x} ${window.y} ${window.width} ${window.height}` }, ...lines),
      ...above,
    ),
  )
}

/**
 * @param {Scale} across
 * @param {Scale} up
 * @param {Place} x
 * @param {Place} y
 */
function* axes(across, up, x, y) {
  for (const tick of up.ticks) {
    const [value, name] = typeof tick === 'number' ? [tick, text(tick)] : tick
    yield svg('line', { class: 'grid', x1: x(across.from), x2: x(across.to), y1: y(value), y2: y(value) })
    yield svg('text', { class: 'tick', x: x(across.from) - 8, y: y(value) + 4, 'text-anchor': 'end' }, name)
  }
  for (const tick of across.ticks) {
    const [value, name] = typeof tick === 'number' ? [tick, text(tick)] : tick
    yield svg('line', { class: 'grid', x1: x(value), x2: x(value), y1: y(up.from), y2: y(up.to) })
    yield svg('text', { class: 'tick', x: x(value), y: y(up.from) + 20, 'text-anchor': 'middle' }, name)
  }
}

/** @param {number} value */
function text(value) {
  return String(Number(value.toPrecision(6))).replace('-', '\u2212')
}

/**
 * Some round values of a range, both ends within.
 *
 * @param {number} from
 * @param {number} to
 * @param {number} most how many, about
 */
export function roundTicks(from, to, most = 4) {
  const rough = (to - from) / most
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10)
  const first = Math.ceil(from / step)
  return Array.from({ length: Math.floor(to / step) - first + 1 }, (_, at) => (first + at) * step)
}

/**
 * Ticks of shares of 1.
 *
 * @param {number[]} ticks
 * @returns {[number, string][]}
 */
export function shares(ticks) {
  return ticks.map((tick) => [tick, percent(tick)])
}

/**
 * The path through points; it is broken where there is no value, and a point between two breaks is a short stroke.
 *
 * @param {Iterable<Point>} points
 * @param {Place} x
 * @param {Place} y
 */
export function pathOf(points, x, y) {
  let d = ''
  let joined = 0
  const end = () => {
    if (joined === 1) d += 'm-2 0h4'
    joined = 0
  }
  for (const [across, up] of points) {
    if (typeof up === 'number' && Number.isFinite(up)) {
      d += `${joined === 0 ? 'M' : 'L'}${x(across).toFixed(2)} ${y(up).toFixed(2)}`
      joined++
    } else end()
  }
  end()
  return d
}

/**
 * A short piece of the line of a slope through a point.
 *
 * @param {number} across
 * @param {number} up
 * @param {number} slope
 * @param {Place} x
 * @param {Place} y
 * @param {number} reach px to either side
 */
export function tangentOf(across, up, slope, x, y, reach) {
  const [dx, dy] = [x(1) - x(0), (y(1) - y(0)) * slope]
  const scale = reach / Math.hypot(dx, dy)
  const [cx, cy] = [x(across), y(up)]
  return `M${cx - dx * scale} ${cy - dy * scale}L${cx + dx * scale} ${cy + dy * scale}`
}
