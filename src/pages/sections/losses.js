import { newest } from '../api.js'
import { find, number, svg, text } from '../dom.js'
import { lineChart, pathOf, tangentOf } from '../line-chart.js'
import { tellNumbers } from '../numbers.js'
import { sampleWith, saysSeven, tenClasses, trueClass } from '../sample.js'
import { keepState } from '../state.js'
import { strings } from '../strings.js'
import { connect } from '../wire.js'
import { kinds, termsOf, wholesOf } from './losses-requests.js'

const words = strings.losses
const samples = { two: tenClasses, seven: saysSeven }
/** The output that the handle moves, by its label t. */
const places = { 1: trueClass, 0: 7 }
const ys = Array.from({ length: 199 }, (_, at) => (at + 1) / 200)

/** @typedef {import('./losses-requests.js').Kind} Kind */
/**
 * @typedef {object} Row
 * @property {HTMLInputElement} show
 * @property {() => boolean} isShown
 * @property {HTMLElement} loss
 * @property {HTMLElement} slope
 * @property {HTMLElement} whole
 */
/** @typedef {{ losses: (number | null)[], slopes: (number | null)[] }} Curve */

/**
 * Five losses of one output, their tangents and slopes, and of the whole sample.
 *
 * @param {HTMLElement} section
 * @returns {Promise<void>} drawn
 */
export function mount(section) {
  const { ask, attempt } = connect(section)
  const handle = find(section, '.losses-handle', HTMLInputElement)
  const delta = find(section, '[name=delta]', HTMLInputElement)
  const chosen = (/** @type {string} */ name) => find(section, `[name=${name}]:checked`, HTMLInputElement).value
  const t = () => (chosen('t') === '1' ? 1 : 0)
  const sample = () => samples[chosen('sample') === 'two' ? 'two' : 'seven']
  const rows = rowsOf(section)
  /** @type {Map<Kind, Curve>} */
  const curves = new Map()
  let drawnFor = ''
  tellNumbers(find(section, 'figure', HTMLElement), () => [
    ['y', ...kinds, ...kinds.map((kind) => `slope of ${kind}`)],
    ...ys.map((y, at) => [
      y,
      ...kinds.map((kind) => curves.get(kind)?.losses[at] ?? null),
      ...kinds.map((kind) => curves.get(kind)?.slopes[at] ?? null),
    ]),
  ])
  tellNumbers(find(section, '.losses-table', HTMLElement), () => [
    ['function', 'loss', 'slope', 'whole sample'],
    ...kinds.map((kind) => [kind, ...valuesOf(rows[kind])]),
  ])

  const draw = () => {
    const y = handle.valueAsNumber
    const at = Math.round(y * 200) - 1
    const shown = [...curves].filter(([kind]) => rows[kind].isShown())
    drawCurves(find(section, '.losses-drawing', HTMLElement), shown, t(), y, at)
    drawSlopes(find(section, '.losses-slopes', HTMLElement), shown, t(), y, at)
    for (const [kind, { losses, slopes }] of curves) {
      rows[kind].loss.replaceChildren(number(losses[at], { digits: 4 }))
      rows[kind].slope.replaceChildren(number(slopes[at], { digits: 3 }))
    }
    const error = text(y - t(), 3)
    handle.setAttribute('aria-valuetext', words.value(text(y, 3), error))
    find(section, '.losses-says', HTMLElement).textContent = t() === 1 ? words.saysTrue : words.saysOther
  }
  new ResizeObserver(draw).observe(find(section, '.losses-drawing', HTMLElement))

  const showWhole = newest(async (/** @type {number} */ y) => {
    await attempt(async () => {
      const outputs = sampleWith(y, sample(), places[t()])
      const { byKind, sse, mse } = await wholesOf(ask, outputs, delta.valueAsNumber)
      for (const [kind, loss] of byKind) rows[kind].whole.replaceChildren(number(loss, { digits: 4 }))
      find(section, '.losses-half', HTMLElement).replaceChildren(
        ...words.half(number(sse, { digits: 4 }), number(mse, { digits: 4 })),
      )
    })
  })
  const update = newest(async () => {
    const whole = showWhole(handle.valueAsNumber)
    await attempt(async () => {
      const wanted = `${t()} ${delta.value}`
      find(section, '.losses-delta', HTMLOutputElement).value = text(delta.valueAsNumber)
      if (wanted !== drawnFor) {
        for (const [kind, curve] of await termsOf(ask, ys, t(), delta.valueAsNumber)) curves.set(kind, curve)
        drawnFor = wanted
      }
      draw()
    })
    await whole
  })

  handle.addEventListener('input', () => {
    draw()
    showWhole(handle.valueAsNumber)
  })
  find(section, '.losses-form', HTMLFormElement).addEventListener('change', () => {
    handle.valueAsNumber = sample()[places[t()]]
    update(undefined)
  })
  delta.addEventListener('input', () => update(undefined))
  for (const { show } of Object.values(rows)) show.addEventListener('change', draw)
  keepState(section, () => update(undefined))
  return update(undefined)
}

/**
 * @param {HTMLElement} element
 * @param {[Kind, Curve][]} curves
 * @param {0 | 1} t
 * @param {number} y
 * @param {number} at
 */
