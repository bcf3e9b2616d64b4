/** @import { Here, Point, Weights } from './model.js' */
import { percent, svg, text } from '../dom.js'
import { strings } from '../strings.js'
import { reach, side } from './model.js'

const words = strings.landscape

/** px around the ground for the names of its edges. */
const room = { side: 12, bottom: 22, top: 26 }
/** The loss of this height is at the top. */
const highestLoss = 6.5

/** @typedef {(weights: Weights, height: number) => [x: number, y: number]} Project weights, and a height from 0 to 1, to px */

/**
 * The loss over the two weights, with the ball, its way, and where each gradient would lead.
 *
 * @param {HTMLElement} element
 * @param {Point[]} points of the grid
 * @param {{ here: Here, way: Point[], full: Weights, batches: Weights[] }} state
 */
export function drawLoss(element, points, { here, way, full, batches }) {
  draw(element, (project) => {
    const heights = points.map(({ loss }) => loss / highestLoss)
    const over = (/** @type {Weights} */ weights) => project(weights, heightAt(heights, weights))
    const spot = project(here.weights, here.loss / highestLoss)
    return [
      ...smooth(points, heights, project, ({ loss }) => ({ 'data-loss': loss })),
      svg('path', { class: 'way', d: polyline(way.map(({ weights, loss }) => project(weights, loss / highestLoss))) }),
      ...batches.map((end) => arrow('arrow batch', words.batchArrow, alongGround(here.weights, end).map(over))),
      arrow('arrow full', words.fullArrow, alongGround(here.weights, full).map(over)),
      ...ball(spot, `${strings.common.loss} ${text(here.loss, 4)}`, element.clientWidth),
    ]
  })
}

/**
 * The accuracy over the same weights, each point a terrace.
 *
 * @param {HTMLElement} element
 * @param {Point[]} points of the grid
 * @param {Here} here
 */
export function drawAccuracy(element, points, here) {
  draw(element, (project) => [
    ...terraces(points, project),
    ...ball(
      project(here.weights, here.accuracy),
      `${strings.common.accuracy} ${percent(here.accuracy)}`,
      element.clientWidth,
    ),
  ])
}

/**
 * The ground seen from a corner above: w1 grows to the lower right, w2 to the upper right.
 *
 * @param {HTMLElement} element
 * @param {(project: Project) => SVGElement[]} content
 */
