/** @import { TrainingRun } from '../types.d.ts' */
import { svg, text } from '../dom.js'
import { strings } from '../strings.js'

const words = strings.training
const margin = { left: 44, right: 12, top: 22, between: 40, bottom: 44 }

/** @typedef {(value: number) => number} Position */
/** @typedef {{ step: number, value: number }} Place */

/**
 * The accuracy in steps, and below it the loss: of each mini-batch as a thin line, of the whole as a thick one.
 *
 * @param {number} width
 * @param {number} height
 * @param {TrainingRun} run
 */
export function picture(width, height, { losses, accuracies, whole }) {
  const most = [50, 100, 200, 500].find((steps) => losses.length <= steps) ?? 1000
  const high = roundUp(Math.max(2.5, ...losses, ...whole.map(({ loss }) => loss)))
  const room = height - margin.top - margin.between - margin.bottom
  const across = (/** @type {number} */ step) => margin.left + (step / most) * (width - margin.left - margin.right)
  const upAccuracy = (/** @type {number} */ value) => margin.top + 0.35 * room * (1 - value)
  const upLoss = (/** @type {number} */ value) => height - margin.bottom - 0.65 * room * (value / high)
  const batches = (/** @type {number[]} */ values) => values.map((value, at) => ({ step: at, value }))
  return svg(
    'svg',
    { width, height, viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true' },
    ...axis(across, upAccuracy, most, [0, 0.5, 1], strings.common.accuracy),
    ...axis(
      across,
      upLoss,
      most,
      [0, 0.2, 0.4, 0.6, 0.8, 1].map((share) => share * high),
      strings.common.loss,
    ),
    ...[0, 0.2, 0.4, 0.6, 0.8, 1].map((share) =>
      svg(
        'text',
        { class: 'tick', x: across(share * most), y: height - margin.bottom + 20, 'text-anchor': 'middle' },
        String(share * most),
      ),
    ),
    svg('text', { class: 'tick', x: across(most / 2), y: height - 6, 'text-anchor': 'middle' }, words.across),
    line('batch', stairs(batches(accuracies), across, upAccuracy)),
    line(
      'whole accuracy',
      stairs(
        whole.map(({ step, accuracy }) => ({ step, value: accuracy })),
        across,
        upAccuracy,
      ),
    ),
    line('batch', straight(batches(losses), across, upLoss)),
    line(
      'whole',
      straight(
        whole.map(({ step, loss }) => ({ step, value: loss })),
        across,
        upLoss,
      ),
    ),
  )
}

/**
 * @param {Position} across
 * @param {Position} up
 * @param {number} most
 * @param {number[]} ticks
 * @param {string} name
 */
function axis(across, up, most, ticks, name) {
  return [
    ...ticks.flatMap((tick) => [
      svg('line', { class: 'grid', x1: across(0), x2: across(most), y1: up(tick), y2: up(tick) }),
      svg('text', { class: 'tick', x: across(0) - 8, y: up(tick) + 4, 'text-anchor': 'end' }, text(tick, 3)),
    ]),
    svg('text', { class: 'tick', x: across(0) + 4, y: up(ticks[ticks.length - 1]) - 6 }, name),
  ]
}

/** @param {string} kind @param {string} d */
function line(kind, d) {
  return svg('path', { class: `line ${kind}`, d })
}

/** @param {Place[]} places @param {Position} across @param {Position} up */
function straight(places, across, up) {
  const d = places.map(({ step, value }) => `${across(step).toFixed(1)} ${up(value).toFixed(1)}`).join('L')
  return places.length === 1 ? `M${d}h0.1` : d && `M${d}`
}

/** @param {Place[]} places @param {Position} across @param {Position} up */
function stairs(places, across, up) {
  return places
    .map(({ step, value }, at) =>
      at === 0
        ? `M${across(step).toFixed(1)} ${up(value).toFixed(1)}h0.1`
        : `H${across(step).toFixed(1)}V${up(value).toFixed(1)}`,
    )
    .join('')
}

/** The next 1, 2 or 2.5 times a power of ten, or 5 times. @param {number} value above 0 */
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value))
  return power * ([1, 2, 2.5, 5].find((digit) => digit * power >= value) ?? 10)
}
