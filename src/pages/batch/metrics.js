/** @import { Metrics } from '../types.d.ts' */
import { el, number, scrolls, table } from '../dom.js'
import { csvOf, saves } from '../downloads.js'
import { strings } from '../strings.js'
import { whisker } from './whisker.js'

const words = strings.batch

/**
 * Numbers of the answer by their names there, one a row; of averages one for each kind.
 *
 * @param {string} title
 * @param {string} name of the part
 * @param {Metrics} metrics
 * @param {object} [intervals] of the same figures
 */
export function metricsPart(title, name, metrics, intervals) {
  const ends = new Map(Object.entries(intervals ?? {}).flatMap(([key, value]) => flat(key, value)))
  const rows = Object.entries(metrics)
    .flatMap(([key, value]) => flat(key, value))
    .map(([key, value]) => [
      el('code', {}, key),
      number(value),
      ...(intervals === undefined
        ? []
        : [intervalCell(value, ends.get(`${key}.interval[0]`) ?? null, ends.get(`${key}.interval[1]`) ?? null)]),
    ])
  const columns = [words.columnMetric, words.columnValue, ...(intervals === undefined ? [] : [words.columnInterval])]
  const shown = table(words.metricsCaption, columns, rows)
  return el(
    'details',
    { open: true, class: 'metrics' },
    el('summary', {}, title),
    scrolls(title, shown),
    saves(title, name, { csv: () => csvOf(shown) }),
  )
}

/**
 * @param {number | null} value
 * @param {number | null} low
 * @param {number | null} high
 */
function intervalCell(value, low, high) {
  if (value === null || low === null || high === null) return ''
  const scale = /** @type {const} */ ([Math.min(0, low), Math.max(1, high)])
  const ends = [number(low, { digits: 3 }), ' – ', number(high, { digits: 3 })]
  return el('span', { class: 'with-whisker' }, whisker(value, [low, high], scale), ...ends)
}

/**
 * @param {string} name
 * @param {unknown} value
 * @returns {[string, number | null][]}
 */
function flat(name, value) {
  if (value === null || typeof value === 'number') return [[name, value]]
  if (typeof value !== 'object') return []
  return Object.entries(value).flatMap(([key, inner]) =>
    flat(Array.isArray(value) ? `${name}[${key}]` : `${name}.${key}`, inner),
  )
}
