/** @import { LossAnswer } from '../types.d.ts' */
/** @import { Source } from './rows.js' */
import { el, svg } from '../dom.js'
import { csvFile, saves } from '../downloads.js'
import { lineChart, roundTicks } from '../line-chart.js'
import { pictureFiles } from '../picture-files.js'
import { strings } from '../strings.js'
import { bar } from './bar.js'
import { histogramOf } from './histogram.js'
import { rowsOf } from './rows.js'

const words = strings.batch

/** So many points are drawn, of rows evenly spread over all. */
const most = 500

/**
 * What was predicted against what is true, and the residuals: predictions minus labels, as they were given.
 *
 * @param {LossAnswer} answer
 * @param {Source} source
 */
export async function residualsPart({ samples, outputs }, source) {
  const length = Math.min(samples, Math.ceil(most / outputs))
  const rows = Array.from({ length }, (_, at) => Math.floor((at * samples) / length))
  const [predictions, labels] = await Promise.all([rowsOf(source, 'predictions', rows), rowsOf(source, 'labels', rows)])
  const points = rows.flatMap((row, at) =>
    predictions[at].map((predicted, output) => ({
      row,
      predicted: Number(predicted),
      label: Number(labels[at][output]),
    })),
  )
  if (points.length === 0 || points.some(({ predicted, label }) => Number.isNaN(predicted - label))) return undefined
  const scatter = el('div', { class: 'drawing threshold-plot', role: 'img', 'aria-label': words.predictedLabel })
  const histogram = el('div', { class: 'drawing threshold-plot', role: 'img', 'aria-label': words.residualsTitle })
  new ResizeObserver(() => {
    drawPoints(scatter, points)
    drawResiduals(
      histogram,
      points.map(({ predicted, label }) => predicted - label),
    )
  }).observe(scatter)
  return el(
    'div',
    { class: 'residuals' },
    el('h3', {}, words.residualsTitle),
    el('div', { class: 'threshold-plots' }, scatter, histogram),
    el('p', { class: 'note' }, words.residualsNote(rows.length, samples)),
    saves(words.residualsTitle, 'residuals', {
      ...pictureFiles(() => [scatter, histogram]),
      csv: () =>
        csvFile([
          ['row', 'label', 'prediction', 'residual'],
          ...points.map(({ row, label, predicted }) => [row, label, predicted, predicted - label]),
        ]),
    }),
  )
}

/**
 * @param {HTMLElement} element
 * @param {{ predicted: number, label: number }[]} points
 */
function drawPoints(element, points) {
  const all = points.flatMap(({ predicted, label }) => [predicted, label])
  const [low, high] = [Math.min(...all), Math.max(...all)]
  const room = (high - low) / 20 || 1
  const scale = { from: low - room, to: high + room, ticks: roundTicks(low - room, high + room, 4) }
  lineChart(element, { ...scale, name: words.columnLabel }, { ...scale, name: words.columnDecision }, (x, y) => ({
    lines: [
      svg('path', { class: 'whole', d: `M${x(scale.from)} ${y(scale.from)}L${x(scale.to)} ${y(scale.to)}` }),
      ...points.map(({ predicted, label }) =>
        svg('circle', {
          class: 'dot accent',
          cx: x(label),
          cy: y(predicted),
          r: 3,
          'data-point': `${label} ${predicted}`,
        }),
      ),
    ],
  }))
}

/**
 * @param {HTMLElement} element
 * @param {number[]} residuals
 */
function drawResiduals(element, residuals) {
  const bins = histogramOf(residuals, 20)
  const highest = Math.max(...bins.map(({ count }) => count))
  const [from, to] = [bins[0].low, bins[bins.length - 1].high]
  const across = { from, to, ticks: roundTicks(from, to, 4), name: words.residual }
  const up = { from: 0, to: 1.05 * highest, ticks: roundTicks(0, highest, 3), name: words.columnSamples }
  lineChart(element, across, up, (x, y) => ({
    lines: [
      ...bins.map(({ low, high, count }) => bar(x, y, low, high, count)),
      svg('path', { class: 'whole', d: `M${x(0)} ${y(0)}V${y(up.to)}` }),
    ],
  }))
}
