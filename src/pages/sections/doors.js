/** @import { LossAnswer } from '../types.d.ts' */
import { answerOf, get } from '../api.js'
import { find, svg } from '../dom.js'
import { logCurve } from '../log-curve.js'
import { strings } from '../strings.js'
import { connect } from '../wire.js'

const words = strings.doors

/** px of a thumbnail, which grows with its door. */
const size = { width: 240, height: 120, margin: 8 }

/** Probabilities of a small model, and the truth. */
const sample = {
  predictions: [0.92, 0.87, 0.81, 0.78, 0.74, 0.7, 0.63, 0.6, 0.55, 0.49, 0.44, 0.4, 0.34, 0.3, 0.22, 0.17, 0.12, 0.06],
  labels: [1, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0, 0, 0],
}

/**
 * The three doors, each with a thumbnail of what is behind it.
 *
 * @param {HTMLElement} section
 * @returns {Promise<void>} drawn
 */
export async function mount(section) {
  const { ask, attempt, show } = connect(section)
  const place = (/** @type {string} */ name) => find(section, `[data-door=${name}]`, HTMLElement)
  /** @param {string} path */
  const read = async (path) => {
    const exchange = await get(path)
    show(exchange)
    return answerOf(exchange)
  }

  const learn = async () => {
    const curve = await logCurve(ask, 61, 0.02)
    thumbnail(
      place('learn'),
      words.learnPicture,
      curve.map(({ y, loss }) => [y, loss]),
    )
  }

  const batch = async () => {
    /** @type {LossAnswer} */
    const { thresholds } = await ask('/v1/loss', {
      loss: 'binary-cross-entropy',
      labelFormat: 'binary',
      ...sample,
      thresholds: 101,
    })
    const points = thresholds?.perOutput[0].points ?? []
    thumbnail(place('batch'), words.batchPicture, [
      [0, 0],
      ...points.map(({ falsePositiveRate, recall }) => [falsePositiveRate ?? 0, recall ?? 0]).reverse(),
      [1, 1],
    ])
  }

  const runs = async () => {
    const { evaluations } = await read('/v1/evaluations?limit=1')
    if (evaluations.length === 0) {
      place('runs').textContent = words.noRun
      return
    }
    const { evaluation } = evaluations[0]
    const { points } = await read(`/v1/evaluations/${evaluation}/curve?points=60`)
    const drawn = points.flatMap((/** @type {{ loss: number | null }} */ { loss }, /** @type {number} */ at) =>
      loss === null ? [] : [[at, loss]],
    )
    thumbnail(place('runs'), words.runsPicture(evaluation), drawn)
  }

  await Promise.all([learn, batch, runs].map((draw) => attempt(draw)))
}

/**
 * A line without axes.
 *
 * @param {HTMLElement} place
 * @param {string} name what the picture shows, for those who do not see it
 * @param {number[][]} points
 */
function thumbnail(place, name, points) {
  const { width, height, margin } = size
  const scale = (/** @type {number} */ axis, /** @type {number} */ from, /** @type {number} */ to) => {
    const values = points.map((point) => point[axis])
    const least = Math.min(...values)
    const range = Math.max(...values) - least || 1
    return (/** @type {number} */ value) => from + ((value - least) / range) * (to - from)
  }
  const x = scale(0, margin, width - margin)
  const y = scale(1, height - margin, margin)
  const line = points.map(([across, up]) => `${x(across).toFixed(1)},${y(up).toFixed(1)}`).join(' ')
  place.replaceChildren(
    svg(
      'svg',
      { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': name },
      svg('polyline', { points: line }),
    ),
  )
}
