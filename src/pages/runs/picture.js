/** @import { Scale } from '../line-chart.js' */
/** @import { Series } from '../types.d.ts' */
import { svg } from '../dom.js'
import { lineChart, pathOf, roundTicks } from '../line-chart.js'
import { logarithmicTicks } from './ticks.js'

/** @typedef {Series['places'][number]} Place */

/**
 * Learning curves over each other: of each run the groups as a thin line in a band of their standard errors, these
 * smoothed as a thick one, and the mean since the start as a dotted one.
 *
 * @param {HTMLElement} element
 * @param {Series[]} series
 * @param {object} axes
 * @param {boolean} axes.isLogarithmic
 * @param {boolean} axes.isShare whether the values are shares of 1
 * @param {string} axes.across
 * @param {number} axes.unit of the x axis, in which its ticks are round
 * @param {(x: number) => string} axes.tick
 * @param {string} axes.up
 * @param {(value: number) => string} axes.value
 * @param {string} axes.empty what to say where there is nothing to draw
 * @returns {{ from: number, to: number }} the ends of the x axis
 */
export function drawCurves(element, series, { isLogarithmic, isShare, across, unit, tick, up, value, empty }) {
  const ends = endsAcross(series)
  const columns = Math.max(2, Math.floor(element.clientWidth / 110))
  const rows = Math.max(2, Math.floor(element.clientHeight / 50))
  const x = {
    ...ends,
    ticks: roundTicks(ends.from / unit, ends.to / unit, columns).map((at) => named(at * unit, tick(at * unit))),
    name: across,
  }
  const range = rangeOf(series, isLogarithmic)
  // an axis of nothing
  if (range === undefined) Object.assign(x, { ticks: [], name: '' })
  const [low, high] = range ?? [1, 2]
  const height = isLogarithmic ? Math.log10 : (/** @type {number} */ value) => value
  const room = (height(high) - height(low)) / 20 || Math.abs(height(low)) / 10 || 0.1
  // no loss or accuracy below 0 is drawn where there is none
  const from = !isLogarithmic && low >= 0 ? Math.max(0, low - room) : height(low) - room
  const to = isShare && !isLogarithmic ? Math.min(1, high + room) : height(high) + room
  const values = isLogarithmic ? logarithmicTicks(10 ** from, 10 ** to, rows) : roundTicks(from, to, rows)
  const y = {
    from,
    to,
    ticks: range === undefined ? [] : values.map((at) => named(height(at), value(at))),
    name: range === undefined ? '' : up,
  }
  lineChart(element, x, y, (left, top) => {
    const middle = { x: left((x.from + x.to) / 2), y: top((y.from + y.to) / 2), 'text-anchor': 'middle' }
    if (range === undefined) return { lines: [], above: [svg('text', { class: 'tick', ...middle }, empty)] }
    const place = (/** @type {number | null} */ value) =>
      value === null || (isLogarithmic && value <= 0) ? null : height(value)
    // a line of one place would hardly be seen
    const above = series.flatMap(({ colour, places }) => {
      const up = places.length === 1 ? place(places[0].group ?? places[0].all) : null
      return up === null
        ? []
        : [svg('circle', { class: `dot run-${colour}`, cx: left(places[0].x), cy: top(up), r: 5 })]
    })
    return { lines: series.map((run) => partsOf(run, place, left, top, y)), above }
  })
  return ends
}

/**
 * A tick with its text.
 *
 * @param {number} at
 * @param {string} text
 * @returns {[number, string]}
 */
function named(at, text) {
  return [at, text]
}

/**
 * @param {Series} run
 * @param {(value: number | null) => number | null} height
 * @param {(value: number) => number} left
 * @param {(value: number) => number} top
 * @param {Scale} up
 */
function partsOf({ name, colour, places, lines }, height, left, top, up) {
  const own = svg('g', { class: `run-${colour}` })
  const line = (/** @type {'group' | 'smoothed' | 'all'} */ which) =>
    pathOf(
      places.map((place) => /** @type {const} */ ([place.x, height(place[which])])),
      left,
      top,
    )
  if (lines !== 'all') {
    own.append(svg('path', { class: 'errors-band', d: bandOf(places, height, left, top, up) }))
    own.append(svg('path', { class: 'group', 'data-name': name, d: line('group') }))
    own.append(svg('path', { class: 'smoothed', 'data-name': name, d: line('smoothed') }))
  }
  if (lines !== 'groups') own.append(svg('path', { class: 'cumulative', 'data-name': name, d: line('all') }))
  return own
}

/**
 * One standard error to each side of the groups.
 *
 * @param {Place[]} places
 * @param {(value: number | null) => number | null} height
 * @param {(value: number) => number} left
 * @param {(value: number) => number} top
 * @param {Scale} up
 */
function bandOf(places, height, left, top, { from, to }) {
  let d = ''
  /** @type {Place[]} */
  let consecutive = []
  const beyond = to - from
  /** @param {Place} place @param {1 | -1} side */
  const at = ({ x, group, error }, side) => {
    const edge = height(Number(group) + side * Number(error)) ?? from - beyond
    return `${left(x).toFixed(1)} ${top(Math.min(to + beyond, Math.max(from - beyond, edge))).toFixed(1)}`
  }
  const close = () => {
    const upper = consecutive.map((place) => at(place, 1))
    const lower = consecutive.toReversed().map((place) => at(place, -1))
    if (upper.length > 1) d += `M${[...upper, ...lower].join('L')}Z`
    consecutive = []
  }
  for (const place of places) {
    if (place.group !== null && place.error !== null) consecutive.push(place)
    else close()
  }
  close()
  return d
}

/** @param {Series[]} series */
function endsAcross(series) {
  const ends = series.flatMap(({ places }) => [places[0]?.x, places.at(-1)?.x].filter((x) => x !== undefined))
  const [from, to] = [Math.min(...ends, Number.POSITIVE_INFINITY), Math.max(...ends, Number.NEGATIVE_INFINITY)]
  return to > from ? { from, to } : { from: Math.min(from, 1) - 1, to: Math.max(to, 1) }
}

/**
 * The least and the greatest value of what is shown; undefined where there is nothing.
 *
 * @param {Series[]} series
 * @param {boolean} isLogarithmic whether it must be above 0
 * @returns {[low: number, high: number] | undefined}
 */
function rangeOf(series, isLogarithmic) {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const { places, lines } of series) {
    for (const { group, all } of places) {
      for (const value of lines === 'both' ? [group, all] : [lines === 'all' ? all : group]) {
        if (value === null || (isLogarithmic && value <= 0)) continue
        if (value < low) low = value
        if (value > high) high = value
      }
    }
  }
  return low > high ? undefined : [low, high]
}
