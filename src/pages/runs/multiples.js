/** @import { Group, LearningCurve, Run } from '../types.d.ts' */
/** @import { Point } from '../line-chart.js' */
import { answerOf, get, pool } from '../api.js'
import { el, find, number, svg } from '../dom.js'
import { lineChart, pathOf, roundTicks } from '../line-chart.js'
import { strings } from '../strings.js'

/** So many groups are drawn, those with the greatest losses. */
const most = 12
const points = 60

/**
 * The curve of each group in a picture of its own, beside that of the whole run, all on one scale.
 *
 * @param {HTMLElement} place
 * @param {Run} run
 */
export async function showMultiples(place, { name, points: whole, report }) {
  const groups = (report?.groups ?? [])
    .flatMap((grouping) => grouping.groups)
    .filter(({ loss }) => loss !== null)
    .toSorted((one, other) => Number(other.loss) - Number(one.loss))
    .slice(0, most)
  place.hidden = groups.length === 0
  if (groups.length === 0) return place.replaceChildren()
  /** @type {Map<Group, Point[]>} */
  const curves = new Map()
  const tasks = groups.map((group) => async () => {
    const query = new URLSearchParams({ points: String(points), group: JSON.stringify(group.key) })
    /** @type {LearningCurve} */
    const curve = answerOf(await get(`/v1/evaluations/${name}/curve?${query}`))
    curves.set(group, lineOf(curve.points))
  })
  await pool(2, tasks)
  const all = lineOf(whole)
  const highest = Math.max(...[all, ...curves.values()].flat().map(([, loss]) => loss ?? 0))
  const figures = groups.map((group) => figureOf(group))
  place.replaceChildren(
    el('h3', {}, strings.figures.multiples),
    el('p', { class: 'note' }, strings.figures.multiplesNote(groups.length)),
    el('div', { class: 'multiples' }, ...figures),
  )
  groups.forEach((group, at) => {
    draw(find(figures[at], '.drawing', HTMLElement), curves.get(group) ?? [], all, highest)
  })
}

/** @param {LearningCurve['points']} curve @returns {Point[]} */
function lineOf(curve) {
  return curve.map(({ toSequence, loss }) => [toSequence, loss])
}

/** @param {Group} group */
function figureOf({ key, loss }) {
  const said = Object.entries(key).map(([column, value]) => `${column} ${value}`)
  return el(
    'figure',
    {},
    el('figcaption', {}, `${said.join(', ')} `, number(loss, { digits: 4 })),
    el('div', { class: 'drawing' }),
  )
}

/**
 * @param {HTMLElement} element
 * @param {Point[]} curve
 * @param {Point[]} whole
 * @param {number} highest
 */
function draw(element, curve, whole, highest) {
  const last = Math.max(2, ...whole.map(([at]) => at))
  const across = { from: 1, to: last, ticks: [1, last], name: '' }
  const up = { from: 0, to: highest * 1.05 || 1, ticks: roundTicks(0, highest || 1, 2), name: '' }
  lineChart(element, across, up, (x, y) => ({
    lines: [
      svg('path', { class: 'line whole-run', d: pathOf(whole, x, y) }),
      svg('path', { class: 'line accent', d: pathOf(curve, x, y) }),
    ],
  }))
}
