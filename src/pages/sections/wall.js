/** @import { LossAnswer, Pixels } from '../types.d.ts' */
import { loadPixels, loadWeights } from '../digits.js'
import { find, number } from '../dom.js'
import { tellNumbers } from '../numbers.js'
import { keepState } from '../state.js'
import { strings } from '../strings.js'
import { themeChanged } from '../switches.js'
import { columnsFor, drawWall } from '../thumbnails.js'
import { logitsOf } from '../training/model.js'
import { seen, sleep } from '../training/service.js'
import { drawBars, drawHistogram } from '../wall/picture.js'
import { connect } from '../wire.js'

const words = strings.wall
const many = 100
const millisecondsBetween = 30

/** @typedef {{ seed: number, indices: number[], estimate: number }} Draw */

/**
 * Mini-batches drawn from a wall of digits: the losses of each average to an estimate, and the estimates make a histogram.
 *
 * @param {HTMLElement} section
 * @returns {Promise<void>} drawn
 */
export function mount(section) {
  const { ask, attempt } = connect(section)
  const form = find(section, '.wall-form', HTMLFormElement)
  const size = find(form, '[name=size]', HTMLSelectElement)
  const [all, once] = ['many', 'one'].map((name) => find(form, `.wall-${name}`, HTMLButtonElement))
  const canvas = find(section, '.wall-canvas', HTMLCanvasElement)
  const [bars, histogram] = ['bars', 'histogram'].map((name) => find(section, `.wall-${name}`, HTMLElement))
  /** @type {Pixels} */
  let pixels = { images: [], labels: [] }
  /** @type {number[]} */
  let losses = []
  let whole = Number.NaN
  let sigma = Number.NaN
  /** @type {Draw[]} */
  let draws = []
  /** @type {AbortController | undefined} what ends the drawing; undefined while there is none */
  let drawing

  const draw = () => {
    const last = draws.at(-1)
    if (last === undefined) return
    const chosen = new Set(last.indices)
    drawWall(canvas, pixels.images, columnsFor(canvas), (at) =>
      chosen.has(at) ? { colour: 'truth', strength: 1 } : { colour: 'ink', strength: 0.45 },
    )
    drawBars(bars, {
      losses: last.indices.map((row) => losses[row]),
      labels: last.indices.map((row) => pixels.labels[row]),
      estimate: last.estimate,
      whole,
      highest: Math.max(...losses),
    })
    const estimates = draws.map(({ estimate }) => estimate)
    drawHistogram(histogram, estimates, { whole, sigma, size: last.indices.length })
    find(section, '.wall-says', HTMLElement).replaceChildren(
      ...words.says(
        draws.length,
        number(spreadOf(estimates), { digits: 3, missing: '–' }),
        last.indices.length,
        number(sigma / Math.sqrt(last.indices.length), { digits: 3 }),
        number(whole, { digits: 4 }),
      ),
    )
    section.dataset.draws = String(draws.length)
  }

  /** @param {AbortSignal} signal */
  const drawNext = async (signal) => {
    const seed = draws.length + 1
    /** @type {{ indices: number[] }} */
    const { indices } = await ask(
      '/v1/mini-batches',
      { populationSize: losses.length, size: Number(size.value), seed, replacement: true },
      signal,
    )
    const estimate = indices.reduce((sum, row) => sum + losses[row], 0) / indices.length
    draws.push({ seed, indices, estimate })
    draw()
  }
  const showState = () => {
    all.textContent = drawing === undefined ? words.many : words.stop
  }
  const stop = () => {
    drawing?.abort()
    drawing = undefined
    showState()
  }
  /** @param {number} count */
  const take = (count) =>
    attempt(async () => {
      stop()
      const own = new AbortController()
      drawing = own
      showState()
      try {
        for (let left = count; left > 0; left--) {
          await seen(own.signal)
          await drawNext(own.signal)
          if (left > 1) await sleep(millisecondsBetween, own.signal)
        }
      } finally {
        if (drawing === own) stop()
      }
    })
  const begin = () => {
    draws = []
    return take(1)
  }

  form.addEventListener('change', begin)
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    if (drawing === undefined) take(many)
    else stop()
  })
  once.addEventListener('click', () => take(1))
  new ResizeObserver(draw).observe(bars)
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw)
  document.addEventListener(themeChanged, draw)
  tellNumbers(find(section, 'figure', HTMLElement), () => [
    ['seed', 'size', 'estimate'],
    ...draws.map(({ seed, indices, estimate }) => [seed, indices.length, estimate]),
  ])
  keepState(section, begin)

  return attempt(async () => {
    const [loaded, weights] = await Promise.all([loadPixels(), loadWeights()])
    pixels = loaded
    /** @type {LossAnswer} */
    const answer = await ask('/v1/loss', {
      loss: 'cross-entropy',
      labelFormat: 'index',
      predictionFormat: 'logits',
      include: ['perSample'],
      predictions: logitsOf(weights, pixels.images),
      labels: pixels.labels,
    })
    losses = (answer.perSample?.losses ?? []).map((loss) => loss ?? Number.NaN)
    whole = answer.loss ?? Number.NaN
    sigma = (answer.standardError ?? Number.NaN) * Math.sqrt(losses.length)
    await begin()
    all.disabled = once.disabled = false
  })
}

/** How far some estimates scatter; not known of fewer than two. @param {number[]} estimates */
function spreadOf(estimates) {
  if (estimates.length < 2) return null
  const mean = estimates.reduce((sum, each) => sum + each, 0) / estimates.length
  return Math.sqrt(estimates.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (estimates.length - 1))
}
