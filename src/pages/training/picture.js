/** @import { TrainingRun } from '../types.d.ts' */
/** @import { Point } from '../line-chart.js' */
import { svg } from '../dom.js'
import { lineChart, pathOf, shares } from '../line-chart.js'
import { strings } from '../strings.js'

const words = strings.training
const fifths = [0, 0.2, 0.4, 0.6, 0.8, 1]

/**
 * The accuracy of a run, step by step: of each mini-batch as a thin line, of the whole as a thick one.
 *
 * @param {HTMLElement} element
 * @param {TrainingRun} run
 */
export function drawAccuracy(element, run) {
  const up = { from: 0, to: 1.04, ticks: shares([0, 0.5, 1]), name: strings.common.accuracy }
  const whole = run.whole.map(({ step, accuracy }) => /** @type {Point} */ ([step, accuracy]))
  draw(element, run, up, numbered(run.accuracies), whole, 'truth')
}

/** The loss of a run in the same way. @param {HTMLElement} element @param {TrainingRun} run */
export function drawLoss(element, run) {
  const high = roundUp(Math.max(2.5, ...run.losses, ...run.whole.map(({ loss }) => loss)))
  const up = { from: 0, to: high, ticks: fifths.map((share) => share * high), name: strings.common.loss }
  const whole = run.whole.map(({ step, loss }) => /** @type {Point} */ ([step, loss]))
  draw(element, run, up, numbered(run.losses), whole, 'accent')
}

/**
 * @param {HTMLElement} element
 * @param {TrainingRun} run
 * @param {import('../line-chart.js').Scale} up
 * @param {Point[]} batches
 * @param {Point[]} whole
 * @param {string} colour
 */
function draw(element, { losses }, up, batches, whole, colour) {
  const most = [50, 100, 200, 500].find((steps) => losses.length <= steps) ?? 1000
  const across = { from: 0, to: most, ticks: fifths.map((share) => share * most), name: words.across }
  lineChart(element, across, up, (x, y) => ({
    lines: [
      svg('path', { class: 'line batch', 'data-name': words.batch, d: pathOf(batches, x, y) }),
      svg('path', {
        class: `line whole-run ${colour}`,
        'data-name': `${words.whole}: ${up.name}`,
        d: pathOf(whole, x, y),
      }),
    ],
  }))
}

/** @param {number[]} values @returns {Point[]} */
function numbered(values) {
  return values.map((value, at) => [at, value])
}

/** The next 1, 2 or 2.5 times a power of ten, or 5 times. @param {number} value above 0 */
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value))
  return power * ([1, 2, 2.5, 5].find((digit) => digit * power >= value) ?? 10)
}
