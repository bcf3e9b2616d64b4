/** @import { Colours, LossAnswer } from '../types.d.ts' */
import { newest } from '../api.js'
import { find, number, table, text } from '../dom.js'
import { tellNumbers } from '../numbers.js'
import { axis3d, chart } from '../plot.js'
import { currentSample, sampleChanged, trueClass } from '../sample.js'
import { fitting, isNarrow, turnable } from '../scene.js'
import { keepState } from '../state.js'
import { strings } from '../strings.js'
import { connect } from '../wire.js'

const words = strings.scatter
const side = { x: 1.5, y: -1.5, z: 0.7 }

/** Predictions on the line above t = 1, and on the one at t = 0. */
const curve = Array.from({ length: 61 }, (_, at) => 0.001 + 0.999 * (at / 60) ** 2)
const floor = [0, 0.5, 1]

/**
 * What each output of the ten-class sample adds to the loss.
 *
 * @param {HTMLElement} section
 * @returns {Promise<void>} drawn
 */
export function mount(section) {
  const { ask, attempt } = connect(section)
  const plot = find(section, '.scatter-plot', HTMLElement)
  keepState(section, () => {
    turn()
    update(currentSample())
  })
  const { eye, turn } = turnable(section, plot, fitting(plot, side))
  const choice = find(section, '[name=class]', HTMLSelectElement)
  const chosen = () => Number(choice.value)
  let sample = currentSample()
  /** @type {(number | null)[]} */
  let terms = []
  /** @type {(number | null)[]} */
  let curveTerms = []
  /** @type {(number | null)[]} */
  let floorTerms = []

  /** @param {number} at */
  const choose = (at) => {
    choice.value = String(at)
    choice.dispatchEvent(new Event('change', { bubbles: true }))
  }
  const figure = (/** @type {Colours} */ theme) => {
    const labels = sample.map((_, at) => (at === trueClass ? 1 : 0))
    const names = sample.map((_, at) => words.name(at))
    const hovertemplate = '%{customdata}<br>y %{x}<br>t %{y}<br>−t ln y %{z}<extra></extra>'
    return {
      data: [
        line('t = 1', theme.soft, { x: curve, y: curve.map(() => 1), z: curveTerms }),
        line('t = 0', theme.soft, { x: floor, y: floor.map(() => 0), z: floorTerms }),
        line('stems', theme.truth, stems(sample, labels, terms)),
        {
          type: 'scatter3d',
          mode: 'markers+text',
          name: 'outputs',
          x: sample,
          y: labels,
          z: terms,
          text: namesAt(sample, labels),
          customdata: names,
          textposition: positionsOf(sample, labels),
          textfont: { color: theme.ink, size: 13 },
          hovertemplate,
          marker: {
            size: sample.map((_, at) => (at === chosen() ? 13 : 6)),
            color: labels.map((t) => (t === 1 ? theme.truth : theme.accent)),
            line: { color: theme.paper, width: 1 },
          },
        },
      ],
      layout: {
        margin: { l: 0, r: 0, t: 0, b: 0 },
        dragmode: 'turntable',
        scene: {
          xaxis: axis3d(theme, 'y', { range: [0, 1], tickvals: [0.2, 0.4, 0.6, 0.8, 1] }),
          yaxis: axis3d(theme, 't', { range: [-0.05, 1.05], dtick: 0.5 }),
          zaxis: axis3d(theme, isNarrow(plot) ? '' : '−t ln y', { range: [0, 7], tickvals: [2, 3, 4, 5, 6, 7] }),
          aspectratio: { x: 1.25, y: 1, z: 0.9 },
          camera: { eye: eye(), center: { x: 0, y: 0, z: -0.12 } },
          uirevision: 'kept',
        },
      },
    }
  }
  const draw = chart(plot, figure, (trace, point) => {
    if (trace === 'outputs') choose(point)
  })
  find(section, '.scatter-table', HTMLElement).addEventListener('click', ({ target }) => {
    const row = target instanceof Element ? target.closest('tbody tr') : null
    if (row instanceof HTMLTableRowElement) choose(row.sectionRowIndex)
  })

  tellNumbers(find(section, 'figure', HTMLElement), () => [
    ['class', 'y', 't', 'loss'],
    ...sample.map((y, at) => [at, y, Number(at === trueClass), terms[at] ?? 'Infinity']),
  ])

  const show = () => {
    const element = termTable(sample, terms)
    element.tBodies[0].rows[chosen()]?.classList.add('current')
    find(section, '.scatter-table', HTMLElement).replaceChildren(element)
  }
  choice.addEventListener('change', () => {
    if (terms.length === 0) return
    show()
    draw()
  })

  const update = newest(async (/** @type {number[]} */ outputs) => {
    await attempt(async () => {
      const ys = [...outputs, ...curve, ...floor]
      const ts = [...outputs.map((_, at) => (at === trueClass ? 1 : 0)), ...curve.map(() => 1), ...floor.map(() => 0)]
      /** @type {LossAnswer} */
      const { perSample } = await ask('/v1/loss', {
        loss: 'cross-entropy',
        labelFormat: 'one-hot',
        logPolicy: 'exact',
        predictions: ys.map((y) => [y, 1 - y]),
        labels: ts.map((t) => [t, 1 - t]),
        classWeights: [1, 0],
        include: ['perSample'],
      })
      const losses = perSample?.losses ?? []
      sample = outputs
      terms = losses.slice(0, outputs.length)
      curveTerms = losses.slice(outputs.length, -floor.length)
      floorTerms = losses.slice(-floor.length)
      show()
      await draw()
    })
  })
  document.addEventListener(sampleChanged, () => update(currentSample()))
  return update(sample)
}

