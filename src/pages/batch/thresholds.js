/** @import { Costs, LossAnswer, ThresholdPoint } from '../types.d.ts' */
import { el, number, svg, table } from '../dom.js'
import { csvFile, saves } from '../downloads.js'
import { lineChart, pathOf } from '../line-chart.js'
import { pictureFiles } from '../picture-files.js'
import { strings } from '../strings.js'

const words = strings.batch

/**
 * ROC and precision-recall curves, and what a threshold means: a slider moves it along both.
 *
 * @param {NonNullable<LossAnswer['thresholds']>} thresholds
 * @param {unknown} declared what wrong decisions cost
 */
export function thresholdsPart({ perOutput }, declared) {
  const costs = /** @type {Costs | undefined} */ (declared)
  const names = perOutput.map((_, at) => String(at))
  const select = el('select', { name: 'output' }, ...names.map((name) => new Option(name, name)))
  const slider = el('input', { type: 'range', name: 'threshold', min: 0, step: 1, 'aria-label': words.threshold })
  const roc = el('div', { class: 'drawing threshold-plot', role: 'img', 'aria-label': words.rocLabel })
  const recall = el('div', { class: 'drawing threshold-plot', role: 'img', 'aria-label': words.precisionLabel })
  const state = el('div', { class: 'threshold-state', role: 'status' })
  const best = el('p', { class: 'note' })

  const point = () => perOutput[select.selectedIndex].points[Number(slider.value)]
  const draw = () => {
    const { points } = perOutput[select.selectedIndex]
    drawCurve(roc, words.falsePositiveRate, words.recall, points, point(), rocOf)
    drawCurve(recall, words.recall, words.precision, points, point(), precisionOf)
    state.replaceChildren(stateOf(point(), costs))
  }
  const begin = () => {
    const { points, rocAuc, averagePrecision, best: found } = perOutput[select.selectedIndex]
    slider.max = String(points.length - 1)
    slider.value = String(
      Math.max(
        0,
        points.findIndex(({ threshold }) => threshold === found.f1?.threshold),
      ),
    )
    best.replaceChildren(
      ...words.areas(
        number(rocAuc.lower, { digits: 4 }),
        number(rocAuc.upper, { digits: 4 }),
        number(averagePrecision, { digits: 4 }),
      ),
    )
    draw()
  }
  slider.addEventListener('input', draw)
  select.addEventListener('change', begin)
  new ResizeObserver(draw).observe(roc)
  begin()
  return el(
    'div',
    { class: 'thresholds' },
    el('h3', {}, words.thresholdsTitle),
    ...(names.length > 1 ? [el('label', {}, words.output, ' ', select)] : []),
    el('div', { class: 'threshold-plots' }, roc, recall),
    best,
    el('label', { class: 'threshold-slider' }, words.threshold, ' ', slider),
    state,
    saves(words.thresholdsTitle, 'thresholds', {
      ...pictureFiles(() => [roc, recall]),
      csv: () => {
        const { points } = perOutput[select.selectedIndex]
        return csvFile([
          Object.keys(points[0]),
          ...points.map((each) => Object.values(each).map((value) => value ?? '')),
        ])
      },
    }),
  )
}

/** @param {ThresholdPoint} point @returns {[x: number | null, y: number | null]} */
function rocOf({ falsePositiveRate, recall }) {
  return [falsePositiveRate, recall]
}

/** @param {ThresholdPoint} point @returns {[x: number | null, y: number | null]} */
function precisionOf({ recall, precision }) {
  return [recall, precision]
}

const ticks = [0, 0.2, 0.4, 0.6, 0.8, 1]

/**
 * @param {HTMLElement} element
 * @param {string} across
 * @param {string} up
 * @param {ThresholdPoint[]} points
 * @param {ThresholdPoint} chosen
 * @param {(point: ThresholdPoint) => [x: number | null, y: number | null]} placeOf
 */
function drawCurve(element, across, up, points, chosen, placeOf) {
  const scale = { from: -0.03, to: 1.03, ticks }
  lineChart(element, { ...scale, name: across }, { ...scale, to: 1.08, name: up }, (x, y) => {
    const places = points.map(placeOf).flatMap(([a, b]) => (a === null ? [] : [/** @type {const} */ ([a, b])]))
    const [a, b] = placeOf(chosen)
    const mark = a === null || b === null ? [] : [svg('circle', { class: 'dot accent', cx: x(a), cy: y(b), r: 6 })]
    return { lines: [svg('path', { class: 'line accent', d: pathOf(places, x, y) })], above: mark }
  })
}

/**
 * The confusion at a threshold, and what follows from it.
 *
 * @param {ThresholdPoint} point
 * @param {Costs | undefined} costs
 */
function stateOf({ threshold, truePositives, falsePositives, trueNegatives, falseNegatives, f1, accuracy }, costs) {
  const cost =
    costs === undefined ? undefined : costs.falsePositive * falsePositives + costs.falseNegative * falseNegatives
  return table(
    words.thresholdCaption,
    [
      words.threshold,
      'TP',
      'FP',
      'TN',
      'FN',
      'F1',
      strings.common.accuracy,
      ...(cost === undefined ? [] : [words.cost]),
    ],
    [
      [
        number(threshold),
        ...[truePositives, falsePositives, trueNegatives, falseNegatives, f1, accuracy].map((value) =>
          number(value, { digits: 4 }),
        ),
        ...(cost === undefined ? [] : [number(cost)]),
      ],
    ],
  )
}
