import { svg, text } from '../dom.js'
import { lineChart, roundTicks } from '../line-chart.js'
import { strings } from '../strings.js'

const words = strings.wall

/**
 * The losses of the digits drawn, as bars, and their mean, the estimate.
 *
 * @param {HTMLElement} element
 * @param {{ losses: number[], labels: number[], estimate: number, whole: number, highest: number }} drawn
 */
export function drawBars(element, { losses, labels, estimate, whole, highest }) {
  const hasNames = losses.length <= 20
  const across = {
    from: -0.5,
    to: losses.length - 0.5,
    ticks: hasNames ? labels.map((label, at) => /** @type {[number, string]} */ ([at, String(label)])) : [],
    name: words.drawn(losses.length),
  }
  const up = { from: 0, to: highest, ticks: roundTicks(0, highest), name: '\u2212 ln y' }
  lineChart(element, across, up, (x, y) => ({
    lines: losses.map((loss, at) =>
      bar(x(at - 0.35), x(at + 0.35), y(loss), y(0), { class: 'drawn-bar', 'data-loss': loss }),
    ),
    above: [
      level('estimate-line', words.estimate, x(across.from), x(across.to), y(estimate)),
      level('whole', words.whole, x(across.from), x(across.to), y(whole)),
      svg(
        'text',
        { class: 'label', x: x(across.to), y: y(Math.max(estimate, whole)) - 8, 'text-anchor': 'end' },
        `${words.mean} ${text(estimate, 4)}`,
      ),
    ],
  }))
}

/** So many bars has a histogram. */
const bins = 24

/**
 * A histogram of estimates, where the loss of all is, and how far estimates scatter by sigma / sqrt(n).
 *
 * @param {HTMLElement} element
 * @param {number[]} estimates
 * @param {{ whole: number, sigma: number, size: number }} expected
 */
export function drawHistogram(element, estimates, { whole, sigma, size }) {
  const spread = sigma / Math.sqrt(size)
  // the same scale for all sizes from 5, so that one sees that it gets narrow
  const reach = Math.max(3 * spread, (3 * sigma) / Math.sqrt(10))
  const [from, to] = [Math.max(0, whole - reach), whole + reach]
  const counts = new Array(bins).fill(0)
  for (const estimate of estimates) {
    const at = Math.floor(((estimate - from) / (to - from)) * bins)
    counts[Math.min(bins - 1, Math.max(0, at))]++
  }
  const most = Math.max(5, ...counts)
  const across = { from, to, ticks: roundTicks(from, to, 5), name: words.acrossEstimates }
  const up = { from: 0, to: most * 1.05, ticks: roundTicks(0, most, 3), name: words.upEstimates }
  lineChart(element, across, up, (x, y) => ({
    lines: [
      bar(x(whole - spread), x(whole + spread), y(most * 1.05), y(0), {
        class: 'spread',
        'data-spread': spread,
      }),
      ...counts.map((count, at) => {
        const [left, right] = [0, 1].map((side) => from + ((at + side) / bins) * (to - from))
        return bar(x(left) + 0.5, x(right) - 0.5, y(count), y(0), { class: 'bin', 'data-count': count })
      }),
      svg('path', { class: 'whole', 'data-name': words.whole, d: `M${x(whole)} ${y(most * 1.05)}V${y(0)}` }),
    ],
  }))
}

/**
 * @param {number} left
 * @param {number} right
 * @param {number} top
 * @param {number} bottom
 * @param {Record<string, string | number>} attributes
 */
function bar(left, right, top, bottom, attributes) {
  const size = { width: Math.max(1, right - left), height: Math.max(0, bottom - top) }
  return svg('rect', { ...attributes, x: left, y: top, ...size })
}

/**
 * @param {string} name
 * @param {string} legend
 * @param {number} from
 * @param {number} to
 * @param {number} height
 */
function level(name, legend, from, to, height) {
  return svg('path', { class: name, 'data-name': legend, d: `M${from} ${height}H${to}` })
}
