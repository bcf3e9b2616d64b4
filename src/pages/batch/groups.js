/** @import { Group, Grouping } from '../types.d.ts' */
import { el, number, scrolls, table } from '../dom.js'
import { csvFile, saves } from '../downloads.js'
import { strings } from '../strings.js'
import { whisker } from './whisker.js'

const words = strings.batch
const z = 1.959963984540054

/** The groups of each grouping by one figure, the worst first. @param {Grouping[]} groupings */
export function groupsPart(groupings) {
  return el('div', { class: 'groups' }, el('h3', {}, words.groupsTitle), ...groupings.map(groupingPart))
}

/** @param {Grouping} grouping */
function groupingPart({ by, groups, differences }) {
  const title = words.groupsBy(by.join(', '))
  const figures = Object.keys(differences)
  const select = el('select', { 'aria-label': words.groupsFigure }, ...figures.map((name) => new Option(name, name)))
  if (figures.includes('accuracy')) select.value = 'accuracy'
  const place = el('div')
  const draw = () => place.replaceChildren(...barsOf(title, groups, select.value))
  select.addEventListener('change', draw)
  if (figures.length > 0) draw()
  return el('div', { class: 'grouping' }, el('p', {}, title, ' ', ...(figures.length > 0 ? [select] : [])), place)
}

/**
 * @param {string} title
 * @param {Group[]} groups
 * @param {string} figure
 */
function barsOf(title, groups, figure) {
  const rows = groups
    .map((group) => ({ group, value: figureIn(group, figure), interval: intervalIn(group, figure) }))
    .flatMap(({ value, ...row }) => (typeof value === 'number' ? [{ ...row, value }] : []))
    .toSorted((one, other) => (isLowerBetter(figure) ? other.value - one.value : one.value - other.value))
  const ends = rows.flatMap(({ value, interval }) => [value, ...(interval ?? [])])
  const scale = /** @type {const} */ ([Math.min(0, ...ends), Math.max(1, ...ends)])
  const shown = table(
    words.groupsCaption(figure),
    [words.columnGroup, words.columnSamples, figure, words.columnInterval],
    rows.map(({ group, value, interval }) => [
      nameOf(group),
      String(group.samples),
      number(value, { digits: 4 }),
      el(
        'span',
        { class: 'with-whisker' },
        whisker(value, interval, scale),
        ...(interval === null ? [] : [number(interval[0], { digits: 3 }), ' – ', number(interval[1], { digits: 3 })]),
      ),
    ]),
  )
  return [
    scrolls(title, shown),
    saves(title, 'groups', {
      csv: () =>
        csvFile([
          ['group', 'samples', figure, 'low', 'high'],
          ...rows.map(({ group, value, interval }) => [
            nameOf(group),
            group.samples,
            value,
            interval?.[0] ?? '',
            interval?.[1] ?? '',
          ]),
        ]),
    }),
  ]
}

/** @param {Group} group */
function nameOf({ key }) {
  return Object.values(key)
    .map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
    .join(', ')
}

/** @param {string} figure */
function isLowerBetter(figure) {
  return /(?:^|\.)(?:loss|rmse|maxError|perplexity|falsePositives|falseNegatives)$/.test(figure)
}

/**
 * What stands in an object at a path.
 *
 * @param {unknown} value
 * @param {string} path
 * @returns {unknown}
 */
function figureIn(value, path) {
  let found = value
  for (const step of path.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, step)) return undefined
    found = /** @type {Record<string, unknown>} */ (found)[step]
  }
  return found
}

/**
 * @param {Group} group
 * @param {string} figure
 * @returns {number[] | null}
 */
function intervalIn(group, figure) {
  if (figure === 'accuracy') return group.accuracyInterval
  if (figure === 'loss') {
    const { loss, standardError } = group
    return loss === null || standardError === null ? null : [loss - z * standardError, loss + z * standardError]
  }
  const interval = figureIn(group, `intervals.${figure}.interval`)
  return Array.isArray(interval) ? interval : null
}
