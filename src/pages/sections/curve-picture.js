import { svg, text } from '../dom.js'
import { lineChart, pathOf } from '../line-chart.js'
import { strings } from '../strings.js'

const words = strings.curve

const across = { from: 0, to: 1, ticks: [0, 0.2, 0.4, 0.6, 0.8, 1], name: words.across }
const up = { from: 0, to: 7, ticks: [0, 1, 2, 3, 4, 5, 6, 7], name: words.up }

/**
 * Draws the curve, and the sample as a point on it.
 *
 * @param {HTMLElement} element
 * @param {{ y: number, loss: number }[]} curve
 * @param {{ y: number, loss: number } | undefined} point
 */
export function drawCurve(element, curve, point) {
  lineChart(element, across, up, (x, y) => ({
    lines: [
      svg('path', {
        class: 'line accent',
        d: pathOf(
          curve.map(({ y: at, loss }) => [at, loss]),
          x,
          y,
        ),
        'data-losses': JSON.stringify(curve.map(({ loss }) => loss)),
      }),
    ],
    above: point === undefined ? [] : pointParts(point.loss, x(point.y), y(point.loss), x(0), y(0), x(1)),
  }))
}

/**
 * @param {number} loss
 * @param {number} x
 * @param {number} y
 * @param {number} left
 * @param {number} bottom
 * @param {number} right
 */
function pointParts(loss, x, y, left, bottom, right) {
  return [
    svg('path', { class: 'guide', d: `M${left} ${y}H${x}V${bottom}` }),
    svg('circle', { class: 'halo', cx: x, cy: y, r: 15 }),
    svg('circle', { class: 'point', cx: x, cy: y, r: 8, 'data-loss': loss }),
    svg(
      'text',
      { class: 'label', x: Math.min(x + 16, right - 94), y: Math.max(y - 20, 18) },
      words.point(text(loss, 4)),
    ),
  ]
}