/**
 * The classes at each place, at the first of its points: where predictions are equal, points hide each other.
 *
 * @param {number[]} ys
 * @param {number[]} ts
 */
function namesAt(ys, ts) {
  const isSame = (/** @type {number} */ one, /** @type {number} */ other) =>
    ys[one] === ys[other] && ts[one] === ts[other]
  const all = [...ys.keys()]
  return all.map((at) => {
    const those = all.filter((other) => isSame(at, other))
    return those[0] === at ? those.join(', ') : ''
  })
}

/**
 * Where the names stand, so that those of neighbours do not hide each other.
 *
 * @param {number[]} ys
 * @param {number[]} ts
 */
function positionsOf(ys, ts) {
  const floor = [...new Set(ys.filter((_, at) => ts[at] === 0))].sort((one, other) => one - other)
  const sides = ['middle left', 'top center', 'middle right']
  return ys.map((y, at) => (ts[at] === 1 ? 'top center' : sides[Math.min(floor.indexOf(y), 2)]))
}

/**
 * @param {string} name
 * @param {string} color
 * @param {Record<'x' | 'y' | 'z', (number | null)[]>} points
 */
function line(name, color, points) {
  return { type: 'scatter3d', mode: 'lines', name, ...points, hoverinfo: 'skip', line: { color, width: 4 } }
}

/**
 * Vertical lines from the floor to each point that rises.
 *
 * @param {number[]} ys
 * @param {number[]} ts
 * @param {(number | null)[]} terms
 */
function stems(ys, ts, terms) {
  /** @type {{ x: (number | null)[], y: (number | null)[], z: (number | null)[] }} */
  const lines = { x: [], y: [], z: [] }
  for (const [at, term] of terms.entries()) {
    if (!term) continue
    lines.x.push(ys[at], ys[at], null)
    lines.y.push(ts[at], ts[at], null)
    lines.z.push(0, term, null)
  }
  return lines
}

/**
 * @param {number[]} sample
 * @param {(number | null)[]} terms
 */
function termTable(sample, terms) {
  return table(
    words.tableCaption,
    [words.columnClass, 'y', 't', '−t ln y'],
    sample.map((y, at) => [
      String(at),
      text(y, 4),
      at === trueClass ? '1' : '0',
      number(terms[at], { missing: strings.common.infinite }),
    ]),
  )
}