function draw(element, content) {
  const { clientWidth: width, clientHeight: height } = element
  if (width === 0) return
  const inner = height - room.top - room.bottom
  const across = Math.min(width - 2 * room.side, inner * 1.3)
  const deep = 0.5 * across
  const tall = Math.min(inner - deep, deep)
  const left = (width - across) / 2
  const top = room.top + (inner - deep - tall) / 2 + tall
  /** @type {Project} */
  const project = ([w1, w2], up) => {
    const [right, away] = [(w1 + reach) / (2 * reach), (reach - w2) / (2 * reach)]
    return [left + ((right - away + 1) / 2) * across, top + ((right + away) / 2) * deep - up * tall]
  }
  const name = (/** @type {string} */ content, /** @type {Weights} */ at, /** @type {string} */ anchor) => {
    const [x, y] = project(at, 0)
    return svg('text', { class: 'tick', x, y: y + 18, 'text-anchor': anchor }, content)
  }
  element.replaceChildren(
    svg(
      'svg',
      { class: 'chart landscape', width, height, viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true' },
      ...content(project),
      name('w\u2081 \u2198', [0.2 * reach, -1.05 * reach], 'end'),
      name('w\u2082 \u2197', [1.05 * reach, -0.2 * reach], 'start'),
    ),
  )
}

/**
 * Four-sided pieces between neighbouring points, the farthest first.
 *
 * @param {Point[]} points
 * @param {number[]} heights
 * @param {Project} project
 * @param {(point: Point) => Record<string, number>} data
 */
function* smooth(points, heights, project, data) {
  for (const [w1, w2] of fromBehind(side - 1)) {
    const corners = [
      [w1, w2],
      [w1 + 1, w2],
      [w1 + 1, w2 + 1],
      [w1, w2 + 1],
    ].map(([one, other]) => one * side + other)
    const mean = corners.reduce((sum, at) => sum + heights[at], 0) / 4
    const outline = corners.map((at) => project(points[at].weights, heights[at]))
    yield piece('ground', mean, outline, data(points[corners[0]]))
  }
}

/** @param {Point[]} points @param {Project} project */
function* terraces(points, project) {
  for (const [w1, w2] of fromBehind(side)) {
    const { weights, accuracy } = points[w1 * side + w2]
    const [left, right, near, far] = [weights[0] - 0.5, weights[0] + 0.5, weights[1] - 0.5, weights[1] + 0.5]
    const wall = (/** @type {Weights} */ one, /** @type {Weights} */ other, /** @type {number} */ low) =>
      low < accuracy
        ? [
            piece('wall', accuracy, [
              project(one, accuracy),
              project(other, accuracy),
              project(other, low),
              project(one, low),
            ]),
          ]
        : []
    // what stands before it, to the right and to the left, or the ground
    yield* wall([right, near], [right, far], points[(w1 + 1) * side + w2]?.accuracy ?? 0)
    yield* wall([left, near], [right, near], w2 === 0 ? 0 : points[w1 * side + w2 - 1].accuracy)
    /** @type {Weights[]} */
    const outline = [
      [left, near],
      [right, near],
      [right, far],
      [left, far],
    ]
    yield piece(
      'terrace',
      accuracy,
      outline.map((corner) => project(corner, accuracy)),
      { 'data-accuracy': accuracy },
    )
  }
}

/** Places of a grid, of which none hides one that comes after it. @param {number} count */
function* fromBehind(count) {
  for (let w1 = 0; w1 < count; w1++) for (let w2 = count - 1; w2 >= 0; w2--) yield/** @type {const} */ ([w1, w2])
}

/**
 * @param {string} name
 * @param {number} height from 0 to 1
 * @param {[number, number][]} outline
 * @param {Record<string, number>} data
 */
function piece(name, height, outline, data = {}) {
  const shape = svg('path', { class: name, d: `${polyline(outline)}Z`, ...data })
  shape.style.setProperty('--height', `${Math.round(100 * Math.min(1, height))}%`)
  return shape
}

/**
 * The height between points of the grid, for what is drawn over it.
 *
 * @param {number[]} heights
 * @param {Weights} weights
 */
function heightAt(heights, [w1, w2]) {
  const cell = (/** @type {number} */ weight) => Math.min(side - 2, Math.floor(weight + reach))
  const [i, j] = [cell(w1), cell(w2)]
  const [right, away] = [w1 + reach - i, w2 + reach - j]
  const at = (/** @type {number} */ one, /** @type {number} */ other) => heights[(i + one) * side + j + other]
  const near = at(0, 0) * (1 - right) + at(1, 0) * right
  const far = at(0, 1) * (1 - right) + at(1, 1) * right
  return near * (1 - away) + far * away
}

/** Some places from one to another. @param {Weights} from @param {Weights} to @returns {Weights[]} */
function alongGround(from, to) {
  const pieces = 8
  return Array.from({ length: pieces + 1 }, (_, at) => {
    const share = at / pieces
    return [from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])]
  })
}

/** @param {string} name @param {string} legend @param {[number, number][]} line */
function arrow(name, legend, line) {
  const [end, before] = [line[line.length - 1], line[line.length - 3]]
  const [dx, dy] = [end[0] - before[0], end[1] - before[1]]
  const length = Math.hypot(dx, dy)
  const head = Math.min(8, 2 * length)
  const wing = (/** @type {1 | -1} */ turn) => {
    const [along, aside] = [(dx * head) / length, (dy * head) / length]
    return [end[0] - along - (turn * aside) / 2, end[1] - aside + (turn * along) / 2]
  }
  const d = polyline(line) + (length > 0.5 ? `M${wing(1).join(' ')}L${end.join(' ')}L${wing(-1).join(' ')}` : '')
  return svg('path', { class: name, 'data-name': legend, d })
}

/** @param {[number, number]} place @param {string} says @param {number} width of the drawing */
function ball([x, y], says, width) {
  // in a narrow drawing, what it says stands above the middle
  const isNarrow = width < 300
  const isRight = x > 0.55 * width
  const anchor = isNarrow ? 'middle' : isRight ? 'end' : 'start'
  const place = isNarrow ? { x: width / 2, y: 16 } : { x: isRight ? x - 14 : x + 14, y: y - 12 }
  return [
    svg('circle', { class: 'ball', cx: x, cy: y - 6, r: 7 }),
    svg('text', { class: 'label', ...place, 'text-anchor': anchor }, says),
  ]
}

/** @param {(readonly number[])[]} places */
function polyline(places) {
  return places.map(([x, y], at) => `${at === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('')
}
