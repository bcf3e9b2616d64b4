/** @import { Colours, SweepAnswer } from '../types.d.ts' */
import { newest } from '../api.js'
import { loadDigits } from '../digits.js'
import { find, text } from '../dom.js'
import { axis, chart } from '../plot.js'
import { strings } from '../strings.js'
import { connect } from '../wire.js'

const words = strings.sweeps
const names = { bias: words.biasName, temperature: words.temperatureName }

/** Values of each knob. */
const knobs = {
  temperature: Array.from({ length: 197 }, (_, at) => (at + 4) / 40),
  bias: Array.from({ length: 401 }, (_, at) => (at - 200) / 20),
}

/** @typedef {'loss' | 'lossSlope' | 'accuracy' | 'accuracySlope'} Curve */

/** @type {{ name: Curve, element: string, colour: keyof Colours }[]} */
const panels = [
  { name: 'loss', element: '.sweep-loss', colour: 'accent' },
  { name: 'lossSlope', element: '.sweep-loss-slope', colour: 'accent' },
  { name: 'accuracy', element: '.sweep-accuracy', colour: 'truth' },
  { name: 'accuracySlope', element: '.sweep-accuracy-slope', colour: 'truth' },
]

/** Loss and accuracy along a knob, and their slopes. @param {HTMLElement} section */
export function mount(section) {
  const { ask, attempt } = connect(section)
  const form = find(section, '.sweep-form', HTMLFormElement)
  const classes = find(form, '[name=class]', HTMLSelectElement)
  /** @type {SweepAnswer | undefined} */
  let answer
  /** @type {keyof typeof knobs} */
  let knob = 'bias'

  const draws = panels.map(({ name, element, colour }) =>
    chart(find(section, element, HTMLElement), (theme) => ({
      data: [
        {
          type: 'scatter',
          mode: 'lines',
          name,
          x: answer?.values,
          y: answer?.[name],
          line: { color: theme[colour], width: 2.5, simplify: false },
          hovertemplate: `${names[knob]} %{x:.3f}<br>%{y}<extra></extra>`,
        },
      ],
      layout: {
        margin: { l: 52, r: 20, t: 8, b: 44 },
        hovermode: 'x',
        xaxis: axis(theme, names[knob]),
        yaxis: axis(theme, '', rangeOf(name, answer?.[name] ?? [])),
      },
    })),
  )

  const update = newest(async () => {
    await attempt(async () => {
      const fields = new FormData(form)
      const parameter = fields.get('parameter') === 'temperature' ? 'temperature' : 'bias'
      classes.disabled = parameter === 'temperature'
      const { logits, labels } = await loadDigits()
      const rows = Number(fields.get('rows'))
      answer = await ask('/v1/sweeps', {
        loss: 'cross-entropy',
        labelFormat: 'index',
        predictions: logits.slice(0, rows),
        labels: labels.slice(0, rows),
        parameter: parameter === 'bias' ? { name: 'bias', class: Number(classes.value) } : { name: 'temperature' },
        values: knobs[parameter],
      })
      knob = parameter
      find(section, '.sweep-summary', HTMLElement).textContent = summary(
        /** @type {SweepAnswer} */ (answer),
        parameter,
        rows,
      )
      for (const draw of draws) await draw()
      section.dataset.done = parameter
    })
  })
  form.addEventListener('change', () => update(undefined))
  form.addEventListener('submit', (event) => event.preventDefault())
  update(undefined)
}

/**
 * @param {Curve} name
 * @param {(number | null)[]} values
 */
function rangeOf(name, values) {
  if (name === 'accuracy') return { range: [0, 1.04] }
  const flat = values.every((value) => value === 0)
  return flat ? { range: [-1, 1] } : {}
}

/**
 * @param {SweepAnswer} answer
 * @param {keyof typeof knobs} knob
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
  return words.summary(rows, names[knob], text(values[least], 3), flat(lossSlope), levels, flat(accuracySlope))
}
