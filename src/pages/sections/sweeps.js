/** @import { SweepAnswer } from '../types.d.ts' */
import { newest } from '../api.js'
import { loadDigits } from '../digits.js'
import { find, number, share, text } from '../dom.js'
import { tellNumbers } from '../numbers.js'
import { keepState } from '../state.js'
import { strings } from '../strings.js'
import { connect } from '../wire.js'
import { drawPanel } from './sweeps-picture.js'
import { knobs, valuesBetween } from './sweeps-values.js'

const words = strings.sweeps
const names = { bias: words.biasName, temperature: words.temperatureName }

/** @typedef {'loss' | 'lossSlope' | 'accuracy' | 'accuracySlope'} Curve */

/** @type {{ name: Curve, element: string }[]} */
const panels = [
  { name: 'loss', element: '.sweep-loss' },
  { name: 'lossSlope', element: '.sweep-loss-slope' },
  { name: 'accuracy', element: '.sweep-accuracy' },
  { name: 'accuracySlope', element: '.sweep-accuracy-slope' },
]

/**
 * Loss and accuracy along a knob, and their slopes.
 *
 * @param {HTMLElement} section
 * @returns {Promise<void>} drawn
 */
export function mount(section) {
  const { ask, attempt } = connect(section)
  const form = find(section, '.sweep-form', HTMLFormElement)
  const classes = find(form, '[name=class]', HTMLSelectElement)
  const knob = find(section, '[name=value]', HTMLInputElement)
  /** @type {SweepAnswer | undefined} */
  let answer
  const parameter = () =>
    find(form, '[name=parameter]', HTMLSelectElement).value === 'temperature' ? 'temperature' : 'bias'

  const draw = () => {
    if (answer === undefined) return
    const at = nearest(answer.values, knob.valueAsNumber)
    find(section, '.sweep-value', HTMLOutputElement).value = text(answer.values[at], 3)
    for (const { name, element } of panels) {
      const panel = find(section, element, HTMLElement)
      drawPanel(panel, name, answer, at, names[parameter()])
      panel.parentElement
        ?.querySelector('.here')
        ?.replaceChildren(name === 'accuracy' ? share(answer.accuracy[at]) : number(answer[name][at], { digits: 4 }))
    }
  }
  for (const { name, element } of panels) {
    tellNumbers(find(section, `figure:has(${element})`, HTMLElement), () => [
      [parameter(), name],
      ...(answer?.values ?? []).map((value, at) => [value, answer?.[name][at] ?? null]),
    ])
  }
  new ResizeObserver(draw).observe(find(section, '.sweep-loss', HTMLElement))

  const setKnob = () => {
    const { from, to, step } = knobs[parameter()]
    Object.assign(knob, { min: String(from), max: String(to), step: String(step) })
    find(section, '.sweep-name', HTMLElement).textContent = names[parameter()]
  }

  const update = newest(async () => {
    await attempt(async () => {
      const name = parameter()
      setKnob()
      classes.disabled = name === 'temperature'
      const { logits, labels } = await loadDigits()
      const rows = Number(find(form, '[name=rows]', HTMLSelectElement).value)
      const chosen = Number(classes.value)
      answer = await ask('/v1/sweeps', {
        loss: 'cross-entropy',
        labelFormat: 'index',
        predictions: logits.slice(0, rows),
        labels: labels.slice(0, rows),
        parameter: name === 'bias' ? { name, class: chosen } : { name },
        values: valuesBetween(name, logits.slice(0, rows), chosen),
      })
      find(section, '.sweep-summary', HTMLElement).textContent = summary(
        /** @type {SweepAnswer} */ (answer),
        names[name],
        rows,
      )
      draw()
      section.dataset.done = name
    })
  })
  form.addEventListener('change', ({ target }) => {
    if (target instanceof HTMLSelectElement && target.name === 'parameter') {
      setKnob()
      knob.valueAsNumber = knobs[parameter()].start
    }
    update(undefined)
  })
  form.addEventListener('submit', (event) => event.preventDefault())
  knob.addEventListener('input', draw)
  keepState(section, () => update(undefined))
  return update(undefined)
}

/**
 * @param {number[]} values
 * @param {number} wanted
 */
function nearest(values, wanted) {
  return values.reduce((best, value, at) => (Math.abs(value - wanted) < Math.abs(values[best] - wanted) ? at : best), 0)
}

/**
 * @param {SweepAnswer} answer
 * @param {string} knob
 * @param {number} rows
 */
function summary({ values, loss, accuracy, lossSlope, accuracySlope }, knob, rows) {
  const flat = (/** @type {(number | null)[]} */ slopes) => {
    const zeros = slopes.filter((slope) => slope === 0).length
    return zeros === 0 ? words.nowhereFlat : words.flat(zeros, values.length)
  }
  const finite = loss.map((value) => value ?? Number.POSITIVE_INFINITY)
  const least = finite.indexOf(Math.min(...finite))
  const levels = new Set(accuracy).size
  return words.summary(rows, knob, text(values[least], 3), flat(lossSlope), levels, flat(accuracySlope))
}
