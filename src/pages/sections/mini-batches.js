/** @import { Estimate } from './mini-batches-picture.js' */
/** @import { LossAnswer } from '../types.d.ts' */
import { pool } from '../api.js'
import { loadDigits } from '../digits.js'
import { find, number, percent, scrolls, table, text } from '../dom.js'
import { tellNumbers } from '../numbers.js'
import { keepState } from '../state.js'
import { strings } from '../strings.js'
import { connect } from '../wire.js'
import { drawEstimates } from './mini-batches-picture.js'

const words = strings['mini-batches']
const sizes = [10, 25, 50, 100, 200, 400, 800]

/**
 * Estimates of the digits' loss from ever larger samples.
 *
 * @param {HTMLElement} section
 * @returns {Promise<void>} drawn
 */
export function mount(section) {
  const { ask, attempt } = connect(section)
  const form = find(section, '.mini-form', HTMLFormElement)
  const progress = find(section, '.mini-progress', HTMLProgressElement)
  const summary = find(section, '.mini-summary', HTMLElement)
  let running = new AbortController()
  /** @type {Estimate[]} */
  let estimates = []
  let whole = 0
  /** @type {LossAnswer | undefined} */
  let answer

  const plot = find(section, '.mini-plot', HTMLElement)
  const draw = () => {
    if (estimates.length > 0) drawEstimates(plot, sizes, estimates, whole)
  }
  new ResizeObserver(draw).observe(plot)
  tellNumbers(find(section, 'figure', HTMLElement), () => [
    ['size', 'seed', 'loss', 'margin', 'covers'],
    ...estimates.map(({ size, seed, loss, margin, covers }) => [size, seed, loss, margin, covers]),
  ])

  const run = () =>
    attempt(async () => {
      running.abort()
      running = new AbortController()
      const { signal } = running
      const fields = new FormData(form)
      const seeds = Array.from({ length: Number(fields.get('seeds')) }, (_, at) => Number(fields.get('first')) + at)
      const replacement = fields.has('replacement')
      progress.value = 0
      summary.textContent = words.evaluating
      answer ??= await lossesOfDigits()
      const { perSample, samples, loss } = /** @type {LossAnswer} */ (answer)
      const losses = /** @type {number[]} */ (perSample?.losses)
      whole = loss ?? Number.NaN
      /** @type {Estimate[]} */
      const found = []
      await pool(
        4,
        seeds.map((seed, at) => async () => {
          /** @type {{ indices: number[] }} */
          const { indices } = await ask(
            '/v1/mini-batches',
            { populationSize: samples, size: sizes[sizes.length - 1], seed, replacement },
            signal,
          )
          // the first rows of a large mini-batch are those of a small one of the same seed
          for (const size of sizes) {
            const { mean, margin } = estimateOf(indices.slice(0, size).map((row) => losses[row]))
            const covers = Math.abs(mean - whole) <= margin
            found.push({ size, seed, place: at / seeds.length, loss: mean, margin, covers })
          }
          progress.value = found.length / (seeds.length * sizes.length)
        }),
      )
      estimates = found
      report(section, estimates, whole, samples)
      draw()
      section.dataset.done = String(estimates.length)
    })

  /** One request for the loss of each digit; mini-batches are taken from these. @returns {Promise<LossAnswer>} */
  const lossesOfDigits = async () => {
    const { logits, labels } = await loadDigits()
    return ask('/v1/loss', {
      loss: 'cross-entropy',
      labelFormat: 'index',
      predictionFormat: 'logits',
      include: ['perSample'],
      predictions: logits,
      labels,
    })
  }

  find(form, '[type=submit]', HTMLButtonElement).disabled = false
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    run()
  })
  keepState(section, run)
  return run()
}

/**
 * The mean of some losses, and half its 95 % interval by the standard error of the mean.
 *
 * @param {number[]} losses
 */
function estimateOf(losses) {
  const count = losses.length
  const mean = losses.reduce((sum, loss) => sum + loss, 0) / count
  const squares = losses.reduce((sum, loss) => sum + (loss - mean) ** 2, 0)
  return { mean, margin: 1.96 * Math.sqrt(squares / (count * (count - 1))) }
}

/**
 * @param {HTMLElement} section
 * @param {Estimate[]} estimates
 * @param {number} whole
 * @param {number} samples
 */
function report(section, estimates, whole, samples) {
  const covering = estimates.filter(({ covers }) => covers).length
  find(section, '.mini-summary', HTMLElement).replaceChildren(
    ...words.summary(
      covering,
      estimates.length,
      percent(covering / estimates.length),
      number(whole, { digits: 4 }),
      samples,
    ),
  )
  find(section, '.mini-table', HTMLElement).replaceChildren(
    scrolls(
      words.table,
      table(
        words.tableCaption,
        [words.columnSize, words.columnCovering, words.columnMargin],
        sizes.map((size) => {
          const those = estimates.filter((estimate) => estimate.size === size)
          const margin = those.reduce((sum, estimate) => sum + estimate.margin, 0) / those.length
          return [String(size), words.ofAll(those.filter(({ covers }) => covers).length, those.length), text(margin, 2)]
        }),
      ),
    ),
  )
}
