/** @import { Metrics } from '../types.d.ts' */
import { el, number, scrolls, table } from '../dom.js'
import { csvOf, saves } from '../downloads.js'
import { strings } from '../strings.js'

const words = strings.batch

/**
 * Numbers of the answer by their names there, one a row; of averages one for each kind.
 *
 * @param {string} title
 * @param {string} name of the part
 * @param {Metrics} metrics
 */
export function metricsPart(title, name, metrics) {
  const rows = Object.entries(metrics)
    .flatMap(([key, value]) => flat(key, value))
    .map(([key, value]) => [el('code', {}, key), number(value)])
  const shown = table(words.metricsCaption, [words.columnMetric, words.columnValue], rows)
  return el(
    'details',
    { open: true, class: 'metrics' },
    el('summary', {}, title),
    scrolls(title, shown),
    saves(title, name, { csv: () => csvOf(shown) }),
  )
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
