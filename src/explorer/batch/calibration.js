/** @import { CalibrationBin, Colours, LossAnswer } from '../types.d.ts' */
import { el, number } from '../dom.js'
import { csvFile, pngFile, saves, svgFile } from '../downloads.js'
import { axis, chart, svgOf } from '../plot.js'
import { strings } from '../strings.js'

const words = strings.batch

/**
 * How often the model is right, by how sure it is; `draw` when it stands in the page.
 *
 * @param {NonNullable<LossAnswer['calibration']>} calibration
 */
export function calibrationPart({ bins, expectedCalibrationError }) {
  const plot = el('div', { class: 'flat calibration-plot', role: 'img', 'aria-label': words.calibrationLabel })
  const part = el(
    'div',
    {},
    el('h3', {}, words.calibrationTitle),
    plot,
    el('p', { class: 'note' }, ...words.calibrationNote(number(expectedCalibrationError, { digits: 4 }))),
    saves(words.calibrationTitle, 'calibration', {
      png: async () => pngFile(await svgOf(plot)),
      svg: async () => svgFile(await svgOf(plot)),
      csv: () => csvFile([Object.keys(bins[0]), ...bins.map((bin) => Object.values(bin).map((value) => value ?? ''))]),
    }),
  )
  return { part, draw: chart(plot, (theme) => calibrationFigure(theme, bins)) }
}

/**
 * @param {Colours} theme
 * @param {CalibrationBin[]} bins
 */
function calibrationFigure(theme, bins) {
  const filled = bins.filter(({ count }) => count > 0)
  const most = Math.max(1, ...filled.map(({ count }) => count))
  return {
    data: [
      {
        type: 'scatter',
        mode: 'lines',
        name: 'ideal',
        x: [0, 1],
        y: [0, 1],
        hoverinfo: 'skip',
        line: { color: theme.soft, width: 1.5, dash: 'dot' },
      },
      {
        type: 'scatter',
        mode: 'lines+markers',
        name: 'bins',
        x: filled.map(({ meanConfidence }) => meanConfidence),
        y: filled.map(({ accuracy }) => accuracy),
        customdata: filled.map(({ count }) => count),
        line: { color: theme.accent, width: 1.5 },
        marker: {
          color: theme.accent,
          opacity: 1,
          size: filled.map(({ count }) => 6 + 16 * Math.sqrt(count / most)),
          line: { color: theme.paper, width: 1.5 },
        },
        hovertemplate: `${words.calibrationHover}<extra></extra>`,
      },
    ],
    layout: {
      margin: { l: 52, r: 16, t: 12, b: 46 },
      xaxis: axis(theme, words.confidence, { range: [-0.02, 1.04] }),
      yaxis: axis(theme, words.accuracy, { range: [-0.04, 1.08] }),
    },
  }
}
