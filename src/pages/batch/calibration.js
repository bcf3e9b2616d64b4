/** @import { CalibrationBin, LossAnswer } from '../types.d.ts' */
import { el, number, svg, text } from '../dom.js'
import { csvFile, saves } from '../downloads.js'
import { lineChart, pathOf, roundTicks } from '../line-chart.js'
import { pictureFiles } from '../picture-files.js'
import { strings } from '../strings.js'
import { bar } from './bar.js'

const words = strings.batch

/**
 * How often the model is right, by how sure it is.
 *
 * @param {NonNullable<LossAnswer['calibration']>} calibration
 */
export function calibrationPart({ bins, expectedCalibrationError }) {
  const plot = el('div', { class: 'drawing calibration-plot', role: 'img', 'aria-label': words.calibrationLabel })
  const histogram = el('div', { class: 'drawing confidence-plot', role: 'img', 'aria-label': words.histogramLabel })
  // both are drawn as soon as they have a size
  new ResizeObserver(() => {
    drawBins(plot, bins)
    drawCounts(histogram, bins)
  }).observe(plot)
  return el(
    'div',
    {},
    el('h3', {}, words.calibrationTitle),
    plot,
    histogram,
    el('p', { class: 'note' }, ...words.calibrationNote(number(expectedCalibrationError, { digits: 4 }))),
    saves(words.calibrationTitle, 'calibration', {
      ...pictureFiles(() => [plot, histogram]),
      csv: () => csvFile([Object.keys(bins[0]), ...bins.map((bin) => Object.values(bin).map((value) => value ?? ''))]),
    }),
  )
}

const ticks = [0, 0.2, 0.4, 0.6, 0.8, 1]

/**
 * Bins as points, the larger the more samples they have, and the line on which all would lie.
 *
 * @param {HTMLElement} element
 * @param {CalibrationBin[]} bins
 */
function drawBins(element, bins) {
  const filled = bins.filter(({ count }) => count > 0)
  const most = Math.max(1, ...filled.map(({ count }) => count))
  const across = { from: -0.03, to: 1.03, ticks, name: words.confidence }
  const up = { from: -0.04, to: 1.08, ticks, name: words.accuracy }
  lineChart(element, across, up, (x, y) => ({
    lines: [
      svg('path', { class: 'whole', d: `M${x(0)} ${y(0)}L${x(1)} ${y(1)}` }),
      svg('path', {
        class: 'line accent',
        d: pathOf(
          filled.map(({ meanConfidence, accuracy }) => [meanConfidence ?? 0, accuracy]),
          x,
          y,
        ),
      }),
    ],
    above: filled.map(({ count, meanConfidence, accuracy }) =>
      svg(
        'circle',
        {
          class: 'dot accent',
          cx: x(meanConfidence ?? 0),
          cy: y(accuracy ?? 0),
          r: 3 + 8 * Math.sqrt(count / most),
          'data-bin': JSON.stringify([meanConfidence, accuracy, count]),
        },
        svg('title', {}, words.calibrationHover(text(meanConfidence ?? 0, 3), text(accuracy ?? 0, 3), count)),
      ),
    ),
  }))
}

/**
 * How many samples each bin has.
 *
 * @param {HTMLElement} element
 * @param {CalibrationBin[]} bins
 */
function drawCounts(element, bins) {
  const most = Math.max(1, ...bins.map(({ count }) => count))
  const across = { from: -0.03, to: 1.03, ticks, name: words.confidence }
  const up = { from: 0, to: 1.05 * most, ticks: roundTicks(0, most, 2), name: words.columnSamples }
  lineChart(element, across, up, (x, y) => ({
    lines: bins.map(({ lower, upper, count }) => bar(x, y, lower, upper, count)),
  }))
}
