import { svg, text } from '../dom.js'
import { lineChart, roundTicks } from '../line-chart.js'
import { strings } from '../strings.js'

/**
 * @typedef {object} Estimate
 * @property {number} size
 * @property {number} seed
 * @property {number} place of the seed among those of its size, 0 to 1
 * @property {number} loss
 * @property {number} margin half the interval
 * @property {boolean} covers
 */

const words = strings['mini-batches']

/**
 * Estimates with their intervals over the size of the mini-batch, and the loss of the whole as a line.
 *
 * @param {HTMLElement} element
 * @param {number[]} sizes
 * @param {Estimate[]} estimates
 * @param {number} whole
 */
export function drawEstimates(element, sizes, estimates, whole) {
  const decade = Math.log10
  const across = {
    from: decade(sizes[0]) - 0.12,
    to: decade(sizes[sizes.length - 1]) + 0.12,
    ticks: sizes.map((size) => /** @type {[number, string]} */ ([decade(size), String(size)])),
    name: words.across,
  }
  const ends = [0, whole, ...estimates.flatMap(({ loss, margin }) => [loss - margin, loss + margin])]
  const [low, high] = [Math.min(...ends), 1.04 * Math.max(...ends)]
  const from = low < 0 ? 1.04 * low : 0
  lineChart(element, across, { from, to: high, ticks: roundTicks(from, high, 8), name: words.up }, (x, y) => ({
    lines: estimates.map((estimate) => {
      const { size, seed, loss, margin, covers } = estimate
      const at = x(decade(size * 1.55 ** (estimate.place - 0.45)))
      const data = { 'data-size': size, 'data-seed': seed, 'data-loss': loss, 'data-margin': margin }
      return svg(
        'g',
        { class: `estimate ${covers ? 'accent' : 'truth'}`, ...data },
        svg('title', {}, words.hover(size, seed, text(loss, 4), text(margin, 2))),
        svg('path', {
          class: 'error-bar',
          'data-name': covers ? words.covers : words.misses,
          d: `M${at} ${y(loss - margin)}V${y(loss + margin)}`,
        }),
        covers
          ? svg('circle', { class: 'mark', cx: at, cy: y(loss), r: 3 })
          : svg('path', { class: 'mark', d: `M${at} ${y(loss) - 4.5}l4.5 4.5l-4.5 4.5l-4.5 -4.5z` }),
      )
    }),
    above: [
      svg('path', { class: 'whole', 'data-name': words.all, d: `M${x(across.from)} ${y(whole)}H${x(across.to)}` }),
    ],
  }))
}
