/** @import { LossAnswer } from '../types.d.ts' */
import { newest } from '../api.js'
import { el, find, number, share, text } from '../dom.js'
import { logCurve } from '../log-curve.js'
import { tellNumbers } from '../numbers.js'
import { leaveSample, sampleWith, trueClass } from '../sample.js'
import { keepState } from '../state.js'
import { strings } from '../strings.js'
import { connect } from '../wire.js'
import { drawCurve } from './curve-picture.js'

const words = strings.curve

/**
 * -ln y on (0, 1], and the ten-class sample as a point on it.
 *
 * @param {HTMLElement} section
 * @returns {Promise<void>} drawn
 */
export function mount(section) {
  const { ask, attempt } = connect(section)
  const drawing = find(section, '.curve-drawing', HTMLElement)
  const handle = find(section, '.curve-handle', HTMLInputElement)
  /** @type {{ y: number, loss: number }[]} */
  let curve = []
  /** @type {{ y: number, loss: number } | undefined} */
  let point

  const draw = () => {
    drawCurve(drawing, curve, point)
  }
  new ResizeObserver(draw).observe(drawing)
  tellNumbers(find(section, 'figure', HTMLElement), () => [['y', 'loss'], ...curve.map(({ y, loss }) => [y, loss])])

  const move = newest(async (/** @type {number} */ y) => {
    await attempt(async () => {
      const sample = sampleWith(y)
      /** @type {LossAnswer} */
      const answer = await ask('/v1/loss', {
        loss: 'cross-entropy',
        labelFormat: 'index',
        logPolicy: 'exact',
        predictions: sample,
        labels: trueClass,
      })
      point = { y, loss: answer.loss ?? Number.NaN }
      draw()
      showFigures(section, sample, answer)
      handle.setAttribute('aria-valuetext', words.value(text(y), text(point.loss, 4)))
    })
  })
  handle.addEventListener('input', () => move(handle.valueAsNumber))
  handle.addEventListener('change', () => leaveSample(sampleWith(handle.valueAsNumber)))
  keepState(section, () => {
    move(handle.valueAsNumber)
    leaveSample(sampleWith(handle.valueAsNumber))
  })

  return attempt(async () => {
    curve = await logCurve(ask, 121, 0.001)
    await move(handle.valueAsNumber)
  })
}

/**
 * @param {HTMLElement} section
 * @param {number[]} sample
 * @param {LossAnswer} answer
 */
function showFigures(section, sample, { loss, accuracy, ties }) {
  find(section, '.curve-y', HTMLElement).replaceChildren(number(sample[trueClass]))
  find(section, '.curve-loss', HTMLElement).replaceChildren(number(loss))
  const isRight = accuracy === 1
  const verdict = isRight ? words.verdictRight : ties > 0 ? words.verdictTie : words.verdictWrong
  find(section, '.curve-accuracy', HTMLElement).replaceChildren(
    share(accuracy),
    el('span', { class: `verdict ${isRight ? 'right' : 'wrong'}` }, verdict),
  )
  find(section, '.curve-bars', HTMLElement).replaceChildren(...sample.map(bar))
}

/**
 * @param {number} probability
 * @param {number} at
 */
function bar(probability, at) {
  const fill = el('span', { class: 'fill', 'aria-hidden': 'true' })
  fill.style.setProperty('--share', String(probability))
  const name = el('span', { class: 'name' }, String(at))
  const value = el('span', { class: 'value' }, text(probability, 3))
  return at === trueClass
    ? el('li', { class: 'true' }, name, fill, value, el('span', { class: 'hidden' }, ` ${strings.common.trueClass}`))
    : el('li', {}, name, fill, value)
}
