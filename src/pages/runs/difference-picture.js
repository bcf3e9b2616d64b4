/** @import { Stretch } from './stretch.js' */
/** @import { Point } from '../line-chart.js' */
import { svg } from '../dom.js'
import { lineChart, pathOf, roundTicks } from '../line-chart.js'
import { strings } from '../strings.js'

/**
 * Differences along the batches in their band, with a line at 0, where none is.
 *
 * @param {HTMLElement} element
 * @param {Stretch[]} stretches at least one
 */
export function drawDifferences(element, stretches) {
  const places = stretches.map(({ from, to, ...stretch }) => ({ ...stretch, x: (from + to) / 2 }))
  const edges = places.flatMap(({ mean, margin }) => [mean - (margin ?? 0), mean + (margin ?? 0)])
  const [low, high] = [Math.min(0, ...edges), Math.max(0, ...edges)]
  const room = (high - low) / 20 || 1
  const [first, last] = [stretches[0].from, stretches[stretches.length - 1].to]
  const across = {
    from: first,
    to: Math.max(last, first + 1),
    ticks: roundTicks(first, Math.max(last, first + 1), 5),
    name: strings.runs.byBatch,
  }
  const up = {
    from: low - room,
    to: high + room,
    ticks: roundTicks(low - room, high + room, 4),
    name: strings.paired.difference,
  }
  lineChart(element, across, up, (x, y) => {
    const edge = (/** @type {1 | -1} */ side) =>
      places.map(({ x: at, mean, margin }) => `${x(at).toFixed(1)} ${y(mean + side * (margin ?? 0)).toFixed(1)}`)
    const line = places.map(({ x: at, mean }) => /** @type {Point} */ ([at, mean]))
    return {
      lines: [
        svg('path', { class: 'band', d: `M${[...edge(1), ...edge(-1).toReversed()].join('L')}Z` }),
        svg('path', { class: 'whole', d: `M${x(across.from)} ${y(0)}H${x(across.to)}` }),
        svg('path', { class: 'line truth', d: pathOf(line, x, y) }),
      ],
    }
  })
}
