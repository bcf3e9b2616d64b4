/** @import { CalibrationBin, LossAnswer } from '../types.d.ts' */
import { el, number, svg, text } from '../dom.js'
import { csvFile, saves } from '../downloads.js'
import { lineChart, pathOf } from '../line-chart.js'
import { pictureFiles } from '../picture-files.js'
import { strings } from '../strings.js'

const words = strings.batch

/**
 * How often the model is right, by how sure it is.
 *
 * @param {NonNullable<LossAnswer['calibration']>} calibration
 */
export function calibrationPart({ bins, expectedCalibrationError }) {
  const plot = el('div', { class: 'drawing calibration-plot', role: 'img', 'aria-label': words.calibrationLabel })
  // it is drawn as soon as it has a size
  new ResizeObserver(() => drawBins(plot, bins)).observe(plot)
  return el(
    'div',
    {},
    el('h3', {}, words.calibrationTitle),
    plot,
    el('p', { class: 'note' }, ...words.calibrationNote(number(expectedCalibrationError, { digits: 4 }))),
    saves(words.calibrationTitle, 'calibration', {
      ...pictureFiles(() => [plot]),
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
