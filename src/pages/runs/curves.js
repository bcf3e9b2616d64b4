/** @import { CurvePoint, Run, Series, Settings } from '../types.d.ts' */
import { find, percent, text } from '../dom.js'
import { margin } from '../line-chart.js'
import { strings } from '../strings.js'
import { count } from './list.js'
import { drawCurves } from './picture.js'
import { smoothed } from './smooth.js'
import { zoom } from './zoom.js'

const words = strings.runs

/** Units of time, from the largest, in milliseconds. */
const units = /** @type {const} */ ({ days: 86_400_000, hours: 3_600_000, minutes: 60_000, seconds: 1000 })

/**
 * The learning curves of runs in a place, with a cursor that a pointer and the keyboard move.
 *
 * @param {HTMLElement} place
 * @param {{ runs: () => Iterable<Run>, settings: Settings, onCursor: () => void }} source
 */
export function curves(place, { runs, settings, onCursor }) {
  const drawing = find(place, '.learning-drawing', HTMLElement)
  const cursor = find(place, '.learning-cursor', HTMLInputElement)
  const line = find(place, '.learning-line', HTMLElement)
  /** The ends of the x axis. */
  let ends = { from: 0, to: 1 }
  const part = zoom(
    {
      plot: find(place, '.learning-plot', HTMLElement),
      cursor,
      mark: find(place, '.learning-chosen', HTMLElement),
      whole: find(place, '.learning-whole', HTMLButtonElement),
    },
    () => draw(),
  )

  /** The place of the cursor across; undefined at the end, where it begins. */
  const across = () => {
    const share = cursor.valueAsNumber / Number(cursor.max)
    return share === 1 ? undefined : ends.from + (ends.to - ends.from) * share
  }

  const draw = () => {
    const all = [...runs()]
    const series = all
      .map((run) => seriesOf(run, settings))
      .map((run) => ({ ...run, places: run.places.filter(({ x }) => part.has(x)) }))
    const span = Math.max(0, ...series.map(({ places }) => places.at(-1)?.x ?? 0))
    const unit = unitOf(span)
    const isShare = settings.show === 'accuracy'
    ends = drawCurves(drawing, series, {
      isLogarithmic: settings.scale === 'log',
      isShare,
      across: settings.by === 'time' ? words.since[unit] : settings.by === 'window' ? words.byWindow : words.byBatch,
      up: isShare ? strings.common.accuracy : strings.common.loss,
      unit: { batch: 1, time: units[unit], window: units.days }[settings.by],
      tick: (x) =>
        ({ batch: () => short.format(x), time: () => text(x / units[unit], 3), window: () => day.format(x) })[
          settings.by
        ](),
      value: (value) => (isShare ? percent(value, 2) : text(value, 3)),
      empty:
        all.length === 0
          ? words.chooseSome
          : settings.by === 'window' && all.every(({ windows = [] }) => windows.length === 0)
            ? words.noWindows
            : all.some(({ points }) => points.length > 0)
              ? words.nothing
              : words.noBatches,
    })
    part.drawn(ends)
    cursor.disabled = all.every(({ points }) => points.length === 0)
    moved()
  }

  const moved = () => {
    const x = across()
    line.hidden = x === undefined || cursor.disabled
    line.style.setProperty('--share', String(cursor.valueAsNumber / Number(cursor.max)))
    const said = [...runs()].flatMap((run) => {
      const point = pointAt(run)
      const value = settings.show === 'accuracy' ? point?.accuracy : point?.loss
      const shown = value === null || value === undefined ? strings.common.none : text(value, 4)
      return point === undefined ? [] : [words.spoken(run.name, count(point.toSequence), shown)]
    })
    cursor.setAttribute('aria-valuetext', said.join('; ') || words.noBatches)
    onCursor()
  }

  /** The point of a run at the cursor; its last one where the cursor is beyond. @param {Run} run @returns {CurvePoint | undefined} */
  const pointAt = (run) => {
    const x = across()
    const { places } = seriesOf(run, settings)
    return (x === undefined ? undefined : places.find((place) => place.x >= x))?.point ?? places.at(-1)?.point
  }

  cursor.addEventListener('input', moved)
  drawing.parentElement?.addEventListener('pointermove', ({ clientX, pointerType, buttons }) => {
    if (cursor.disabled || (pointerType !== 'mouse' && buttons === 0)) return
    const inner = drawing.clientWidth - margin.left - margin.right
    const share = (clientX - drawing.getBoundingClientRect().left - margin.left) / inner
    cursor.value = String(Math.round(Math.min(1, Math.max(0, share)) * Number(cursor.max)))
    moved()
  })
  drawing.parentElement?.addEventListener('pointerleave', ({ pointerType }) => {
    if (pointerType !== 'mouse' || document.activeElement === cursor) return
    cursor.value = cursor.max
    moved()
  })
  new ResizeObserver(draw).observe(drawing)

  let isDue = false
  return {
    pointAt,
    /** Shows the whole axis again, whose values may be of another kind now. */
    whole: part.reset,
    /** Draws before the next frame, however often it is called until then. */
    draw() {
      if (isDue) return
      isDue = true
      requestAnimationFrame(() => {
        isDue = false
        draw()
      })
    },
    /** The most points that can be distinguished. */
    points: () => Math.round(Math.min(1000, Math.max(200, drawing.clientWidth / 1.5))),
  }
}

const day = new Intl.DateTimeFormat(document.documentElement.lang, { month: 'short', day: 'numeric', timeZone: 'UTC' })
const short = new Intl.NumberFormat(document.documentElement.lang, { notation: 'compact', maximumFractionDigits: 2 })

/** The largest unit of which there are at least two. @param {number} milliseconds */
function unitOf(milliseconds) {
  const names = /** @type {(keyof typeof units)[]} */ (Object.keys(units))
  return names.find((name) => milliseconds >= 2 * units[name]) ?? 'seconds'
}

/**
 * @param {Run} run
 * @param {Settings} settings
 * @returns {Series}
 */
function seriesOf({ name, colour, points, windows = [], report }, { show, by, lines, smooth }) {
  const start = Date.parse(report?.createdAt ?? '')
  // the standard error is that of the mean
  const hasBand = show === 'loss' && report?.spec.reduction !== 'sum'
  const shown = by === 'window' ? windows : points
  const smoothLine = smoothed(
    shown.map((point) => point[show]),
    smooth,
  )
  return {
    name,
    colour,
    lines,
    places: shown.map((point, at) => ({
      x: by === 'batch' ? point.toSequence : Date.parse(point.createdAt) - (by === 'time' ? start : 0),
      group: point[show],
      error: hasBand ? point.standardError : null,
      smoothed: smoothLine[at],
      all: point.cumulative[show],
      point,
    })),
  }
}
