/** @import { SweepAnswer } from '../types.d.ts' */
/** @import { Point } from '../line-chart.js' */
import { svg } from '../dom.js'
import { lineChart, pathOf, roundTicks, shares, tangentOf } from '../line-chart.js'

/**
 * One of the four charts, with the knob in it.
 *
 * @param {HTMLElement} element
 * @param {'loss' | 'lossSlope' | 'accuracy' | 'accuracySlope'} name
 * @param {SweepAnswer} answer
 * @param {number} at where the knob stands, an index of the values
 * @param {string} knob its name
 */
export function drawPanel(element, name, answer, at, knob) {
  const { values, accuracy } = answer
  const curve = answer[name]
  const [from, to] = [values[0], values[values.length - 1]]
  const across = { from, to, ticks: roundTicks(from, to), name: knob }
  const isStepped = name === 'accuracy'
  const points = values.map((value, place) => /** @type {Point} */ ([value, curve[place]]))
  const slope = name === 'loss' ? answer.lossSlope[at] : isStepped ? answer.accuracySlope[at] : null
  const [value, height] = [values[at], curve[at]]
  lineChart(element, across, scaleOf(name, curve), (x, y) => ({
    lines: [
      svg('path', { class: 'guide', d: `M${x(value)} 0V${element.clientHeight}` }),
      ...(name === 'accuracySlope' ? jumpsOf(values, accuracy, x, y) : []),
      svg('path', {
        class: `line ${isStepped || name === 'accuracySlope' ? 'truth' : 'accent'}`,
        d: pathOf(isStepped ? stepped(points) : points, x, y),
        'data-values': JSON.stringify(curve),
      }),
      ...(slope === null || height === null
        ? []
        : [svg('path', { class: 'tangent', d: tangentOf(value, height, slope, x, y, 60) })]),
    ],
    above: height === null ? [] : [svg('circle', { class: 'dot truth', cx: x(value), cy: y(height), r: 6 })],
  }))
}

/**
 * @param {string} name
 * @param {(number | null)[]} curve
 */
function scaleOf(name, curve) {
  if (name === 'accuracy') return { from: 0, to: 1.04, ticks: shares([0, 0.2, 0.4, 0.6, 0.8, 1]), name: '' }
  if (name === 'accuracySlope') return { from: -1, to: 1, ticks: /** @type {number[]} */ ([0]), name: '' }
  const finite = curve.filter((value) => value !== null)
  const [low, high] = [Math.min(0, ...finite), Math.max(...finite)]
  const room = 0.05 * (high - low)
  const from = low < 0 ? low - room : 0
  return { from, to: high + room, ticks: roundTicks(from, high + room), name: '' }
}

/**
 * The points with a jump half way between those of different heights.
 *
 * @param {Point[]} points
 * @returns {Point[]}
 */
function stepped(points) {
  return points.flatMap(([x, y], at) => {
    const [before, height] = points[at - 1] ?? [x, y]
    const middle = (before + x) / 2
    return y === height
      ? [/** @type {Point} */ ([x, y])]
      : [[middle, height], [middle, y], /** @type {Point} */ ([x, y])]
  })
}

/**
 * Where the accuracy jumps and has no slope: a stroke up or down.
 *
 * @param {number[]} values
 * @param {(number | null)[]} accuracy
 * @param {(value: number) => number} x
 * @param {(value: number) => number} y
 */
function jumpsOf(values, accuracy, x, y) {
  return values.flatMap((value, at) => {
    const rise = (accuracy[at] ?? 0) - (accuracy[at - 1] ?? accuracy[at] ?? 0)
    if (rise === 0) return []
    const place = x((value + values[at - 1]) / 2)
    return [svg('path', { class: 'jump', d: `M${place} ${y(0)}V${y(rise > 0 ? 1 : -1)}` })]
  })
}
