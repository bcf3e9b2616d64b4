/** @import { LossAnswer } from '../types.d.ts' */
import { answerOf, pool, post } from '../api.js'
import { loadDigits } from '../digits.js'
import { find, number, percent, scrolls, table, text } from '../dom.js'
import { axis, chart } from '../plot.js'
import { strings } from '../strings.js'
import { connect } from '../wire.js'

const words = strings['mini-batches']
const sizes = [10, 25, 50, 100, 200, 400, 800]

/**
 * @typedef {object} Estimate
 * @property {number} size
 * @property {number} seed
 * @property {number} place of the seed among those of its size, 0 to 1
 * @property {number} loss
 * @property {number} margin half the interval
 * @property {boolean} covers
 */

/** Estimates of the digits' loss from ever larger samples. @param {HTMLElement} section */
export function mount(section) {
  const { ask, attempt, show } = connect(section)
  const form = find(section, '.mini-form', HTMLFormElement)
  const progress = find(section, '.mini-progress', HTMLProgressElement)
  const summary = find(section, '.mini-summary', HTMLElement)
  let running = new AbortController()
  /** @type {Estimate[]} */
  let estimates = []
  let whole = 0

  const draw = chart(find(section, '.mini-plot', HTMLElement), (theme) => ({
    data: [
      trace(
        'covers',
        estimates.filter(({ covers }) => covers),
        theme.accent,
        'circle',
      ),
      trace(
        'misses',
        estimates.filter(({ covers }) => !covers),
        theme.truth,
        'diamond',
      ),
    ],
    layout: {
      xaxis: axis(theme, words.across, {
        type: 'log',
        tickvals: sizes,
        ticktext: sizes.map(String),
        range: [Math.log10(sizes[0]) - 0.12, Math.log10(sizes[sizes.length - 1]) + 0.12],
        showgrid: false,
      }),
      yaxis: axis(theme, words.up, { rangemode: 'tozero' }),
      shapes: [
        {
          type: 'line',
          xref: 'paper',
          x0: 0,
          x1: 1,
          y0: whole,
          y1: whole,
          line: { color: theme.ink, width: 1.5, dash: 'dot' },
        },
      ],
    },
  }))

  const run = () =>
    attempt(async () => {
      running.abort()
      running = new AbortController()
      const { signal } = running
      const fields = new FormData(form)
      const seeds = Array.from({ length: Number(fields.get('seeds')) }, (_, at) => Number(fields.get('first')) + at)
      const replacement = fields.has('replacement')
      const { logits, labels } = await loadDigits()
      const options = { loss: 'cross-entropy', labelFormat: 'index', predictionFormat: 'logits' }
      const body = JSON.stringify({ ...options, predictions: logits, labels })
      progress.value = 0
      summary.textContent = words.evaluating
      const all = /** @type {LossAnswer} */ (await ask('/v1/loss', body, signal))
      const sum = all.loss ?? Number.NaN
      /** @type {Estimate[]} */
      const found = []
      const draws = sizes.flatMap((size) => seeds.map((seed, at) => ({ size, seed, place: at / seeds.length })))
      await pool(
        4,
        draws.map(({ size, seed, place }) => async () => {
          signal.throwIfAborted()
          const miniBatch = JSON.stringify({ size, seed, replacement })
          const exchange = await post('/v1/loss', `${body.slice(0, -1)},"miniBatch":${miniBatch}}`, signal)
          show(exchange)
          const { loss, standardError } = /** @type {LossAnswer} */ (answerOf(exchange))
          const margin = 1.96 * (standardError ?? 0)
          const estimate = loss ?? Number.NaN
          found.push({ size, seed, place, loss: estimate, margin, covers: Math.abs(estimate - sum) <= margin })
          progress.value = found.length / draws.length
        }),
      )
      estimates = found
      whole = sum
      report(section, estimates, whole, all.samples)
      await draw()
      section.dataset.done = String(estimates.length)
    })

  find(form, '[type=submit]', HTMLButtonElement).disabled = false
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    run()
  })
  run()
}

/**
 * @param {string} name
 * @param {Estimate[]} estimates
 * @param {string} color
 * @param {string} symbol
 */
function trace(name, estimates, color, symbol) {
  return {
    type: 'scatter',
    mode: 'markers',
    name,
    x: estimates.map(({ size, place }) => size * 1.55 ** (place - 0.45)),
    y: estimates.map(({ loss }) => loss),
    customdata: estimates.map(({ size, seed }) => [size, seed]),
    error_y: { type: 'data', array: estimates.map(({ margin }) => margin), color, thickness: 1.25, width: 0 },
    marker: { color, symbol, size: 6 },
    hovertemplate: `${words.hover}<extra></extra>`,
  }
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
