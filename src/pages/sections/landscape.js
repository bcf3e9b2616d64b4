/** @import { Here, Point, Rows, Weights } from '../landscape/model.js' */
/** @import { LossAnswer } from '../types.d.ts' */
import { newest, pool } from '../api.js'
import { loadPixels } from '../digits.js'
import { find, number, share, text } from '../dom.js'
import { gradientOf, hereOf, landscapeRequest, pointRequest, pointsOf, rowsOf, stepped } from '../landscape/model.js'
import { drawAccuracy, drawLoss } from '../landscape/picture.js'
import { tellNumbers } from '../numbers.js'
import { keepState } from '../state.js'
import { strings } from '../strings.js'
import { seen, sleep } from '../training/service.js'
import { connect } from '../wire.js'

const words = strings.landscape

/** Mini-batches whose gradients are drawn; rolling takes one after the other. */
const seeds = 12
const mostSteps = 200
const millisecondsBetween = 120

/**
 * The loss of a model over its two weights, and its accuracy over the same.
 *
 * @param {HTMLElement} section
 * @returns {Promise<void>} drawn
 */
export function mount(section) {
  const { ask, attempt } = connect(section)
  const form = find(section, '.landscape-form', HTMLFormElement)
  const sliders = ['w1', 'w2'].map((name) => find(form, `[name=${name}]`, HTMLInputElement))
  const [size, rate] = ['size', 'rate'].map((name) => find(form, `[name=${name}]`, HTMLSelectElement))
  const [roll, once, back] = ['roll', 'step', 'back'].map((name) => find(form, `.landscape-${name}`, HTMLButtonElement))
  const plots = /** @type {const} */ (['loss', 'accuracy']).map((name) =>
    find(section, `.landscape-${name}`, HTMLElement),
  )
  /** @type {Rows} */
  let rows = { inputs: [], labels: [] }
  /** @type {Point[]} */
  let points = []
  /** Rows of each mini-batch; a smaller one is the first of them. @type {number[][]} */
  const draws = []
  /** @type {Here | undefined} */
  let here
  /** @type {Point[]} */
  let way = []
  /** @type {AbortController | undefined} what ends the rolling; undefined while there is none */
  let rolling
  let steps = 0

  /** @param {number} draw */
  const batchOf = (draw) =>
    Number(size.value) === rows.labels.length ? [...rows.labels.keys()] : draws[draw].slice(0, Number(size.value))
  /** @param {Here} at @param {number[]} batch */
  const after = (at, batch) => stepped(at.weights, gradientOf(at, batch), Number(rate.value))

  const draw = () => {
    if (here === undefined) return
    const at = here
    const full = after(at, [...rows.labels.keys()])
    drawLoss(plots[0], points, { here: at, way, full, batches: draws.map((_, draw) => after(at, batchOf(draw))) })
    drawAccuracy(plots[1], points, at)
  }
  const showState = () => {
    roll.textContent = rolling === undefined ? words.roll : words.pause
  }

  /** @param {Weights} weights @param {AbortSignal} [signal] */
  const goTo = async (weights, signal) => {
    /** @type {LossAnswer} */
    const answer = await ask('/v1/loss', pointRequest(rows, weights), signal)
    here = hereOf(rows, weights, answer)
    way.push({ weights, loss: here.loss, accuracy: here.accuracy })
    for (const [at, slider] of sliders.entries()) {
      slider.valueAsNumber = weights[at]
      find(/** @type {HTMLElement} */ (slider.parentElement), 'output', HTMLOutputElement).value = text(weights[at], 3)
    }
    const [g1, g2] = gradientOf(here, [...rows.labels.keys()])
    const slope = (/** @type {number} */ value) => number(value, { digits: 3 })
    find(section, '.landscape-says', HTMLElement).replaceChildren(
      ...words.says(number(here.loss, { digits: 4 }), slope(g1), slope(g2), share(here.accuracy)),
    )
    section.dataset.steps = String(steps)
    draw()
  }
  /** Where the sliders are put, a new way begins. */
  const place = newest(async () => {
    await attempt(async () => {
      way = []
      steps = 0
      await goTo([sliders[0].valueAsNumber, sliders[1].valueAsNumber])
    })
  })

  const stop = () => {
    rolling?.abort()
    rolling = undefined
    showState()
  }
  /** @param {number} most */
  const go = (most) =>
    attempt(async () => {
      stop()
      const own = new AbortController()
      rolling = own
      showState()
      try {
        for (let left = most; left > 0 && here !== undefined; left--) {
          await seen(own.signal)
          steps++
          await goTo(after(here, batchOf(steps % seeds)), own.signal)
          if (left > 1) await sleep(millisecondsBetween, own.signal)
        }
      } finally {
        if (rolling === own) stop()
      }
    })

  form.addEventListener('input', ({ target }) => {
    if (!(target instanceof HTMLInputElement)) return
    stop()
    place(undefined)
  })
  form.addEventListener('change', ({ target }) => {
    if (target instanceof HTMLSelectElement) draw()
  })
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    if (rolling === undefined) go(mostSteps)
    else stop()
  })
  once.addEventListener('click', () => go(1))
  back.addEventListener('click', () => {
    stop()
    for (const slider of sliders) slider.value = slider.defaultValue
    place(undefined)
  })
  new ResizeObserver(draw).observe(plots[0])
  tellNumbers(find(section, 'figure', HTMLElement), () => [
    ['w1', 'w2', 'loss', 'accuracy'],
    ...points.map(({ weights, loss, accuracy }) => [...weights, loss, accuracy]),
  ])
  keepState(section, () => place(undefined))

  return attempt(async () => {
    rows = rowsOf(await loadPixels())
    await pool(
      4,
      Array.from({ length: seeds }, (_, seed) => async () => {
        /** @type {{ indices: number[] }} */
        const { indices } = await ask('/v1/mini-batches', {
          populationSize: rows.labels.length,
          size: rows.labels.length,
          seed,
          replacement: true,
        })
        draws[seed] = indices
      }),
    )
    points = pointsOf(await ask('/v1/loss', landscapeRequest(rows)))
    await place(undefined)
    for (const button of [roll, once, back]) button.disabled = false
  })
}
