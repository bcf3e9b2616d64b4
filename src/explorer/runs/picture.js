/** @import { Scale } from './scales.js' */
/** @import { Series } from '../types.d.ts' */
import { svg } from '../dom.js'
import { linear, logarithmic } from './scales.js'

const margin = { left: 60, right: 16, top: 22, bottom: 44 }

/**
 * Learning curves over each other: of each run the groups as a thin line in a band of their standard errors, and all up
 * to there as a thick one.
 *
 * @param {{ width: number, height: number }} size in px
 * @param {Series[]} series
 * @param {{ isLogarithmic: boolean, mostValue?: number, across: string, up: string, tick: (x: number) => string, xUnit: number, value: (value: number) => string, empty: string }} axes
 */
export function picture({ width, height }, series, axes) {
  const inner = { width: Math.max(1, width - margin.left - margin.right), height: height - margin.top - margin.bottom }
  const x = scaleAcross(series, axes.xUnit, Math.max(2, Math.floor(inner.width / 110)))
  const y = scaleUp(series, axes, Math.max(2, Math.floor(inner.height / 56)))
  const left = (/** @type {number} */ value) => margin.left + x.share(value) * inner.width
  const top = (/** @type {number} */ value) => margin.top + (1 - (y?.share(value) ?? 0)) * inner.height
  const frame = svg('svg', { width, height, viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true' })
  for (const tick of x.ticks) {
    frame.append(
      svg('line', { class: 'grid', x1: left(tick), x2: left(tick), y1: margin.top, y2: height - margin.bottom }),
      label(left(tick), height - margin.bottom + 20, 'middle', axes.tick(tick)),
    )
  }
  for (const tick of y?.ticks ?? []) {
    frame.append(
      svg('line', { class: 'grid', x1: margin.left, x2: width - margin.right, y1: top(tick), y2: top(tick) }),
      label(margin.left - 8, top(tick) + 4, 'end', axes.value(tick)),
    )
  }
  frame.append(label(width - margin.right, height - 6, 'end', axes.across), label(4, 13, 'start', axes.up))
  if (y === undefined) {
    frame.append(label(margin.left + inner.width / 2, margin.top + inner.height / 2, 'middle', axes.empty))
    return { frame, left, top, x, y }
  }
  const clip = svg(
    'clipPath',
    { id: 'learning-clip' },
    svg('rect', { x: margin.left - 2, y: margin.top - 2, width: inner.width + 4, height: inner.height + 4 }),
  )
  const lines = svg('g', { 'clip-path': 'url(#learning-clip)' })
  for (const { colour, places, lines: which } of series) {
    const own = svg('g', { class: `run-${colour}` })
    if (which !== 'all') {
      own.append(svg('path', { class: 'band', d: bandOf(places, left, top, y) }))
      own.append(svg('path', { class: 'group', d: lineOf(places, ({ group }) => group, left, top, y) }))
    }
    if (which !== 'groups') {
      own.append(svg('path', { class: 'cumulative', d: lineOf(places, ({ all }) => all, left, top, y) }))
    }
    lines.append(own)
  }
  frame.append(clip, lines)
  return { frame, left, top, x, y }
}

/** Where the drawing begins and ends across, in px. @param {number} width */
export function edges(width) {
  return [margin.left, width - margin.right]
}

/**
 * @param {number} x
 * @param {number} y
 * @param {string} anchor
 * @param {string} text
 */
function label(x, y, anchor, text) {
  return svg('text', { class: 'tick', x, y, 'text-anchor': anchor }, text)
}

/**
 * @param {Series[]} series
 * @param {number} unit in which ticks are round
 * @param {number} count
 */
function scaleAcross(series, unit, count) {
  const all = series.flatMap(({ places }) => [places[0]?.x, places.at(-1)?.x].filter((x) => x !== undefined))
  const low = Math.min(...all, Number.POSITIVE_INFINITY)
  const high = Math.max(...all, Number.NEGATIVE_INFINITY)
  if (!(high > low)) return linear(Math.min(low, 1) - 1, Math.max(high, 1), count)
  const { ticks, share } = linear(low / unit, high / unit, count)
  return {
    low,
    high,
    ticks: ticks.map((tick) => tick * unit),
    share: (/** @type {number} */ value) => share(value / unit),
  }
}

/**
 * @param {Series[]} series
 * @param {{ isLogarithmic: boolean, mostValue?: number }} axes
 * @param {number} count
 * @returns {Scale | undefined} undefined where there is nothing to show
 */
function scaleUp(series, { isLogarithmic, mostValue }, count) {
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
  if (low > high) return undefined
  if (isLogarithmic) return logarithmic(low / 1.1, high * 1.1, count)
  const room = low === high ? Math.abs(low) / 10 || 0.1 : (high - low) / 20
  return linear(
    low >= 0 ? Math.max(0, low - room) : low - room,
    Math.min(high + room, mostValue ?? Number.POSITIVE_INFINITY),
    count,
  )
}

/** @typedef {Series['places'][number]} Place */
/** @typedef {(value: number) => number} Position */

/**
 * A line through the values, with gaps where there are none.
 *
 * @param {Place[]} places
 * @param {(place: Place) => number | null} read
 * @param {Position} left
 * @param {Position} top
 * @param {Scale} y
 */
function lineOf(places, read, left, top, { low }) {
  let d = ''
  let isDrawing = false
  for (const place of places) {
    const value = read(place)
    // below a logarithmic scale there is nothing
    const isThere = value !== null && (value > 0 || low <= 0)
    if (isThere) d += `${isDrawing ? 'L' : 'M'}${left(place.x).toFixed(1)} ${top(value).toFixed(1)}`
    isDrawing = isThere
  }
  // a single place is a point
  return places.length === 1 && d !== '' ? `${d}h0` : d
}

/**
 * One standard error to each side of the groups.
 *
 * @param {Place[]} places
 * @param {Position} left
 * @param {Position} top
 * @param {Scale} y
 */
function bandOf(places, left, top, { low, high }) {
  let d = ''
  /** @type {Place[]} */
  let run = []
  const bounded = (/** @type {number} */ value) =>
    top(Math.min(high * 2, Math.max(value, low - (low > 0 ? low / 2 : high - low))))
  const close = () => {
    const at = (/** @type {Place} */ { x, group, error }, /** @type {1 | -1} */ sign) =>
      `${left(x).toFixed(1)} ${bounded(Number(group) + sign * Number(error)).toFixed(1)}`
    if (run.length > 1) {
      d += `M${run.map((place) => at(place, 1)).join('L')}L${run
        .toReversed()
        .map((place) => at(place, -1))
        .join('L')}Z`
    }
    run = []
  }
  for (const place of places) {
    if (place.group !== null && place.error !== null) run.push(place)
    else close()
  }
  close()
  return d
}
