/** @import { LossAnswer } from '../types.d.ts' */
import { newest } from '../api.js'
import { el, find, number, text } from '../dom.js'
import { keepState } from '../state.js'
import { strings } from '../strings.js'
import { connect } from '../wire.js'

const words = strings.softmax

/**
 * @typedef {object} State of the model for one sample
 * @property {number[]} scores
 * @property {number[]} gradient y - t
 * @property {number} loss
 */

/**
 * Three scores, their softmax, the gradient of cross-entropy, and one step down it.
 *
 * @param {HTMLElement} section
 * @returns {Promise<void>} drawn
 */
export function mount(section) {
  const { ask, attempt } = connect(section)
  const form = find(section, '.softmax-form', HTMLFormElement)
  const scores = ['z0', 'z1', 'z2'].map((name) => find(form, `[name=${name}]`, HTMLInputElement))
  const rate = find(form, '[name=rate]', HTMLInputElement)
  const truth = find(form, '[name=truth]', HTMLSelectElement)

  /**
   * @param {number[]} z
   * @param {number} labels
   * @returns {Promise<State>}
   */
  const stateAt = async (z, labels) => {
    /** @type {LossAnswer} */
    const { loss, gradient } = await ask('/v1/loss', {
      loss: 'cross-entropy',
      labelFormat: 'index',
      predictionFormat: 'logits',
      predictions: z,
      labels,
      include: ['gradient'],
    })
    const slopes = (gradient ?? []).flat().map((slope) => slope ?? Number.NaN)
    return { scores: z, gradient: slopes, loss: loss ?? Number.NaN }
  }

  const update = newest(async () => {
    await attempt(async () => {
      for (const input of [...scores, rate]) {
        find(/** @type {HTMLElement} */ (input.parentElement), 'output', HTMLOutputElement).value = text(
          input.valueAsNumber,
        )
      }
      const label = Number(truth.value)
      const before = await stateAt(
        scores.map((input) => input.valueAsNumber),
        label,
      )
      const after = await stateAt(
        before.scores.map((z, at) => z - rate.valueAsNumber * before.gradient[at]),
        label,
      )
      find(section, '.softmax-before', HTMLElement).replaceChildren(...rows(before, label))
      find(section, '.softmax-after', HTMLElement).replaceChildren(...rows(after, label))
      find(section, '.softmax-loss', HTMLElement).replaceChildren(number(before.loss, { digits: 4 }))
      find(section, '.softmax-next', HTMLElement).replaceChildren(number(after.loss, { digits: 4 }))
      const push = text(-before.gradient[label], 3)
      find(section, '.softmax-says', HTMLElement).textContent = words.says(String(label), push)
    })
  })
  form.addEventListener('input', () => update(undefined))
  form.addEventListener('submit', (event) => event.preventDefault())
  keepState(section, () => update(undefined))
  return update(undefined)
}

/**
 * @param {State} state
 * @param {number} label
 */
function rows({ scores, gradient }, label) {
  return scores.map((z, at) => {
    const t = at === label ? 1 : 0
    // what the service calls the gradient is y - t
    const y = gradient[at] + t
    return el(
      'tr',
      at === label ? { class: 'true' } : {},
      el('th', { scope: 'row' }, String(at)),
      el('td', {}, number(z, { digits: 3 })),
      el('td', {}, bar(y, 'fill'), number(y, { digits: 3 })),
      el('td', {}, String(t)),
      el(
        'td',
        {},
        bar(Math.abs(gradient[at]), gradient[at] < 0 ? 'push up' : 'push down'),
        number(gradient[at], { digits: 3 }),
      ),
    )
  })
}

/**
 * @param {number} share
 * @param {string} kind
 */
function bar(share, kind) {
  const element = el('span', { class: kind, 'aria-hidden': 'true' })
  element.style.setProperty('--share', String(share))
  return element
}