function drawCurves(element, curves, t, y, at) {
  const across = { from: 0, to: 1, ticks: [0, 0.2, 0.4, 0.6, 0.8, 1], name: words.across }
  const up = { from: 0, to: 3, ticks: [0, 0.5, 1, 1.5, 2, 2.5, 3], name: words.up }
  lineChart(element, across, up, (px, py) => ({
    lines: [
      svg('path', { class: 'guide', d: `M${px(t)} ${py(0)}V${py(3)}M${px(y)} ${py(0)}V${py(3)}` }),
      svg('path', { class: 'error', d: `M${px(t)} ${py(0)}H${px(y)}` }),
      ...curves.map(([kind, { losses }]) =>
        svg('path', {
          class: `line ${kind}`,
          'data-name': nameOf(kind),
          d: pathOf(
            losses.map((loss, place) => [ys[place], loss]),
            px,
            py,
          ),
          'data-losses': JSON.stringify(losses),
        }),
      ),
      ...curves.flatMap(([kind, { losses, slopes }]) => {
        const [loss, slope] = [losses[at], slopes[at]]
        if (loss === null || slope === null) return []
        return [svg('path', { class: `tangent ${kind}`, d: tangentOf(y, loss, slope, px, py, 60) })]
      }),
    ],
    above: [
      svg(
        'text',
        { class: 'tick', x: px(t) + (t === 1 ? -6 : 6), y: py(2.75), 'text-anchor': t === 1 ? 'end' : 'start' },
        words.truth,
      ),
      ...curves.flatMap(namesOf(t, px, py)),
      ...curves.flatMap(([kind, { losses }]) => {
        const loss = losses[at]
        if (loss === null || loss > 3) return []
        return [
          svg('circle', {
            class: `dot ${kind}`,
            cx: px(y),
            cy: py(loss),
            r: kind === 'binary' ? 3 : 6,
            'data-loss': loss,
          }),
        ]
      }),
    ],
  }))
}

/** Where the name of each curve stands, by its distance from the label: where it is apart from the others. */
const placesOfNames = { squared: 0.93, absolute: 0.72, huber: 0.82, 'cross-entropy': 0.86, binary: 0.86 }

/**
 * The name of a curve beside it; binary cross-entropy lies on cross-entropy where the label is 1, and cross-entropy on the axis
 * where it is 0.
 *
 * @param {0 | 1} t
 * @param {import('../line-chart.js').Place} px
 * @param {import('../line-chart.js').Place} py
 * @returns {(curve: [Kind, Curve]) => SVGElement[]}
 */
function namesOf(t, px, py) {
  return ([kind, { losses }]) => {
    if (kind === 'binary' && t === 1) return []
    const y = kind === 'cross-entropy' && t === 0 ? 0.5 : Math.abs(t - placesOfNames[kind])
    const loss = losses[Math.round(y * 200) - 1]
    if (loss === null || loss === undefined) return []
    const isLeft = t === 1
    return [
      svg(
        'text',
        {
          class: `curve-name ${kind}`,
          x: px(y) + (isLeft ? 8 : -8),
          y: py(loss) + (kind === 'huber' ? 16 : -6),
          'text-anchor': isLeft ? 'start' : 'end',
        },
        nameOf(kind),
      ),
    ]
  }
}

/**
 * @param {HTMLElement} element
 * @param {[Kind, Curve][]} curves
 * @param {number} t
 * @param {number} y
 * @param {number} at
 */
function drawSlopes(element, curves, t, y, at) {
  const across = { from: 0, to: 1, ticks: [0, 0.2, 0.4, 0.6, 0.8, 1], name: words.across }
  const up =
    t === 1
      ? { from: -5, to: 0.5, ticks: [-5, -4, -3, -2, -1, 0], name: words.slopes }
      : { from: -0.5, to: 5, ticks: [0, 1, 2, 3, 4, 5], name: words.slopes }
  lineChart(element, across, up, (px, py) => ({
    lines: [
      svg('path', { class: 'guide', d: `M${px(y)} ${py(up.from)}V${py(up.to)}` }),
      ...curves.map(([kind, { slopes }]) =>
        svg('path', {
          class: `line ${kind}`,
          d: pathOf(
            slopes.map((slope, place) => [ys[place], slope]),
            px,
            py,
          ),
        }),
      ),
      ...curves.map(([kind, { slopes }]) =>
        svg('circle', {
          class: `dot ${kind}`,
          cx: px(y),
          cy: py(slopes[at] ?? Number.NaN),
          r: kind === 'binary' ? 2.5 : 5,
        }),
      ),
    ],
  }))
}

/** The exact numbers of a row. @param {Row} row */
function valuesOf({ loss, slope, whole }) {
  return [loss, slope, whole].map((cell) => cell.querySelector('data')?.value ?? null)
}

/** What a loss is called, without its formula. @param {Kind} kind */
function nameOf(kind) {
  return words[kind].split(',')[0]
}

/**
 * What the table has for each loss.
 *
 * @param {HTMLElement} section
 */
function rowsOf(section) {
  const rows = kinds.map((kind) => {
    const body = find(section, `[data-loss=${kind}]`, HTMLElement)
    const show = find(body, 'input', HTMLInputElement)
    const [loss, slope, whole] = body.querySelectorAll('td')
    return [kind, { show, isShown: () => show.checked, loss, slope, whole }]
  })
  return /** @type {Record<Kind, Row>} */ (Object.fromEntries(rows))
}
